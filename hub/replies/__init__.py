"""Whose a mail is, to whom its answer goes, why an entry is where it is, and how it is moved."""
