-- +goose Up
-- Needs of a person that come back each year (owner: occasion). found: concluded from orders, a copy but for the person's words (state, name,
-- moved_*, deleted_at); told: from a date of theirs (date_token). feast '' = the calendar day month/day. remind_at: when it is next brought up, 0 = not.
CREATE TABLE occasions (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  source TEXT NOT NULL CHECK (source IN ('found','told')),
  state TEXT NOT NULL CHECK (state IN ('candidate','asked','confirmed','not-again')),
  feast TEXT NOT NULL DEFAULT '',
  shift INTEGER NOT NULL DEFAULT 0,
  month INTEGER NOT NULL DEFAULT 0 CHECK (month BETWEEN 0 AND 12),
  day INTEGER NOT NULL DEFAULT 0 CHECK (day BETWEEN 0 AND 31),
  kinds TEXT NOT NULL DEFAULT '[]',
  evidence TEXT NOT NULL DEFAULT '[]',
  years INTEGER NOT NULL DEFAULT 0,
  of_years INTEGER NOT NULL DEFAULT 0,
  confidence REAL NOT NULL DEFAULT 0,
  name TEXT NOT NULL DEFAULT '',
  moved_month INTEGER NOT NULL DEFAULT 0 CHECK (moved_month BETWEEN 0 AND 12),
  moved_day INTEGER NOT NULL DEFAULT 0 CHECK (moved_day BETWEEN 0 AND 31),
  date_token TEXT NOT NULL DEFAULT '',
  remind_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX occasions_customer ON occasions(customer_id);
CREATE INDEX occasions_due ON occasions(remind_at) WHERE remind_at > 0;
CREATE UNIQUE INDEX occasions_date ON occasions(date_token) WHERE date_token <> '';

-- One reminder an occasion and year. It outlives the occasion: nobody is reminded of the same weeks twice. on_day: midnight in UTC of the day it is about.
CREATE TABLE occasion_years (
  id INTEGER PRIMARY KEY,
  occasion_id INTEGER NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  year INTEGER NOT NULL,
  on_day INTEGER NOT NULL,
  products TEXT NOT NULL DEFAULT '[]',
  answer_hash TEXT NOT NULL UNIQUE,
  answer TEXT NOT NULL DEFAULT '' CHECK (answer IN ('','yes','no')),
  told_at INTEGER NOT NULL,
  answered_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX occasion_years_once ON occasion_years(occasion_id, year);
CREATE INDEX occasion_years_customer ON occasion_years(customer_id, on_day);

-- What the orders of everybody say of a kind of goods: a copy, made each night (owner: occasion).
CREATE TABLE occasion_kinds (
  category_id INTEGER PRIMARY KEY REFERENCES categories(id) ON DELETE CASCADE,
  season TEXT NOT NULL,
  rate REAL NOT NULL,
  gift INTEGER NOT NULL,
  pairs INTEGER NOT NULL,
  again INTEGER NOT NULL,
  chance REAL NOT NULL,
  recurs REAL NOT NULL,
  learned_at INTEGER NOT NULL
) STRICT;
