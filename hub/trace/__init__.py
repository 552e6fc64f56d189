"""Trace: one message's way from its arrival to its receipt, and what was said to the provider."""
