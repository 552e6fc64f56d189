-- The spine: everything that intake, routing, reply and sign-in need.
-- Times are integer microseconds since 1970 UTC; JSON is text; ids are given by the database.
-- Tokens in braces are filled in per engine by storage/migrate.py.

-- ------------------------------------------------------------------ settings of this store
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) {strict};

-- ------------------------------------------------------------------ people who sign in
CREATE TABLE user_account (
  id            {id},
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  role          TEXT NOT NULL,
  password_hash TEXT,
  settings      TEXT NOT NULL DEFAULT '{}',
  active        {bool} NOT NULL DEFAULT TRUE,
  failed        {int} NOT NULL DEFAULT 0,
  locked_until  {int},
  created_at    {int} NOT NULL
) {strict};

CREATE TABLE session (
  id         {id},
  token_hash TEXT NOT NULL UNIQUE,
  user_id    {int} NOT NULL REFERENCES user_account (id),
  csrf       TEXT NOT NULL,
  created_at {int} NOT NULL,
  seen_at    {int} NOT NULL,
  expires_at {int} NOT NULL,
  user_agent TEXT NOT NULL DEFAULT ''
) {strict};
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE sign_in_link (
  token_hash TEXT PRIMARY KEY,
  user_id    {int} NOT NULL REFERENCES user_account (id),
  created_at {int} NOT NULL,
  expires_at {int} NOT NULL,
  used_at    {int}
) {strict};

CREATE TABLE api_token (
  id         {id},
  token_hash TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  user_id    {int} REFERENCES user_account (id),
  role       TEXT NOT NULL,
  scopes     TEXT NOT NULL DEFAULT '[]',
  created_at {int} NOT NULL,
  used_at    {int},
  revoked_at {int}
) {strict};

CREATE TABLE audit (
  id      {id},
  at      {int} NOT NULL,
  actor   TEXT NOT NULL,
  action  TEXT NOT NULL,
  subject TEXT NOT NULL,
  data    TEXT NOT NULL DEFAULT '{}'
) {strict};

-- ------------------------------------------------------------------ configuration
CREATE TABLE channel (
  id             {id},
  name           TEXT NOT NULL UNIQUE,
  kind           TEXT NOT NULL,
  title          TEXT NOT NULL DEFAULT '',
  settings       TEXT NOT NULL DEFAULT '{}',  -- secrets encrypted or {"env": NAME}
  options        TEXT NOT NULL DEFAULT '{}',  -- what the hub itself reads: modes, reopening, opt-out
  signature_mode TEXT NOT NULL DEFAULT 'enforce',
  enabled        {bool} NOT NULL DEFAULT TRUE,
  simulated      {bool} NOT NULL DEFAULT FALSE,
  source_cursor  TEXT,
  state          TEXT NOT NULL DEFAULT 'starting',
  state_detail   TEXT NOT NULL DEFAULT '',
  state_since    {int} NOT NULL DEFAULT 0,
  created_at     {int} NOT NULL
) {strict};

CREATE TABLE queue (
  id         {id},
  name       TEXT NOT NULL UNIQUE,
  title      TEXT NOT NULL DEFAULT '{}',      -- language -> words
  visible_to TEXT NOT NULL DEFAULT 'everyone',
  options    TEXT NOT NULL DEFAULT '{}',      -- modes per channel kind, offer seconds, units
  active     {bool} NOT NULL DEFAULT TRUE,
  created_at {int} NOT NULL
) {strict};

CREATE TABLE team (
  id   {id},
  name TEXT NOT NULL UNIQUE
) {strict};

CREATE TABLE agent (
  id            {id},
  user_id       {int} NOT NULL UNIQUE REFERENCES user_account (id),
  team          {int} REFERENCES team (id),
  presence      TEXT NOT NULL DEFAULT 'offline',  -- offline | available | away
  reason        TEXT NOT NULL DEFAULT '',
  present_since {int} NOT NULL DEFAULT 0,         -- when presence last changed
  lease_until   {int},                            -- a presence is a lease: after it, offline
  capacity      {int} NOT NULL DEFAULT 100,
  used          {int} NOT NULL DEFAULT 0,         -- units; equals the sum over live assignments and offers
  missed        {int} NOT NULL DEFAULT 0,         -- ask offers missed in a row
  idle_since    {int} NOT NULL DEFAULT 0,
  active        {bool} NOT NULL DEFAULT TRUE,
  created_at    {int} NOT NULL
) {strict};

