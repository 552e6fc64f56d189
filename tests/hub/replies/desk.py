"""Three mailboxes, what comes to them, and what people see of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from connectors.contract import Forwarded, Inbound, Party, Raw, Uri
from hub.channel import Channel
from storage import deliveries
from storage.deliveries import Body
from tests.fakes.twilio import FakeTwilio
from tests.hub.running import Running, running

MORE = """
channels:
  - name: sales
    kind: email
    form_mailers: ["forms@site.example", "@typeform.example"]
    colleagues: ["@acme-partners.example"]
    settings: {address: sales@acme.example, token: sales-token-of-tests}
  - name: shop
    kind: email
    settings: {address: shop@shop.example, aliases: [orders@shop.example], token: shop-token-of-tests}
"""
TOKENS = {
    "mail": "mail-token-of-tests",
    "sales": "sales-token-of-tests",
    "shop": "shop-token-of-tests",
}
ANN = "mailto:ann@customer.example"


class Mailboxes(Running):
    """A running hub with them."""

    async def to(self, channel: str, mail: str) -> int:
        """A MIME mail to one of the mailboxes; the status."""
        headers = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {TOKENS[channel]}"}
        status, _, _ = await self.post(channel, mail.encode(), headers)
        return status

    def channel(self, name: str) -> Channel:
        found = self.hub.channels.get(name)
        assert found is not None
        return found

    async def take(self, channel: str, message: Inbound) -> None:
        """A message as the parser would give it."""
        raw = Raw("mail", message.provider_id, (), "", message.provider_id.encode())
        (filed,) = await self.hub.intake.file(self.channel(channel), raw, [message])
        assert filed.state == "stored"

    async def body(self, entry: int) -> Body:
        """What left as the first part of an answer."""
        rows = await self.read(deliveries.of_entry, entry)
        return deliveries.body(rows[0])

    async def ask(self, path: str, *, who: str = "one") -> Any:
        """What a person sees there."""
        async with self.office.person(f"{who}@acme.example") as caller:
            answer = await caller.get(path)
            assert answer.status == 200, answer.text
            return answer.json

    async def act(self, path: str, body: Any = None, *, who: str = "one", status: int = 200) -> Any:
        """What a person does there."""
        async with self.office.person(f"{who}@acme.example") as caller:
            answer = await caller.post(path, body)
            assert answer.status == status, answer.text
            return answer.json

    async def why(self, entry: int, *, who: str = "one") -> dict[str, dict[str, Any]]:
        """Why an entry is here: the facts by code."""
        lines = (await self.ask(f"entries/{entry}/why", who=who))["lines"]
        return {line["code"]: line["facts"] for line in lines}


@asynccontextmanager
async def opened(folder: Path, url: str, twilio: FakeTwilio) -> AsyncIterator[Mailboxes]:
    """One that runs."""
    async with running(folder, url, twilio) as found:
        await found.office.run("apply", text=MORE)
        yield Mailboxes(found.hub, found.base, found.office, found.http, found.agents)


def forward(
    *, by: str = "one@acme.example", comment: str = "Please look at this", **more: Any
) -> Inbound:
    """A colleague hands on Ann's mail."""
    inner = Forwarded(
        sender=Uri(ANN),
        sender_name="Ann",
        subject="My parcel",
        text="Where is it?",
        comment=comment,
    )
    given: dict[str, Any] = {
        "provider_id": f"forward by {by} {comment}",
        "sender": Uri(f"mailto:{by}"),
        "sender_name": "One",
        "to": (Party(Uri("mailto:help@acme.example")),),
        "cc": (Party(Uri("mailto:boss@acme.example"), "Boss"),),
        "subject": "Fwd: My parcel",
        "text": f"{comment}\n\nFrom: Ann\n\nWhere is it?",
        "message_id": f"forward-{len(comment)}@acme.example",
        "forwarded": inner,
    }
    return Inbound(**{**given, **more})


def uris(given: list[Any]) -> list[str]:
    """The bare addresses of recipients, as shown or as kept with a part."""
    found = [one["uri"] if isinstance(one, dict) else one[0] for one in given]
    return [uri.removeprefix("mailto:") for uri in found]
