-- +goose Up
-- Searches that people keep (owner: lookout). print is a fingerprint of all that makes two of one person the same; filters an address's
-- query in one spelling; seen JSON, the ids of what was there when its person was last told, or switched telling on.
CREATE TABLE saved_searches (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  print TEXT NOT NULL,
  name TEXT NOT NULL,
  lang TEXT NOT NULL,
  currency TEXT NOT NULL,
  shelf INTEGER NOT NULL DEFAULT 0,
  words TEXT NOT NULL DEFAULT '',
  exact INTEGER NOT NULL DEFAULT FALSE,
  filters TEXT NOT NULL DEFAULT '',
  tell INTEGER NOT NULL DEFAULT FALSE,
  seen TEXT NOT NULL DEFAULT '[]',
  seen_at INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX saved_searches_same ON saved_searches(customer_id, print);
CREATE INDEX saved_searches_due ON saved_searches(next_at) WHERE tell;
