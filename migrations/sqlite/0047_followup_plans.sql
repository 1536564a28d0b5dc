-- +goose Up
-- The plans of the follow-up in the order in which they first decided something; a send keeps the one it was decided under.
CREATE TABLE followup_plans (
  version INTEGER PRIMARY KEY,
  words TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL
) STRICT;
ALTER TABLE sends ADD COLUMN plan INTEGER NOT NULL DEFAULT 0;
