-- +goose Up
-- Filters of a list under a name: somebody's own, or everybody's (whose 0).
CREATE TABLE staff_views (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  list TEXT NOT NULL,
  whose INTEGER NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  made_by INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (list, whose, name)
) STRICT;
-- The view with which a list opens for somebody.
CREATE TABLE staff_first_views (
  staff_id INTEGER NOT NULL,
  list TEXT NOT NULL,
  token TEXT NOT NULL,
  PRIMARY KEY (staff_id, list)
) STRICT;
INSERT INTO staff_views (token, list, whose, name, query, made_by, created_at)
  SELECT token, 'abandonment', 0, name, query, staff_id, created_at FROM report_views;
DROP TABLE report_views;
