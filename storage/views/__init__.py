"""What screens and the API show: the read models, filled from the tables in one place.

REST answers, the snapshot and the live frames are all made of these, so that a snapshot and the
events after it cannot drift apart. One module a part; call sites read ``views.conversation(...)``.
"""

from storage.views.desk import agents, channels, offer, offers, queues
from storage.views.entries import (
    actor_name,
    entry,
    matter,
    timeline,
    visitor_code,
    visitor_entries,
    withheld,
)
from storage.views.facts import EntryFacts, NamedAddress, Suggestion
from storage.views.matters import conversation, conversations, visible_ids
from storage.views.people import contact, said_in
from storage.views.people import seen as seen_people
from storage.views.people import sees as sees_person
from storage.views.requests import hidden_requests
from storage.views.sight import Sight, elsewhere, memberships, places, sight
from storage.views.times import micros, time_of, when
from storage.views.types import (
    Actor,
    AgentView,
    AttachmentView,
    ChannelRef,
    ChannelView,
    ClaimView,
    ContactView,
    ConversationView,
    DeadlineView,
    DeliveryView,
    EntryView,
    IdentityView,
    ItemView,
    LinkView,
    OfferView,
    QueueView,
    Ref,
    View,
)

__all__ = [
    "Actor",
    "AgentView",
    "AttachmentView",
    "ChannelRef",
    "ChannelView",
    "ClaimView",
    "ContactView",
    "ConversationView",
    "DeadlineView",
    "DeliveryView",
    "EntryFacts",
    "EntryView",
    "IdentityView",
    "ItemView",
    "LinkView",
    "NamedAddress",
    "OfferView",
    "QueueView",
    "Ref",
    "Sight",
    "Suggestion",
    "View",
    "actor_name",
    "agents",
    "channels",
    "contact",
    "conversation",
    "conversations",
    "elsewhere",
    "entry",
    "hidden_requests",
    "matter",
    "memberships",
    "micros",
    "offer",
    "offers",
    "places",
    "queues",
    "said_in",
    "seen_people",
    "sees_person",
    "sight",
    "time_of",
    "timeline",
    "visible_ids",
    "visitor_code",
    "visitor_entries",
    "when",
    "withheld",
]
