"""A hub with a mailbox that sends, a chat, and a channel of numbers; one agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hub.answering import Post, answering
from tests.hub.office import Caller

CHAT = "  - {name: chat, kind: webchat, settings: {origins: [shop.example]}}\n"
QUEUES = "  - {name: secret, visible_to: members, modes: {'*': pull}}\n"
RULES = """
  - {id: secret, when: {field: text, contains: secret}, then: {queue: secret}}
  - {id: rest, when: {}, then: {queue: general}}
"""


@pytest.fixture
async def post(loopback_kind: None, tmp_path: Path, db_url: str) -> AsyncIterator[Post]:
    async with answering(tmp_path, db_url, rules=RULES, channels=CHAT, queues=QUEUES) as found:
        yield found


@pytest.fixture
async def one(post: Post) -> AsyncIterator[Caller]:
    """The agent."""
    async with post.office.person("one@acme.example") as caller:
        yield caller
