"""One file that holds a whole store: written while it is in use, read into either engine."""
