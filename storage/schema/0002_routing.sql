-- The routing engine: skills, plans, capacity by kind, calendars, deadlines, what explains and counts.
-- Written as 0001: times are microseconds since 1970 UTC, JSON is text.

-- ------------------------------------------------------------------ who can do what
CREATE TABLE skill (
  id         {id},
  name       TEXT NOT NULL UNIQUE,
  title      TEXT NOT NULL DEFAULT '{}',      -- language -> words
  created_at {int} NOT NULL
) {strict};

CREATE TABLE agent_skill (
  agent {int} NOT NULL REFERENCES agent (id),
  skill {int} NOT NULL REFERENCES skill (id),
  level {int} NOT NULL,                       -- 1 to 5
  PRIMARY KEY (agent, skill)
) {strict};
CREATE INDEX agent_skill_skill ON agent_skill (skill);

ALTER TABLE agent ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';   -- channel kind -> most items at once
ALTER TABLE agent ADD COLUMN soft {int} NOT NULL DEFAULT 0;       -- of used: units of interruptible items that are not parked
ALTER TABLE agent ADD COLUMN parked {int} NOT NULL DEFAULT 0;     -- of used: units of interrupted (held) items
ALTER TABLE agent ADD COLUMN last_assigned {int} NOT NULL DEFAULT 0;
ALTER TABLE agent_state_log ADD COLUMN actor TEXT NOT NULL DEFAULT '';

-- How long an agent takes for a queue's work, against everybody: measured nightly, in thousandths.
CREATE TABLE agent_pace (
  agent    {int} NOT NULL REFERENCES agent (id),
  queue    {int} NOT NULL REFERENCES queue (id),
  permille {int} NOT NULL,
  turns    {int} NOT NULL,
  at       {int} NOT NULL,
  PRIMARY KEY (agent, queue)
) {strict};

-- ------------------------------------------------------------------ a turn on its way
ALTER TABLE work_item ADD COLUMN plan TEXT NOT NULL DEFAULT '{}';        -- steps, overflow: routing/plan.py
ALTER TABLE work_item ADD COLUMN step {int} NOT NULL DEFAULT 0;
ALTER TABLE work_item ADD COLUMN step_until {int};                       -- when the next step begins
ALTER TABLE work_item ADD COLUMN interruptible {bool} NOT NULL DEFAULT FALSE;
ALTER TABLE work_item ADD COLUMN weight {int} NOT NULL DEFAULT 100;      -- hundredths
ALTER TABLE work_item ADD COLUMN target {int};                           -- wait to aim at; NULL: the queue's
ALTER TABLE work_item ADD COLUMN preferred_at {int};                     -- when the last agent last answered
ALTER TABLE work_item ADD COLUMN wrap_until {int};
ALTER TABLE work_item ADD COLUMN hops {int} NOT NULL DEFAULT 0;          -- moves made by rules and plans
ALTER TABLE work_item ADD COLUMN answered_at {int};                      -- a person's first reply in this turn
ALTER TABLE offer ADD COLUMN why TEXT NOT NULL DEFAULT '{}';             -- candidates, the first five with their costs, who was left out

-- What befell a turn, in order: steps, overflow, deferral, priority, moves. Append-only.
CREATE TABLE item_log (
  id        {id},
  work_item {int} NOT NULL REFERENCES work_item (id),
  what      TEXT NOT NULL,     -- step | overflow | deflect | requeue | defer | priority | held | resumed | wrap | missed
  actor     TEXT NOT NULL,     -- hub | user:ID
  data      TEXT NOT NULL DEFAULT '{}',
  at        {int} NOT NULL
) {strict};
CREATE INDEX item_log_item ON item_log (work_item, id);

-- What the rules were asked about, message text left out: for the dry run.
ALTER TABLE decision ADD COLUMN inputs TEXT NOT NULL DEFAULT '{}';
CREATE INDEX decision_at ON decision (at, id);
CREATE INDEX decision_item ON decision (work_item) WHERE work_item IS NOT NULL;

-- ------------------------------------------------------------------ business time
CREATE TABLE calendar (
  id         {id},
  name       TEXT NOT NULL UNIQUE,
  body       TEXT NOT NULL,                   -- zone, week, holidays, feeds, exceptions: as declared
  version    {int} NOT NULL DEFAULT 1,
  updated_at {int} NOT NULL
) {strict};

-- Days that an iCalendar feed says to differ from the week.
CREATE TABLE calendar_day (
  calendar  {int} NOT NULL REFERENCES calendar (id),
  day       TEXT NOT NULL,                    -- YYYY-MM-DD, Gregorian, in the calendar's zone
  source    TEXT NOT NULL,                    -- feed:URL
  intervals TEXT NOT NULL DEFAULT '[]',       -- ["00:00-12:00"]: what of the week's hours stays; empty: closed
  name      TEXT NOT NULL DEFAULT '',
  at        {int} NOT NULL,
  PRIMARY KEY (calendar, day, source)
) {strict};

-- "Closed today from ..": what a supervisor says, stronger than anything declared.
CREATE TABLE calendar_closure (
  id        {id},
  calendar  {int} NOT NULL REFERENCES calendar (id),
  starts_at {int} NOT NULL,
  ends_at   {int} NOT NULL,
  reason    TEXT NOT NULL DEFAULT '',
  by_whom   TEXT NOT NULL,
  at        {int} NOT NULL
) {strict};
CREATE INDEX calendar_closure_calendar ON calendar_closure (calendar, ends_at);

