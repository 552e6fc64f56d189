"""What can go wrong: the type says who acts next (admin, hub, agent, caller)."""

from __future__ import annotations

from datetime import timedelta


class ChannelError(Exception):
    """A channel could not do what was asked. Without words of its own it has those of its kind."""

    plain = "the channel could not do it"

    def __str__(self) -> str:
        return super().__str__() or self.plain


class ConfigInvalid(ChannelError):
    """The settings cannot work (admin). Message: ``field: reason``."""

    plain = "the settings cannot work"


class Unauthorized(ChannelError):
    """The provider refuses our credentials (admin)."""

    plain = "the provider refuses our key or password"


class Unavailable(ChannelError):
    """The provider cannot be reached or is busy (the hub tries again)."""

    plain = "the provider cannot be reached now"

    def __init__(self, words: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class Rejected(ChannelError):
    """The provider will not take this part, ever (the agent changes it)."""

    plain = "the provider will not take it"

    def __init__(self, words: str, *, code: str = "") -> None:
        super().__init__(words)
        self.code = code


class RecipientRefused(Rejected):
    """This recipient cannot be reached here (the agent picks another address or channel)."""

    def __init__(self, words: str, *, code: str = "", opted_out: bool = False) -> None:
        super().__init__(words, code=code)
        self.opted_out = opted_out


class OutcomeUnknown(ChannelError):
    """Perhaps sent: the connection broke after the request was out (the agent decides)."""

    plain = "it may have been sent"


class WebhookRejected(ChannelError):
    """Not the provider, or not for us (the caller). Answered 401, counted, kept with the reason."""


class PayloadInvalid(ChannelError):
    """Signed, but not this provider's format (the caller). Answered 400. Message: ``field: reason``."""
