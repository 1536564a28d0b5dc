-- +goose Up
-- The second factor of staff: its secret sealed under the shop's, and recovery codes as keyed hashes.
CREATE TABLE staff_factors (
  staff_id INTEGER PRIMARY KEY REFERENCES staff(id),
  sealed BLOB NOT NULL,
  last_step INTEGER NOT NULL DEFAULT 0,
  confirmed_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE staff_recoveries (
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (staff_id, hash)
) STRICT;
