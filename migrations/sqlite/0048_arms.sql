-- +goose Up
-- From when on which share of people goes without follow-up, and why; never changed, a new row a change (owner: outreach).
CREATE TABLE followup_runs (
  id INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  held INTEGER NOT NULL CHECK (held BETWEEN 0 AND 5000),
  planned INTEGER NOT NULL,
  salt TEXT NOT NULL,
  why TEXT NOT NULL,
  since INTEGER NOT NULL,
  UNIQUE (simulated, number)
) STRICT;
-- On which side the person of a cart was when it rested: one row a cart and rest. person is a hash of the address under the
-- run's salt, and stays with the account (owner: outreach).
CREATE TABLE followup_arms (
  id INTEGER PRIMARY KEY,
  cart_id INTEGER NOT NULL REFERENCES carts(id),
  active_at INTEGER NOT NULL,
  run_id INTEGER NOT NULL REFERENCES followup_runs(id),
  person TEXT NOT NULL,
  customer_id INTEGER REFERENCES customers(id),
  arm TEXT NOT NULL CHECK (arm IN ('treat','held')),
  share INTEGER NOT NULL,
  merged INTEGER NOT NULL DEFAULT FALSE,
  simulated INTEGER NOT NULL,
  assigned_at INTEGER NOT NULL,
  UNIQUE (cart_id, active_at)
) STRICT;
CREATE INDEX followup_arms_person ON followup_arms(person, run_id);
CREATE INDEX followup_arms_customer ON followup_arms(customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX followup_arms_run ON followup_arms(run_id, assigned_at);
-- What both sides of a run brought, summed up anew each time (owner: analytics).
CREATE TABLE followup_tests (
  run_id INTEGER NOT NULL,
  arm TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  measure TEXT NOT NULL,
  people INTEGER NOT NULL,
  with_any INTEGER NOT NULL,
  raw_sum REAL NOT NULL,
  raw_sq REAL NOT NULL,
  raw_cross REAL NOT NULL,
  capped_sum REAL NOT NULL,
  capped_sq REAL NOT NULL,
  capped_cross REAL NOT NULL,
  before_sum REAL NOT NULL,
  before_sq REAL NOT NULL,
  counted_at INTEGER NOT NULL,
  PRIMARY KEY (run_id, arm, measure)
) STRICT;
-- Staff who want the weekly report by mail (owner: outreach).
CREATE TABLE report_readers (
  staff_id INTEGER PRIMARY KEY,
  lang TEXT NOT NULL CHECK (lang IN ('en','zh')),
  since INTEGER NOT NULL
) STRICT;
CREATE INDEX mail_links_restored ON mail_links(cart_id, used_at) WHERE purpose = 'restore' AND used_at > 0;
