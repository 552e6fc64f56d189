"""One person with many addresses: found, joined, parted, and what they say of themselves proven."""
