"""Logs: one line an event, for people or for machines, without addresses and without anybody's words.

Messages of the hub name channels, queues and ids. What comes with an error may quote anything, so
every line is masked on its way out: addresses, tokens and, in messages of errors, whatever is
quoted. The whole words of an error stay where they are needed and guarded: in the ledger and in
the trace.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from connectors.exchange import REQUEST_ID

Form = Literal["readable", "json"]
WORDS_MAX: Final = 300  # characters of an error's message
FRAMES_MAX: Final = 12
_ROOT = Path(__file__).resolve().parent.parent

_MASKS: Final = (
    (re.compile(r"[^\s<>()\[\]\"',;:=]+@[\w-]+(?:\.[\w-]+)+"), "…@…"),
    (re.compile(r"\b([a-z]{3,12}):(?!/)[^\s\"',;<>)\]]{5,}"), r"\1:…"),  # identities: any scheme
    (re.compile(r"\+\d[\d \-().]{5,18}\d"), "+…"),
    (re.compile(r"\b\d{10,15}\b"), "…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 …"),
    (re.compile(r"(?i)\b((?:access_|refresh_|id_)?token|secret|password|code|key|sig)=[^\s&\"']+"),
     r"\1=…"),
)  # fmt: skip
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|«[^»]*»|=\([^)]*\)|`[^`]*`")
_OF_CODE = (AttributeError, TypeError, NameError, ImportError, UnboundLocalError)
"""What these quote are names in the program."""
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def begin(level: str, form: Form = "readable") -> None:
    """Log to standard error from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines() if form == "json" else Readable())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("aioimaplib", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def masked(text: str) -> str:
    """On one line, without addresses, numbers of people and tokens: what came from outside writes
    no line of its own, and no terminal's commands."""
    text = _CONTROLS.sub(" ", text)
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def words(error: BaseException) -> str:
    """An error's message, on one line, without what it quotes."""
    said = str(error).strip().partition("\n")[0]
    if not isinstance(error, _OF_CODE):
        said = _QUOTED.sub("…", said)
    return masked(said)[:WORDS_MAX]


class _Formatter(logging.Formatter):
    """What both forms share."""

    def message(self, record: logging.LogRecord) -> str:
        """The message; an error among its arguments says no more than ``words``."""
        args = record.args
        if isinstance(args, tuple) and any(isinstance(one, BaseException) for one in args):
            safe = tuple(words(one) if isinstance(one, BaseException) else one for one in args)
            return masked(str(record.msg) % safe)
        return masked(record.getMessage())

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """What was given beside the message, and the request that is being served."""
        given = {
            name: masked(value) if isinstance(value, str) and name != "request" else value
            for name, value in record.__dict__.items()
            if name not in _PLAIN
        }
        request = REQUEST_ID.get()
        return {"request": request, **given} if request else given


class Lines(_Formatter):
    """JSON, an object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """``at``, ``level``, ``logger``, ``message``, what was given beside it, ``error``."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.message(record),
            **self.fields(record),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = [
                {"type": type(one).__name__, "words": words(one), "at": _frames(one)}
                for one in _chain(error)
            ]
        return msgspec.json.encode(line, enc_hook=str).decode("utf-8", "replace")


class Readable(_Formatter):
    """A line for people; an error's frames below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message, and what was given beside it as ``name=value``."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        given = "".join(f" {name}={value}" for name, value in self.fields(record).items())
        line = f"{at} {record.levelname} {record.name} {self.message(record)}{given}"
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return line
        below = [
            f"  {type(one).__name__}: {words(one)}" + "".join(f"\n    {at}" for at in _frames(one))
            for one in _chain(error)
        ]
        return "\n".join([line, *below])


def _chain(error: BaseException) -> list[BaseException]:
    """The error, then what led to it."""
    found: list[BaseException] = []
    here: BaseException | None = error
    while here is not None and here not in found and len(found) < 5:
        found.append(here)
        if isinstance(here, BaseExceptionGroup) and here.exceptions:
            here = here.exceptions[0]
        else:
            here = here.__cause__ or (None if here.__suppress_context__ else here.__context__)
    return found


def _frames(error: BaseException) -> list[str]:
    """Where it happened, the innermost last: file, line, function; no source, no values."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
    return [f"{_short(one.filename)}:{one.lineno} {one.name}" for one in frames]


def _short(name: str) -> str:
    path = Path(name)
    if path.is_relative_to(_ROOT) and ".venv" not in path.parts:
        return str(path.relative_to(_ROOT))
    return "/".join(path.parts[-2:])
