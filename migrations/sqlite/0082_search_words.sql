-- +goose Up
-- Words are found in memory, of search_documents: the text index of the database goes.
DROP TABLE search_terms;
-- What sold of a product lately, roughly, so that documents change seldom (owner: search, written by SetSold).
CREATE TABLE search_sold (
  product_id INTEGER PRIMARY KEY,
  units INTEGER NOT NULL
) STRICT;
-- What words mean in this shop (owner: search): "a = b" or "a > b" in text; lang '' = in both languages.
CREATE TABLE search_rules (
  id INTEGER PRIMARY KEY,
  lang TEXT NOT NULL,
  text TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (lang, text)
) STRICT;
-- Products that stand first for a query, words folded as search does; 0 = no end. products is JSON of ids in their order.
CREATE TABLE search_pins (
  id INTEGER PRIMARY KEY,
  lang TEXT NOT NULL,
  words TEXT NOT NULL,
  typed TEXT NOT NULL,
  products TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  UNIQUE (lang, words)
) STRICT;
-- What was looked for in vain or mended, a row a day, without a trace of who typed it. visitors counts different ones of the day.
CREATE TABLE search_misses (
  day TEXT NOT NULL,
  lang TEXT NOT NULL,
  words TEXT NOT NULL,
  kind TEXT NOT NULL,
  times INTEGER NOT NULL,
  visitors INTEGER NOT NULL,
  nearest TEXT NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (words, lang, kind, day)
) STRICT;
CREATE INDEX search_misses_day ON search_misses (day);
