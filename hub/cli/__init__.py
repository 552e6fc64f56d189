"""The commands as they are typed: one module a noun, each with ``add``. What they do is elsewhere."""
