"""Web chat for the conformance suite."""

from __future__ import annotations

import json
from pathlib import Path

from connectors.contract import Outbound, Party, Uri
from tests.conformance import Case

_TALK = json.loads((Path(__file__).parents[2] / "payloads/webchat/conversation.json").read_text())

CASE = Case(
    kind="webchat",
    settings={"title": "Ask us", "site_secret": "a secret of the site", "origins": ["*"]},
    secrets=("a secret of the site",),
    hello=_TALK["hello"],
    frames=_TALK["frames"],
    part=Outbound(delivery_id=1, to=(Party(Uri("webchat:test/visitor")),), text="Hello"),
)
