-- +goose Up
-- What the shop concludes about people, by rules that staff read and edit, and what such people buy besides.
-- name, goods and who are words in both languages: "Fine equipment", "Laptops of this class", "people who choose fine equipment".
CREATE TABLE traits (
  key TEXT PRIMARY KEY,
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  goods TEXT NOT NULL DEFAULT '{"en":""}',
  who TEXT NOT NULL,
  rule TEXT NOT NULL DEFAULT '{}',
  expires_days BIGINT NOT NULL DEFAULT 0 CHECK (expires_days >= 0),
  active BOOLEAN NOT NULL DEFAULT TRUE,
  counted_at BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL
);
-- Of people who hold the trait, bought took something of the category; expected as many, had they bought like others who buy as widely.
CREATE TABLE trait_links (
  trait TEXT NOT NULL REFERENCES traits(key) ON DELETE CASCADE,
  category_id BIGINT NOT NULL REFERENCES categories(id),
  source TEXT NOT NULL CHECK (source IN ('learned','author')),
  active BOOLEAN NOT NULL DEFAULT TRUE,
  reason TEXT NOT NULL DEFAULT '{"en":""}',
  people BIGINT NOT NULL DEFAULT 0,
  bought BIGINT NOT NULL DEFAULT 0,
  expected DOUBLE PRECISION NOT NULL DEFAULT 0,
  lift DOUBLE PRECISION NOT NULL DEFAULT 0,
  low DOUBLE PRECISION NOT NULL DEFAULT 0,
  high DOUBLE PRECISION NOT NULL DEFAULT 0,
  PRIMARY KEY (trait, category_id)
);
-- deleted_at: the person took it out; it stays out, whatever is bought later.
CREATE TABLE customer_traits (
  customer_id BIGINT NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  trait TEXT NOT NULL REFERENCES traits(key) ON DELETE CASCADE,
  evidence TEXT NOT NULL DEFAULT '{"en":""}',
  order_number TEXT NOT NULL DEFAULT '',
  since BIGINT NOT NULL DEFAULT 0,
  expires_at BIGINT NOT NULL DEFAULT 0,
  confidence DOUBLE PRECISION NOT NULL DEFAULT 0,
  deleted_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (customer_id, trait)
);
CREATE INDEX customer_traits_trait ON customer_traits(trait);
