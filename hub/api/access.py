"""Who acts, and what they may see: asked by every route about conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub import accounts
from hub.compose import Author
from hub.permissions import Permission, granted
from hub.problems import Problem, not_found
from storage import contacts, queues, views
from storage.views import ConversationView, Sight

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx


def sight(tx: Tx, who: Principal) -> Sight:
    """What the caller may see: the one predicate of storage/views.py."""
    return views.sight(tx, who.agent, everything=who.may(Permission.USERS))


def seen(tx: Tx, id: int, who: Principal) -> ConversationView:
    """A conversation that the caller may see. Raises Problem (404)."""
    found = views.conversation(tx, id)
    if found is None or not visible(sight(tx, who), found):
        raise not_found("conversation")
    return found


def visible(allowed: Sight, found: ConversationView) -> bool:
    """Whether this conversation is theirs to see."""
    queue = None if found.queue is None else found.queue.id
    return allowed.sees(queue, None if found.agent is None else found.agent.id)


def person(tx: Tx, id: int, who: Principal) -> int:
    """A person whom the caller may see, as their root. Raises Problem (404)."""
    root = contacts.root(tx, id)
    if not contacts.exists(tx, id) or not views.sees_person(tx, root, sight(tx, who)):
        raise not_found("contact")
    return root


def movable(tx: Tx, id: int, who: Principal) -> ConversationView:
    """A conversation that the caller may move or close. Raises Problem (403, 404)."""
    found = seen(tx, id, who)
    owner = None if found.agent is None else found.agent.id
    if owner not in (None, who.agent) and not who.may(Permission.MOVE):
        raise Problem(403, "it belongs to a colleague: this needs the permission 'move'")
    return found


def takeable(tx: Tx, id: int, who: Principal) -> ConversationView:
    """A conversation that the caller may make theirs. Raises Problem (403, 404)."""
    found = seen(tx, id, who)
    queue, agent = found.queue, agent_of(who)
    mine = found.agent is not None and found.agent.id == agent
    if queue is None or mine or who.may(Permission.MOVE):
        return found
    if queue.name not in queues.served_by(tx, agent):
        raise Problem(403, f"you do not serve the queue {queue.name}")
    return found


def hands_on(who: Principal, role: str, scopes: Sequence[str] = ()) -> None:
    """That somebody is given no more than the caller has: a token with few scopes makes no other
    with all of them. Raises AccountRefused, Problem (403)."""
    accounts.check_role(role)
    if more := granted(role, tuple(scopes)) - who.permissions:
        raise Problem(403, f"nobody hands on more than they have: {', '.join(sorted(more))}")


def author(who: Principal) -> Author:
    """The caller as a writer: an agent, or a program with a token of its own."""
    return Author(agent=who.agent, name=who.name, actor=actor(who), by=who.actor)


def actor(who: Principal) -> str:
    """As the timeline keeps it."""
    return f"agent:{who.agent}" if who.agent is not None else who.actor


def agent_of(who: Principal) -> int:
    """The caller's agent. Raises Problem (403): whoever is none takes no work."""
    if who.agent is None:
        raise Problem(403, "only agents take work")
    return who.agent


def user_of(who: Principal) -> int:
    """The caller's user. Raises Problem (403) for a program's token."""
    if who.user is None:
        raise Problem(403, "a program's token is nobody: use a person's")
    return who.user
