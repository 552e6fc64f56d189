"""What became of each message, told by the hub's own live feed: queue, agent, state, as it changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from connectors.contract import ChannelError
from hub import clock
from hub.demo.door import Door
from hub.demo.messages import Message, Messages, Story

_log = logging.getLogger("hub.demo")
AGAIN_SECONDS = 0.3
MOST_VISITORS = 500
_RECENT_MS = 120_000


class Watch:
    """Follows the hub over its restarts; writes stories into ``messages``."""

    def __init__(
        self, door: Door, messages: Messages, tell_chat: Callable[[dict[str, Any]], None]
    ) -> None:
        self._door = door
        self._messages = messages
        self._tell_chat = tell_chat
        self._began = clock.now() // 1000
        """ms; what was written before is the week's, or an earlier run's."""
        self._seq: int | None = None
        self._newest: dict[int, Message] = {}
        """Conversation -> the customer's last message in it."""
        self._visitors: dict[int, str] = {}
        """Conversation -> the chat visitor behind it."""
        self.chats: dict[str, Story] = {}
        """Visitor -> what became of their last message."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._follow()
            except (aiohttp.ClientError, OSError, ChannelError, msgspec.DecodeError):
                _log.debug("the live feed is interrupted")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self) -> None:
        since = "" if self._seq is None else f"?since={self._seq}"
        async with self._door.socket(f"/api/v1/live{since}", signed_in=True) as socket:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self.take(msgspec.json.decode(message.data))

    def take(self, frame: dict[str, Any]) -> None:
        """One frame of the live feed."""
        if frame["type"] == "hello":
            self._seq = frame["seq"]
        elif frame["type"] == "reset":
            self._seq = None
        elif frame["type"] == "event":
            self._seq = frame["seq"]
            data = frame["data"]
            if frame["kind"] == "entry.added" and data["entry"]["direction"] == "in":
                self._added(data["entry"], data["conversation"])
            elif frame["kind"] == "conversation.changed":
                self._changed(data["conversation"])

    def _added(self, entry: dict[str, Any], conversation: dict[str, Any] | None) -> None:
        if conversation is None or not entry["address"]:
            return
        scheme, _, value = entry["address"].partition(":")
        if scheme == "webchat":
            visitor = value.rpartition("/")[2]
            if len(self._visitors) > MOST_VISITORS:
                self._visitors.clear()
            self._visitors[conversation["id"]] = visitor
        else:
            message = self._written(scheme, value, entry)
            if message is None:
                return
            self._newest[conversation["id"]] = message
        self._changed(conversation)

    def _written(self, scheme: str, value: str, entry: dict[str, Any]) -> Message | None:
        """The message that this entry is: by SID, or the mail that has just been sent."""
        if scheme != "mailto":
            return self._messages.by_key(entry["provider_id"] or "")
        since = max(self._began, clock.now() // 1000 - _RECENT_MS)
        waiting = (
            message
            for message in self._messages.of("mail", value)
            if message.direction == "in" and message.story is None and message.at >= since
        )
        return next(waiting, None)

    def _changed(self, conversation: dict[str, Any] | None) -> None:
        if conversation is None:
            return
        id = conversation["id"]
        story = _story(conversation)
        message = self._newest.get(id)
        if message is not None and message.story != story:
            message.story = story
            self._messages.changed(message)
        visitor = self._visitors.get(id)
        if visitor is not None and self.chats.get(visitor) != story:
            self.chats[visitor] = story
            self._tell_chat({"visitor": visitor, "story": story})


def _story(conversation: dict[str, Any]) -> Story:
    item = conversation["work_item"]
    queue, agent = conversation["queue"], conversation["agent"]
    return Story(
        conversation=conversation["id"],
        queue="" if queue is None else queue["name"],
        agent="" if agent is None else agent["name"],
        status=conversation["status"],
        item="" if item is None else item["state"],
    )
