"""``hub channel authorize``: somebody consents in a browser, which brings a code back to this terminal.

The page of consent sends the browser to a port of this machine (RFC 8252 section 7.3). Where the
browser runs elsewhere that page cannot be shown; its address, pasted here, does as well.
"""

from __future__ import annotations

import secrets
import selectors
import socket
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from hub.office import Failed, do

if TYPE_CHECKING:
    from hub.settings import Settings

REQUEST_BYTES = 16_384
REQUEST_SECONDS = 5.0
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>Interaction hub</title>"
    "<p>{en}<p lang=fa dir=rtl>{fa}"
)
_DONE = _PAGE.format(
    en="Done. You can close this page.", fa="انجام شد. می‌توانید این صفحه را ببندید."
)
_WRONG = _PAGE.format(en="This is not the answer.", fa="این پاسخ مورد انتظار نیست.")

Do = Callable[..., Any]


def run(
    settings: Settings,
    name: str,
    *,
    redirect: str | None = None,
    say: Callable[[str], None] = print,
    typed: IO[str] | None = None,
    command: Do = do,
) -> str:
    """Ask for consent and keep the tokens; words for people. Raises Failed.

    ``redirect``: an address that is registered with the provider; else a port of this machine.
    """
    typed = sys.stdin if typed is None else typed
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        where = redirect or f"http://localhost:{listener.getsockname()[1]}"
        asked = command(settings, "channel-authorize", {"name": name, "redirect": where})
        if "done" in asked:
            return str(asked["done"])
        say(f"Open this address in a browser and sign in as the mailbox:\n\n{asked['url']}\n")
        say("If the page after that cannot be shown, paste its address here:")
        code = _wait(listener, typed, asked["state"], say)
    args = {"name": name, "redirect": where, "code": code, "verifier": asked["verifier"]}
    return str(command(settings, "channel-authorized", args))


def _wait(listener: socket.socket, typed: IO[str], state: str, say: Callable[[str], None]) -> str:
    """The code, from the browser or from the keyboard, whichever comes first."""
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        with suppress(ValueError, OSError):  # a file, or nothing: only the browser is waited for
            selector.register(typed, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    code = _from_browser(listener, state)
                else:
                    line = typed.readline()
                    if not line:
                        selector.unregister(typed)
                        continue
                    code = code_of(line.strip(), state)
                    if not code:
                        say("That is not the address of the answer; try again:")
                if code:
                    return code


def _from_browser(listener: socket.socket, state: str) -> str:
    """The code of one request; empty if it is of somebody else."""
    connection, _ = listener.accept()
    with closing(connection):
        connection.settimeout(REQUEST_SECONDS)
        try:
            line = connection.recv(REQUEST_BYTES).partition(b"\r\n")[0].decode("ascii", "replace")
            code = code_of(line.split(" ")[1] if line.startswith("GET ") else "", state)
            _answer(connection, is_right=bool(code))
        except Failed:
            _answer(connection, is_right=True)
            raise
        except OSError:
            return ""
    return code


def _answer(connection: socket.socket, *, is_right: bool) -> None:
    body = (_DONE if is_right else _WRONG).encode()
    status = "200 OK" if is_right else "404 Not Found"
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with suppress(OSError):
        connection.sendall(head.encode() + body)


def code_of(address: str, state: str) -> str:
    """The code in the address that the provider sent the browser to; empty if it has not our state.

    Raises Failed: the provider says that nobody consented.
    """
    try:
        query = parse_qs(urlsplit(address).query)
    except ValueError:
        return ""
    if not secrets.compare_digest(query.get("state", [""])[0].encode(), state.encode()):
        return ""
    if said := query.get("error"):
        more = " ".join(query.get("error_description", []))[:300]
        raise Failed(f"the provider refuses: {said[0][:60]} {more}".strip())
    return query.get("code", [""])[0]
