"""Explanations: one turn's way in figures and in words, for the API, the console and a terminal."""

from hub.explained.shape import Explanation
from hub.explained.turn import Now, explain, item_of, of_conversation

__all__ = ["Explanation", "Now", "explain", "item_of", "of_conversation"]