CREATE TABLE agent_state_log (
  id       {id},
  agent    {int} NOT NULL REFERENCES agent (id),
  presence TEXT NOT NULL,
  reason   TEXT NOT NULL DEFAULT '',
  at       {int} NOT NULL
) {strict};
CREATE INDEX agent_state_log_agent ON agent_state_log (agent, at);

CREATE TABLE queue_agent (
  queue {int} NOT NULL REFERENCES queue (id),
  agent {int} NOT NULL REFERENCES agent (id),
  PRIMARY KEY (queue, agent)
) {strict};
CREATE INDEX queue_agent_agent ON queue_agent (agent);

CREATE TABLE rule_set (
  id           {id},
  version      {int} NOT NULL UNIQUE,
  body         TEXT NOT NULL,
  note         TEXT NOT NULL DEFAULT '',
  published_by TEXT NOT NULL,
  published_at {int} NOT NULL
) {strict};

-- ------------------------------------------------------------------ the ledger
CREATE TABLE blob (
  sha256     TEXT PRIMARY KEY,
  size       {int} NOT NULL,
  type       TEXT NOT NULL,
  created_at {int} NOT NULL
) {strict};

CREATE TABLE raw_request (
  id          {id},
  channel     {int} NOT NULL REFERENCES channel (id),
  kind        TEXT NOT NULL,
  key         TEXT NOT NULL,
  headers     TEXT NOT NULL,
  url         TEXT NOT NULL,
  body        {bytes},
  blob        TEXT REFERENCES blob (sha256),
  received_at {int} NOT NULL
) {strict};
CREATE INDEX raw_request_age ON raw_request (channel, received_at);

