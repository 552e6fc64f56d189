"""What can go wrong in the store. The type says who acts next; engines' errors stay inside."""

from __future__ import annotations

from datetime import timedelta


class StoreError(Exception):
    """Base of everything the store raises by itself."""


class ConstraintViolated(StoreError):
    """A row breaks a rule of the schema (unique, foreign key, check, not null). The caller acts."""


class StatementInvalid(StoreError):
    """The engine refuses a statement or a value: a mistake in our code."""


class SchemaRefused(StoreError):
    """This program cannot use the store as it is; the message says what to do. The admin acts."""


class StoreUnavailable(StoreError):
    """Full, locked, read-only or unreachable: nothing was written; later it may work (503)."""

    retry_after = timedelta(seconds=5)


class StoreBusy(StoreUnavailable):
    """More is waiting to be written than the store can take soon (503 with Retry-After)."""

    retry_after = timedelta(seconds=1)


class StoreTimeout(StoreUnavailable):
    """A statement or a read transaction ran over its limit and was stopped."""


class CommitUnknown(StoreUnavailable):
    """The connection died during COMMIT: written or not, nobody can say. Nothing is run again.

    Callers with a dedup key may simply try again; others ask the store first.
    """


class TryAgain(StoreUnavailable):
    """Somebody else holds a lock that this transaction needs; the writer puts the function back."""


class ClaimLost(Exception):
    """The item, the offer or the agent is no longer what the claim was made for: a normal outcome,
    and nothing has happened."""
