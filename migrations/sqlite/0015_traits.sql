-- +goose Up
-- What the shop concludes about people, by rules that staff read and edit, and what such people buy besides.
-- name, goods and who are words in both languages: "Fine equipment", "Laptops of this class", "people who choose fine equipment".
CREATE TABLE traits (
  key TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  goods TEXT NOT NULL DEFAULT '{"en":""}',
  who TEXT NOT NULL,
  rule TEXT NOT NULL DEFAULT '{}',
  expires_days INTEGER NOT NULL DEFAULT 0 CHECK (expires_days >= 0),
  active INTEGER NOT NULL DEFAULT TRUE,
  counted_at INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL
) STRICT;
-- Of people who hold the trait, bought took something of the category; expected as many, had they bought like others who buy as widely.
CREATE TABLE trait_links (
  trait TEXT NOT NULL REFERENCES traits(key) ON DELETE CASCADE,
  category_id INTEGER NOT NULL REFERENCES categories(id),
  source TEXT NOT NULL CHECK (source IN ('learned','author')),
  active INTEGER NOT NULL DEFAULT TRUE,
  reason TEXT NOT NULL DEFAULT '{"en":""}',
  people INTEGER NOT NULL DEFAULT 0,
  bought INTEGER NOT NULL DEFAULT 0,
  expected REAL NOT NULL DEFAULT 0,
  lift REAL NOT NULL DEFAULT 0,
  low REAL NOT NULL DEFAULT 0,
  high REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (trait, category_id)
) STRICT;
-- deleted_at: the person took it out; it stays out, whatever is bought later.
CREATE TABLE customer_traits (
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  trait TEXT NOT NULL REFERENCES traits(key) ON DELETE CASCADE,
  evidence TEXT NOT NULL DEFAULT '{"en":""}',
  order_number TEXT NOT NULL DEFAULT '',
  since INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL DEFAULT 0,
  confidence REAL NOT NULL DEFAULT 0,
  deleted_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (customer_id, trait)
) STRICT;
CREATE INDEX customer_traits_trait ON customer_traits(trait);
