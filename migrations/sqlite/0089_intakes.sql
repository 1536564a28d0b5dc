-- +goose Up
-- A file that staff bring in through the office (owner: exchange). columns is JSON: our name of a column → that of the file; looked
-- and result are JSON of exchange.Summary, of the look and of the import; failure is what to say where the file as a whole is refused.
CREATE TABLE intakes (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('products','stock')),
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('columns','looking','looked','running','done','undoing','undone','failed')),
  format TEXT NOT NULL DEFAULT '',
  columns TEXT,
  bytes INTEGER NOT NULL,
  read INTEGER NOT NULL DEFAULT 0,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  looked TEXT,
  result TEXT,
  failure TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  undone_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX intakes_created ON intakes (created_at);
-- The file itself, gzip; let go of after a month.
CREATE TABLE intake_files (
  intake_id INTEGER PRIMARY KEY REFERENCES intakes (id),
  body BLOB NOT NULL
) STRICT;
-- A product as it was before an intake changed it: JSON, rows of our own format; made = the intake made it. version is that after the
-- change: only a product that nobody touched since is put back.
CREATE TABLE intake_before (
  intake_id INTEGER NOT NULL REFERENCES intakes (id),
  code TEXT NOT NULL,
  made INTEGER NOT NULL,
  rows TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (intake_id, code)
) STRICT;
