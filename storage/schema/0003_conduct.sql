-- Conduct: mailboxes that live, one person with many addresses, people and access, nights.
-- Written as 0001: times are microseconds since 1970 UTC, JSON is text.

-- ------------------------------------------------------------------ mailboxes

-- ------------------------------------------------------------------ participants, filing and its undoing

-- ------------------------------------------------------------------ writing first, templates, consent, spam

-- ------------------------------------------------------------------ one person, claims, codes, find

-- ------------------------------------------------------------------ people who sign in

-- ------------------------------------------------------------------ nights: hold, retention, spool

-- ------------------------------------------------------------------ trace and health
