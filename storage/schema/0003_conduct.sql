-- Conduct: mailboxes that live, one person with many addresses, people and access, nights.
-- Written as 0001: times are microseconds since 1970 UTC, JSON is text.

-- ------------------------------------------------------------------ mailboxes
-- What a channel's source has read: a row a folder and numbering (epoch). A changed UIDVALIDITY, a
-- moved mailbox and a server that was set back begin a new epoch: its numbers mean other mails.
CREATE TABLE mailbox (
  id            {id},
  channel       {int} NOT NULL REFERENCES channel (id),
  folder        TEXT NOT NULL,
  epoch         {int} NOT NULL,
  validity      {int} NOT NULL,
  stored        {int} NOT NULL DEFAULT 0,   -- mails filed as new
  history       {int} NOT NULL DEFAULT 0,   -- as history
  own           {int} NOT NULL DEFAULT 0,   -- as ours, sent from elsewhere
  known         {int} NOT NULL DEFAULT 0,   -- that the store had already
  failed        {int} NOT NULL DEFAULT 0,
  ignored       {int} NOT NULL DEFAULT 0,
  reconciled_at {int},                      -- when the server's numbers were last compared with ours
  on_server     {int} NOT NULL DEFAULT 0,   -- mails that stood there then
  missing       {int} NOT NULL DEFAULT 0,   -- that we should have had and had not
  fetched       {int} NOT NULL DEFAULT 0,   -- of these, taken in then
  gone          {int} NOT NULL DEFAULT 0,   -- that we have and the server has no more
  left_out      {int} NOT NULL DEFAULT 0,   -- older than the history that is wanted
  created_at    {int} NOT NULL,
  UNIQUE (channel, folder, epoch)
) {strict};

-- The numbers (UIDs) of an epoch that the ledger has answered for.
CREATE TABLE mailbox_mail (
  mailbox {int} NOT NULL REFERENCES mailbox (id),
  uid     {int} NOT NULL,
  PRIMARY KEY (mailbox, uid)
) {strict};

-- What a channel keeps between two starts: access and refresh token.
CREATE TABLE channel_token (
  channel            {int} PRIMARY KEY REFERENCES channel (id),
  sealed             TEXT NOT NULL,
  expires_at         {int},                 -- of the access token
  refresh_expires_at {int},                 -- of the refresh token, where the provider says so
  renewed_at         {int},                 -- the last success
  trouble            TEXT NOT NULL DEFAULT '',
  trouble_at         {int}
) {strict};

-- ------------------------------------------------------------------ participants, filing and its undoing
-- A mail that reaches two of our mailboxes is one entry: its first arrival holds the key.
ALTER TABLE raw_event ADD COLUMN mail_key TEXT;
CREATE UNIQUE INDEX raw_event_mail ON raw_event (mail_key) WHERE mail_key IS NOT NULL;
-- Where entries of this conversation were moved to last; with status 'moved': all of them.
ALTER TABLE conversation ADD COLUMN moved_to {int};

-- Entries that a person filed elsewhere: from one conversation to another, and perhaps back.
CREATE TABLE entry_move (
  id        {id},
  source    {int} NOT NULL REFERENCES conversation (id),
  target    {int} NOT NULL REFERENCES conversation (id),
  entries   TEXT NOT NULL,             -- JSON: ids
  made      {bool} NOT NULL,           -- the target was opened for it
  before    TEXT NOT NULL,             -- JSON: how the source stood, to be put back
  actor     TEXT NOT NULL,
  at        {int} NOT NULL,
  undone_by TEXT,
  undone_at {int}
) {strict};
CREATE INDEX entry_move_source ON entry_move (source);
CREATE INDEX entry_move_target ON entry_move (target);

-- ------------------------------------------------------------------ writing first, templates, consent, spam
ALTER TABLE delivery ADD COLUMN purpose TEXT NOT NULL DEFAULT 'reply';   -- reply | service | marketing: whose consent it needs
ALTER TABLE consent ADD COLUMN proof TEXT NOT NULL DEFAULT '';           -- what was said, or how it is known
ALTER TABLE identity ADD COLUMN blocked_for {int};                       -- the conversation that was called spam; NULL: by hand
ALTER TABLE template ADD COLUMN canned {bool} NOT NULL DEFAULT TRUE;     -- offered to who writes

-- ------------------------------------------------------------------ one person, claims, codes, find
-- Links form a forest: `parent` is whom the act named, `root` where the whole tree ends today.
-- Taking a link back parts its subtree; whatever was joined below it stays joined.
ALTER TABLE contact_link ADD COLUMN parent {int};                        -- NULL: the root, of links made before
ALTER TABLE contact_link ADD COLUMN revoked_by TEXT;
CREATE INDEX contact_link_parent ON contact_link (parent) WHERE revoked_at IS NULL;
ALTER TABLE claim ADD COLUMN identity {int};                             -- the address that it has become
ALTER TABLE claim ADD COLUMN settled_at {int};
ALTER TABLE claim ADD COLUMN settled_how TEXT NOT NULL DEFAULT '';       -- code | agent

