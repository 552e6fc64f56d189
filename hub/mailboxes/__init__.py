"""Mailboxes that live: what lay there before us, what people send from elsewhere, what is compared."""