CREATE TABLE calendar_feed (
  calendar   {int} NOT NULL REFERENCES calendar (id),
  url        TEXT NOT NULL,
  etag       TEXT NOT NULL DEFAULT '',
  tried_at   {int} NOT NULL DEFAULT 0,
  fetched_at {int},
  error      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (calendar, url)
) {strict};

CREATE TABLE sla_policy (
  id         {id},
  name       TEXT NOT NULL UNIQUE,
  body       TEXT NOT NULL,
  updated_at {int} NOT NULL
) {strict};

CREATE TABLE sla_deadline (
  id           {id},
  conversation {int} NOT NULL REFERENCES conversation (id),
  work_item    {int} REFERENCES work_item (id),
  kind         TEXT NOT NULL,     -- answer | first_reply | next_reply | resolution
  policy       TEXT NOT NULL,     -- name, or rule:ID where a rule says it itself
  calendar     TEXT NOT NULL DEFAULT '',      -- name; empty: always open
  state        TEXT NOT NULL,     -- running | paused | met | cancelled
  target       {int} NOT NULL,    -- business microseconds
  warn         {int} NOT NULL,    -- likewise: how many until the warning
  acts         TEXT NOT NULL DEFAULT '{}',    -- what a warning and a breach do
  used         {int} NOT NULL DEFAULT 0,      -- business microseconds before started_at: what ran before a pause
  started_at   {int} NOT NULL,    -- of this running stretch
  paused_at    {int},
  due_at       {int},             -- NULL while paused, or where the calendar never opens again
  warn_at      {int},
  version      {int} NOT NULL DEFAULT 0,      -- of the calendar by which due_at was worked out
  warned_at    {int},
  breached_at  {int},
  met_at       {int},
  created_at   {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX sla_deadline_open ON sla_deadline (conversation, kind) WHERE state IN ('running', 'paused');
CREATE INDEX sla_deadline_next ON sla_deadline ((CASE WHEN warned_at IS NULL THEN warn_at ELSE due_at END))
  WHERE state = 'running' AND breached_at IS NULL;
CREATE INDEX sla_deadline_resolution ON sla_deadline (conversation) WHERE kind = 'resolution';
CREATE INDEX sla_deadline_cancelled ON sla_deadline (conversation) WHERE state = 'cancelled';

-- ------------------------------------------------------------------ what no person writes
CREATE TABLE template (
  id         {id},
  name       TEXT NOT NULL UNIQUE,
  body       TEXT NOT NULL,       -- language -> {subject?, text, html?}
  updated_at {int} NOT NULL
) {strict};

-- Asked for with the message that it answers, settled once by hub/automatic.py. Append-only but for that.
CREATE TABLE automatic_send (
  id           {id},
  conversation {int} NOT NULL REFERENCES conversation (id),
  identity     {int} NOT NULL REFERENCES identity (id),
  answers      {int} NOT NULL,             -- the entry that it answers
  template     TEXT NOT NULL,
  cause        TEXT NOT NULL,              -- rule | closed | deflect
  state        TEXT NOT NULL DEFAULT 'wanted',  -- wanted | sent | refused
  address      TEXT NOT NULL DEFAULT '',   -- where it went
  entry        {int},
  refused      TEXT NOT NULL DEFAULT '',   -- why not: a code of hub/automatic.py
  wanted_at    {int} NOT NULL,
  at           {int} NOT NULL,             -- when it was settled
  UNIQUE (answers, template)
) {strict};
CREATE INDEX automatic_send_wanted ON automatic_send (id) WHERE state = 'wanted';
CREATE INDEX automatic_send_conversation ON automatic_send (conversation, id);
CREATE INDEX automatic_send_address ON automatic_send (address, at) WHERE state = 'sent';

-- ------------------------------------------------------------------ what customers were told of their wait
CREATE TABLE wait_estimate (
  work_item {int} PRIMARY KEY REFERENCES work_item (id),
  queue     {int} NOT NULL,
  kind      TEXT NOT NULL,        -- channel kind
  position  {int} NOT NULL,       -- the smallest shown so far
  predicted {int} NOT NULL,       -- microseconds: what was expected when first told; 0: no range was told
  low       {int} NOT NULL,
  high      {int} NOT NULL,
  at        {int} NOT NULL,
  actual    {int},                -- microseconds from at to the answer; NULL: not yet, or abandoned
  ended_at  {int}
) {strict};
CREATE INDEX wait_estimate_recent ON wait_estimate (queue, ended_at) WHERE actual IS NOT NULL;
CREATE INDEX wait_estimate_open ON wait_estimate (work_item) WHERE ended_at IS NULL;
CREATE INDEX work_item_assigned ON work_item (queue, assigned_at) WHERE assigned_at IS NOT NULL;

CREATE INDEX work_item_entered ON work_item (entered_at, id);
CREATE INDEX work_item_ended ON work_item (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX work_item_step ON work_item (step_until) WHERE step_until IS NOT NULL AND state IN ('queued', 'offered');
CREATE INDEX work_item_deferred ON work_item (deferred_until) WHERE state = 'deferred';
CREATE INDEX work_item_wrap ON work_item (wrap_until) WHERE state = 'wrapping';
CREATE INDEX timeline_resolved ON timeline_entry (recorded_at, id) WHERE kind = 'resolved';