-- A code sent to a claimed address: a keyed hash, good once, for some minutes and some tries.
CREATE TABLE claim_code (
  id         {id},
  claim      {int} NOT NULL REFERENCES claim (id),
  uri        TEXT NOT NULL,
  channel    {int} NOT NULL REFERENCES channel (id),
  code_hash  TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'sending',   -- sending | sent | failed | used | replaced
  attempts   {int} NOT NULL DEFAULT 0,
  made_by    TEXT NOT NULL,
  sent_at    {int} NOT NULL,
  expires_at {int} NOT NULL
) {strict};
CREATE INDEX claim_code_claim ON claim_code (claim, id);
CREATE INDEX claim_code_uri ON claim_code (uri, sent_at);

-- What find looks up: folded words, each with the words after it, so that one range of one index
-- answers. A number stands backwards as well (kind d), for its last digits.
CREATE TABLE find_word (
  kind  TEXT NOT NULL,   -- n: name | a: address | d: digits from the last | s: subject
--sqlite:  word  TEXT NOT NULL,
--postgres:  word  TEXT COLLATE "C" NOT NULL,
  about {int} NOT NULL,  -- contact; of a subject: conversation
  PRIMARY KEY (kind, word, about)
--sqlite:) STRICT, WITHOUT ROWID;
--postgres:);


-- ------------------------------------------------------------------ people who sign in
ALTER TABLE user_account ADD COLUMN invited_at {int};        -- a first link was made and not used yet
ALTER TABLE user_account ADD COLUMN signed_in_at {int};
ALTER TABLE user_account ADD COLUMN totp_secret TEXT;        -- sealed; NULL: no second factor
ALTER TABLE user_account ADD COLUMN totp_pending TEXT;       -- sealed: shown as QR, not confirmed by a code yet
ALTER TABLE user_account ADD COLUMN totp_step {int};         -- of the newest code taken: none is taken twice
ALTER TABLE user_account ADD COLUMN oidc_subject TEXT;       -- "ISSUER SUBJECT": whom a provider calls so
CREATE UNIQUE INDEX user_account_oidc ON user_account (oidc_subject) WHERE oidc_subject IS NOT NULL;
ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN how TEXT NOT NULL DEFAULT 'password';    -- password | link | oidc

-- Codes for whoever has lost the second factor: keyed hashes, each good once.
CREATE TABLE recovery_code (
  user_id   {int} NOT NULL REFERENCES user_account (id),
  code_hash TEXT NOT NULL,
  used_at   {int},
  PRIMARY KEY (user_id, code_hash)
) {strict};

-- The audit only grows: nobody changes or removes a line, not even by SQL that the hub would run.
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_subject ON audit (subject, id);
CREATE INDEX audit_action ON audit (action, id);
--sqlite:CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
--sqlite:CREATE TRIGGER audit_unremoved BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
--postgres:CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''the audit is append-only''; END';
--postgres:CREATE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_kept();
--postgres:CREATE TRIGGER audit_unremoved BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_kept();

-- ------------------------------------------------------------------ nights: hold, retention, spool
-- What retention has removed so far, and when it last looked; shown to whoever asks.
CREATE TABLE retention_count (
  what    TEXT NOT NULL PRIMARY KEY,   -- raw | files | events | exchanges | blobs | strays | claims
  n       {int} NOT NULL,              -- in all
  last_n  {int} NOT NULL,              -- in the last run that found any
  last_at {int} NOT NULL
) {strict};

-- Requests that are old enough to go and are kept all the same; looked at again in each run.
CREATE TABLE retention_held (
  request {int} NOT NULL PRIMARY KEY REFERENCES raw_request (id),
  reason  TEXT NOT NULL,               -- failed | channel | unreadable
  at      {int} NOT NULL
) {strict};

-- Requests filed from the spool: written with what they became, so that none is filed twice.
CREATE TABLE spool_filed (
  name TEXT NOT NULL PRIMARY KEY,
  at   {int} NOT NULL
) {strict};

-- Who still names a blob. Plain messages have none, so their filing pays nothing.
CREATE INDEX raw_request_blob ON raw_request (blob) WHERE blob IS NOT NULL;
CREATE INDEX attachment_blob ON attachment (blob) WHERE blob IS NOT NULL;

-- ------------------------------------------------------------------ trace and health
ALTER TABLE raw_request ADD COLUMN signature TEXT NOT NULL DEFAULT '';  -- ok | off | report: REASON; empty: none is asked at that door
ALTER TABLE delivery ADD COLUMN origin TEXT NOT NULL DEFAULT '';        -- id of the request that wrote it; empty: the hub itself

-- One attempt to send a part, and what the provider answered; kept for 7 days, without secrets and words.
-- No reference to the delivery: a log may outlive what it is about.
CREATE TABLE exchange (
  id         {id},
  delivery   {int} NOT NULL,
  channel    {int} NOT NULL,
  attempt    {int} NOT NULL,
  request_id TEXT NOT NULL,        -- as the provider was told it, where a header can carry one
  outcome    TEXT NOT NULL,        -- sent | deferred | failed | unknown
  words      TEXT NOT NULL DEFAULT '',
  steps      TEXT NOT NULL,        -- JSON: connectors/exchange.py
  took       {int} NOT NULL,       -- microseconds
  at         {int} NOT NULL        -- when it began
) {strict};
CREATE INDEX exchange_delivery ON exchange (delivery, id);
CREATE INDEX exchange_request ON exchange (request_id);
CREATE INDEX delivery_unknown ON delivery (channel) WHERE state = 'unknown';
CREATE INDEX delivery_provider_of ON delivery_provider_id (delivery);
CREATE INDEX raw_event_again ON raw_event (duplicate_of) WHERE duplicate_of IS NOT NULL;
