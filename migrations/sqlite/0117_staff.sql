-- +goose Up
-- Where staff are signed in, so that each sign-in can be seen and ended, and the links by which they choose a password.
CREATE TABLE staff_sessions (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  network TEXT NOT NULL DEFAULT '',
  agent TEXT NOT NULL DEFAULT '',
  began_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX staff_sessions_staff ON staff_sessions(staff_id, began_at);

CREATE TABLE staff_links (
  hash TEXT PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX staff_links_staff ON staff_links(staff_id);
