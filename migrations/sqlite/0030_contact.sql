-- +goose Up
-- What is known of the ways to reach somebody. customers.contact is the state of the mail address; here is why, since when, and until when
-- it rests from offers. A phone's state holds for the number it was found out about, phone_judged, and for no other.
ALTER TABLE customers ADD COLUMN contact_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN contact_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customers ADD COLUMN rest_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customers ADD COLUMN phone_contact TEXT NOT NULL DEFAULT '' CHECK (phone_contact IN ('','verified','dead'));
ALTER TABLE customers ADD COLUMN phone_judged TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN phone_at INTEGER NOT NULL DEFAULT 0;
-- Why an account is blank: '' its person wished it; the file nobody can reach, the prospect who went quiet; merged: it lives on in another.
ALTER TABLE customers ADD COLUMN erased_for TEXT NOT NULL DEFAULT '' CHECK (erased_for IN ('','unreachable','inactive','merged'));
ALTER TABLE customers ADD COLUMN merged_into INTEGER NOT NULL DEFAULT 0;
-- When the person last signed in, to the day.
ALTER TABLE customers ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX customers_merged ON customers(merged_into) WHERE merged_into <> 0;
-- What was heard of an address, in the order it was heard; its state is decided from these rows alone.
CREATE TABLE address_news (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  email_key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('hard','soft','works','again')),
  code TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL,
  send_id INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX address_news_address ON address_news(email_key, id);
-- Files that rest: nobody can be reached any more, or somebody who never bought went quiet. Blanked at due_at unless kept.
CREATE TABLE rests (
  customer_id INTEGER PRIMARY KEY REFERENCES customers(id) ON DELETE CASCADE,
  cause TEXT NOT NULL CHECK (cause IN ('unreachable','inactive')),
  since INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  kept_at INTEGER NOT NULL DEFAULT 0,
  kept_by TEXT NOT NULL DEFAULT '',
  kept_reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX rests_due ON rests(due_at);
-- Pairs of accounts that may be one person, with the evidence; low_id is the older.
CREATE TABLE duplicates (
  low_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  high_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  token TEXT NOT NULL UNIQUE,
  score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 100),
  evidence TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  refused_at INTEGER NOT NULL DEFAULT 0,
  refused_by TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (low_id, high_id),
  CHECK (low_id < high_id)
) STRICT;
CREATE INDEX duplicates_score ON duplicates(score) WHERE refused_at = 0;
CREATE INDEX duplicates_high ON duplicates(high_id);
-- How complete the register of customers was in a month of the shop's zone; the running month is counted again each day.
CREATE TABLE register_months (
  month TEXT NOT NULL,
  measure TEXT NOT NULL,
  have INTEGER NOT NULL,
  people INTEGER NOT NULL,
  counted_at INTEGER NOT NULL,
  PRIMARY KEY (month, measure)
) STRICT;