CREATE TABLE raw_event (
  id           {id},
  request      {int} NOT NULL REFERENCES raw_request (id),
  channel      {int} NOT NULL REFERENCES channel (id),
  kind         TEXT NOT NULL,   -- message | receipt | rejected | request
  provider_id  TEXT NOT NULL,
  position     {int} NOT NULL DEFAULT 0,  -- which event of its request
  state        TEXT NOT NULL,   -- stored | duplicate | rejected | failed | ignored
  reason       TEXT NOT NULL DEFAULT '',
  duplicate_of {int},
  entry        {int},
  at           {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX raw_event_claim ON raw_event (channel, kind, provider_id) WHERE duplicate_of IS NULL;
CREATE INDEX raw_event_state ON raw_event (state, channel, id) WHERE state IN ('rejected', 'failed');
CREATE INDEX raw_event_request ON raw_event (request);

CREATE TABLE ledger_count (
  channel {int} NOT NULL,
  state   TEXT NOT NULL,
  n       {int} NOT NULL,
  PRIMARY KEY (channel, state)
) {strict};

-- ------------------------------------------------------------------ people who write
CREATE TABLE organization (
  id         {id},
  name       TEXT NOT NULL,
  folded     TEXT NOT NULL,
  attributes TEXT NOT NULL DEFAULT '{}',
  created_at {int} NOT NULL
) {strict};

CREATE TABLE contact (
  id           {id},
  name         TEXT NOT NULL,
  folded       TEXT NOT NULL,
  organization {int} REFERENCES organization (id),
  attributes   TEXT NOT NULL DEFAULT '{}',
  language     TEXT NOT NULL DEFAULT '',
  created_at   {int} NOT NULL
) {strict};
CREATE INDEX contact_folded ON contact (folded, id);

CREATE TABLE identity (
  id          {id},
  uri         TEXT NOT NULL UNIQUE,
  contact     {int} NOT NULL REFERENCES contact (id),
  name        TEXT NOT NULL DEFAULT '',
  source      TEXT NOT NULL,   -- channel:NAME | agent | import | api | signed
  verified    {bool} NOT NULL DEFAULT FALSE,
  verified_at {int},
  blocked_at  {int},
  created_at  {int} NOT NULL
) {strict};
CREATE INDEX identity_contact ON identity (contact);

CREATE TABLE contact_link (
  id         {id},
  root       {int} NOT NULL REFERENCES contact (id),
  member     {int} NOT NULL REFERENCES contact (id),
  evidence   TEXT NOT NULL,
  confidence {int} NOT NULL,
  made_by    TEXT NOT NULL,
  made_at    {int} NOT NULL,
  revoked_at {int}
) {strict};
CREATE UNIQUE INDEX contact_link_member ON contact_link (member) WHERE revoked_at IS NULL;
CREATE INDEX contact_link_root ON contact_link (root) WHERE revoked_at IS NULL;

CREATE TABLE consent (
  id       {id},
  identity {int} NOT NULL REFERENCES identity (id),
  channel  {int} REFERENCES channel (id),   -- NULL: every channel
  purpose  TEXT NOT NULL,                   -- reply | service | marketing
  state    TEXT NOT NULL,                   -- granted | withdrawn
  source   TEXT NOT NULL,
  entry    {int},
  at       {int} NOT NULL
) {strict};
CREATE INDEX consent_identity ON consent (identity, id);

-- ------------------------------------------------------------------ conversations and the timeline
CREATE TABLE conversation (
  id            {id},
  contact       {int} NOT NULL REFERENCES contact (id),
  identity      {int} NOT NULL REFERENCES identity (id),   -- the address last written from
  channel       {int} NOT NULL REFERENCES channel (id),
  status        TEXT NOT NULL,   -- open | pending | snoozed | resolved | spam
  subject       TEXT NOT NULL DEFAULT '',
  queue         {int} REFERENCES queue (id),
  agent         {int} REFERENCES agent (id),   -- the owner
  last_agent    {int} REFERENCES agent (id),
  priority      {int} NOT NULL DEFAULT 0,      -- seconds of head start
  tags          TEXT NOT NULL DEFAULT '[]',
  waiting_since {int},
  snoozed_until {int},
  follows       {int} REFERENCES conversation (id),
  code          TEXT NOT NULL UNIQUE,          -- tracking code, 8 digits
  last_at       {int} NOT NULL,
  resolved_at   {int},
  created_at    {int} NOT NULL
) {strict};
CREATE INDEX conversation_contact ON conversation (contact, channel, id);
CREATE INDEX conversation_agent ON conversation (agent, last_at, id) WHERE agent IS NOT NULL;
CREATE INDEX conversation_queue ON conversation (queue, last_at, id);
CREATE INDEX conversation_last ON conversation (last_at, id);

CREATE TABLE participant (
  conversation {int} NOT NULL REFERENCES conversation (id),
  identity     {int} NOT NULL REFERENCES identity (id),
  role         TEXT NOT NULL,   -- customer | from | reply_to | to | cc
  entry        {int},           -- the first one that named them
  at           {int} NOT NULL,
  PRIMARY KEY (conversation, identity, role)
) {strict};
CREATE INDEX participant_identity ON participant (identity);

CREATE TABLE timeline_entry (
  id            {id},
  contact       {int} NOT NULL REFERENCES contact (id),
  identity      {int} REFERENCES identity (id),
  conversation  {int} REFERENCES conversation (id),
  kind          TEXT NOT NULL,   -- message | note | system | …
  channel       {int} REFERENCES channel (id),
  direction     TEXT,            -- in | out
  actor         TEXT NOT NULL,   -- customer | hub | agent:ID
  subject       TEXT NOT NULL DEFAULT '',
  text          TEXT NOT NULL DEFAULT '',
  full_text     TEXT,            -- NULL: the same
  html          TEXT,
  data          TEXT NOT NULL DEFAULT '{}',
  provider_id   TEXT,
  message_id    TEXT,            -- of a mail, without brackets
  client_key    TEXT,            -- given by the writer: the same key is the same entry
  raw_event     {int},
  provider_time {int},
  recorded_at   {int} NOT NULL
) {strict};
CREATE INDEX timeline_contact ON timeline_entry (contact, recorded_at, id);
CREATE INDEX timeline_conversation ON timeline_entry (conversation, id);
CREATE UNIQUE INDEX timeline_client_key ON timeline_entry (client_key) WHERE client_key IS NOT NULL;
CREATE INDEX timeline_message_id ON timeline_entry (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE claim (
  id           {id},
  contact      {int} NOT NULL REFERENCES contact (id),
  conversation {int} REFERENCES conversation (id),
  entry        {int},
  kind         TEXT NOT NULL,   -- name | email | phone | …: what they say of themselves
  value        TEXT NOT NULL,
  folded       TEXT NOT NULL,
  source       TEXT NOT NULL,
  at           {int} NOT NULL
) {strict};
CREATE INDEX claim_contact ON claim (contact);

CREATE TABLE attachment (
  id         {id},
  entry      {int} REFERENCES timeline_entry (id),
  position   {int} NOT NULL,
  name       TEXT NOT NULL,
  type       TEXT NOT NULL,
  size       {int},
  state      TEXT NOT NULL,      -- pending | stored | failed
  blob       TEXT,               -- sha256
  ref        TEXT,               -- what the connector opens
  raw_request {int} REFERENCES raw_request (id),
  content_id TEXT NOT NULL DEFAULT '',
  inline     {bool} NOT NULL DEFAULT FALSE,
  attempts   {int} NOT NULL DEFAULT 0,
  retry_at   {int},
  error      TEXT NOT NULL DEFAULT '',
  uploaded_by TEXT,              -- user:ID or a visitor's identity, before it belongs to an entry
  created_at {int} NOT NULL
) {strict};
CREATE INDEX attachment_entry ON attachment (entry, position);
CREATE INDEX attachment_pending ON attachment (retry_at) WHERE state = 'pending';

CREATE TABLE draft (
  user_id      {int} NOT NULL REFERENCES user_account (id),
  conversation {int} NOT NULL REFERENCES conversation (id),
  body         TEXT NOT NULL,    -- JSON: text, mode, channel, files
  updated_at   {int} NOT NULL,
  PRIMARY KEY (user_id, conversation)
) {strict};

CREATE TABLE seen (
  user_id      {int} NOT NULL REFERENCES user_account (id),
  conversation {int} NOT NULL REFERENCES conversation (id),
  entry        {int} NOT NULL,
  PRIMARY KEY (user_id, conversation)
) {strict};

-- ------------------------------------------------------------------ routing
CREATE TABLE decision (
  id           {id},
  conversation {int} NOT NULL REFERENCES conversation (id),
  entry        {int},
  work_item    {int},
  rule_version {int} NOT NULL,
  rule         TEXT NOT NULL,
  data         TEXT NOT NULL,    -- rules hit, near misses, reasons
  at           {int} NOT NULL
) {strict};
CREATE INDEX decision_conversation ON decision (conversation, id);

CREATE TABLE work_item (
  id              {id},
  conversation    {int} NOT NULL REFERENCES conversation (id),
  channel         {int} NOT NULL REFERENCES channel (id),
  queue           {int} NOT NULL REFERENCES queue (id),
  mode            TEXT NOT NULL,   -- ask | push | pull
  state           TEXT NOT NULL,   -- queued | offered | connecting | active | held | deferred | wrapping | completed | abandoned | cancelled | dead_letter
  order_key       {int} NOT NULL,
  units           {int} NOT NULL,
  agent           {int} REFERENCES agent (id),
  preferred_agent {int} REFERENCES agent (id),
  excluded        TEXT NOT NULL DEFAULT '[]',
  rule_version    {int} NOT NULL,
  deferred_until  {int},
  entered_at      {int} NOT NULL,
  queued_at       {int} NOT NULL,
  assigned_at     {int},
  ended_at        {int},
  why             TEXT NOT NULL DEFAULT '{}'
) {strict};
CREATE UNIQUE INDEX work_item_live ON work_item (conversation)
  WHERE state IN ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping');
CREATE INDEX work_item_state ON work_item (state, queue, order_key)
  WHERE state IN ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping');
CREATE INDEX work_item_agent ON work_item (agent)
  WHERE state IN ('offered', 'connecting', 'active', 'held', 'wrapping');

CREATE TABLE offer (
  id         {id},
  work_item  {int} NOT NULL REFERENCES work_item (id),
  agent      {int} NOT NULL REFERENCES agent (id),
  state      TEXT NOT NULL,   -- pending | accepted | declined | expired | withdrawn
  reason     TEXT NOT NULL DEFAULT '',
  made_at    {int} NOT NULL,
  expires_at {int} NOT NULL,
  settled_at {int}
) {strict};
CREATE UNIQUE INDEX offer_live ON offer (work_item) WHERE state = 'pending';
CREATE INDEX offer_pending ON offer (agent, id) WHERE state = 'pending';
CREATE INDEX offer_item ON offer (work_item);
CREATE INDEX offer_due ON offer (expires_at) WHERE state = 'pending';

CREATE TABLE assignment (
  id           {id},
  work_item    {int} REFERENCES work_item (id),
  conversation {int} NOT NULL REFERENCES conversation (id),
  agent        {int} NOT NULL REFERENCES agent (id),
  how          TEXT NOT NULL,   -- push | offer | take | owner | transfer
  reason       TEXT NOT NULL DEFAULT '{}',
  started_at   {int} NOT NULL
) {strict};
CREATE INDEX assignment_conversation ON assignment (conversation, id);

CREATE TABLE routing_lease (
  domain     TEXT PRIMARY KEY,
  owner      TEXT NOT NULL,
  epoch      {int} NOT NULL,
  expires_at {int} NOT NULL
) {strict};

CREATE TABLE timer (
  id      {id},
  due     {int} NOT NULL,
  kind    TEXT NOT NULL,
  subject {int} NOT NULL,
  UNIQUE (kind, subject)
) {strict};
CREATE INDEX timer_due ON timer (due);

-- ------------------------------------------------------------------ what leaves
CREATE TABLE delivery (
  id           {id},
  entry        {int} NOT NULL REFERENCES timeline_entry (id),
  conversation {int} NOT NULL REFERENCES conversation (id),
  channel      {int} NOT NULL REFERENCES channel (id),
  identity     {int} NOT NULL REFERENCES identity (id),   -- the customer's address; consent is read from it
  part         {int} NOT NULL,
  parts        {int} NOT NULL,
  body         TEXT NOT NULL,      -- JSON: to, cc, subject, text, html, message ids
  state        TEXT NOT NULL,      -- queued | sending | sent | delivered | read | deferred | failed | unknown | stopped
  attempts     {int} NOT NULL DEFAULT 0,
  lease_until  {int},
  retry_at     {int},
  code         TEXT NOT NULL DEFAULT '',
  words        TEXT NOT NULL DEFAULT '',
  created_at   {int} NOT NULL,
  updated_at   {int} NOT NULL,
  UNIQUE (entry, part)
) {strict};
CREATE INDEX delivery_due ON delivery (channel, state, id) WHERE state IN ('queued', 'deferred', 'sending');
CREATE INDEX delivery_sending ON delivery (lease_until) WHERE state = 'sending';
CREATE INDEX delivery_conversation ON delivery (conversation, id) WHERE state IN ('queued', 'deferred', 'sending');

CREATE TABLE delivery_provider_id (
  channel     {int} NOT NULL REFERENCES channel (id),
  provider_id TEXT NOT NULL,
  delivery    {int} NOT NULL REFERENCES delivery (id),
  PRIMARY KEY (channel, provider_id)
) {strict};

CREATE TABLE receipt_pending (
  channel     {int} NOT NULL REFERENCES channel (id),
  provider_id TEXT NOT NULL,
  state       TEXT NOT NULL,
  data        TEXT NOT NULL,
  at          {int} NOT NULL,
  PRIMARY KEY (channel, provider_id, state)
) {strict};

-- ------------------------------------------------------------------ what screens follow
CREATE TABLE event (
  seq          {autoid},
  kind         TEXT NOT NULL,
  subject      {int} NOT NULL,
  conversation {int},
  contact      {int},
  queue        {int},
  agent        {int},
  data         TEXT NOT NULL DEFAULT '{}',
  at           {int} NOT NULL
) {strict};
