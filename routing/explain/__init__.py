"""Stored decisions as sentences, in English and Persian, without words of the trade.

Why here, why me, why still waiting, and what befell a turn. Reads the JSON that
``Decision.as_dict``, ``Standing.as_dict`` and the item's log hold, of older versions too: a part
that is missing or strange is not told, and nothing here raises. Texts of customers are not in
there, so they are not in here.
"""

from routing.explain.befell import what_became, what_befell
from routing.explain.here import why_here
from routing.explain.me import why_me
from routing.explain.say import LANGUAGES, Language, Speech
from routing.explain.waiting import NextStep, Wait, why_waiting

__all__ = [
    "LANGUAGES",
    "Language",
    "NextStep",
    "Speech",
    "Wait",
    "what_became",
    "what_befell",
    "why_here",
    "why_me",
    "why_waiting",
]
