-- +goose Up
-- What staff know about a day: a chart without it would be read wrongly.
CREATE TABLE report_notes (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  day TEXT NOT NULL,
  body TEXT NOT NULL,
  staff_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX report_notes_day ON report_notes(day);
-- Filters of the report under a name.
CREATE TABLE report_views (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  query TEXT NOT NULL,
  staff_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
