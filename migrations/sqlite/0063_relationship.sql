-- +goose Up
-- What a message of consent says (a fingerprint; '' = none), its row of the contact matrix, what it is expected to bring
-- (minor units of the shop's currency) and until when it is worth sending (0 = always). Owner: outreach.
ALTER TABLE sends ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE sends ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE sends ADD COLUMN worth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sends ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
-- How somebody wants to hear from the shop, by address, so that guests have a say too. '' and 0 are the shop's own (owner: outreach).
CREATE TABLE mail_preferences (
  email_key TEXT PRIMARY KEY,
  off_topics TEXT NOT NULL DEFAULT '',
  on_topics TEXT NOT NULL DEFAULT '',
  avoided TEXT NOT NULL DEFAULT '',
  per_month INTEGER NOT NULL DEFAULT 0,
  hour INTEGER NOT NULL DEFAULT -1,
  paused_until INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL
) STRICT;
