-- +goose Up
-- What the shop sells, and how much of it there is.
-- Times are Unix milliseconds UTC, 0 = never. Texts in two languages are JSON {"en","zh"}.
CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE categories (
  id INTEGER PRIMARY KEY,
  parent_id INTEGER REFERENCES categories(id),
  code TEXT NOT NULL DEFAULT '',
  slug TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL DEFAULT 0,
  hue INTEGER NOT NULL DEFAULT 70,
  form TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  help TEXT NOT NULL DEFAULT '{"en":""}',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX categories_parent ON categories(parent_id, position);

CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  category_id INTEGER REFERENCES categories(id),
  brand TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  line TEXT NOT NULL DEFAULT '{"en":""}',
  about TEXT NOT NULL DEFAULT '{"en":""}',
  synonyms TEXT NOT NULL DEFAULT '',
  published INTEGER NOT NULL DEFAULT FALSE,
  published_at INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  tier TEXT NOT NULL DEFAULT 'good' CHECK (tier IN ('plain','good','fine')),
  durable INTEGER NOT NULL DEFAULT FALSE,
  refill_days INTEGER NOT NULL DEFAULT 0,
  sensitive INTEGER NOT NULL DEFAULT FALSE,
  gift INTEGER NOT NULL DEFAULT FALSE,
  digital INTEGER NOT NULL DEFAULT FALSE,
  max_qty INTEGER NOT NULL DEFAULT 0,
  moments TEXT NOT NULL DEFAULT '[]',
  position INTEGER NOT NULL DEFAULT 0,
  imported INTEGER NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX products_category ON products(category_id, published, position);
CREATE INDEX products_new ON products(published, published_at);

CREATE TABLE product_options (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  choices TEXT NOT NULL,
  UNIQUE (product_id, code)
) STRICT;

CREATE TABLE variants (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id),
  sku TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL DEFAULT 0,
  choices TEXT NOT NULL DEFAULT '{}',
  accent TEXT NOT NULL DEFAULT '',
  active INTEGER NOT NULL DEFAULT TRUE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX variants_product ON variants(product_id, position);

-- The price in force. price_log is its history: append-only, the truth for "what was it then".
CREATE TABLE prices (
  variant_id INTEGER NOT NULL REFERENCES variants(id) ON DELETE CASCADE,
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  was INTEGER NOT NULL DEFAULT 0 CHECK (was >= 0),
  since INTEGER NOT NULL,
  PRIMARY KEY (variant_id, currency)
) STRICT;
CREATE TABLE price_log (
  id INTEGER PRIMARY KEY,
  variant_id INTEGER NOT NULL REFERENCES variants(id) ON DELETE CASCADE,
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX price_log_variant ON price_log(variant_id, currency, at);

CREATE TABLE product_images (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  src TEXT NOT NULL,
  alt TEXT NOT NULL DEFAULT '{"en":""}',
  UNIQUE (product_id, position)
) STRICT;

CREATE TABLE product_facts (
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  value_code TEXT NOT NULL,
  value TEXT NOT NULL,
  facet INTEGER NOT NULL DEFAULT FALSE,
  PRIMARY KEY (product_id, key, value_code)
) STRICT;
CREATE INDEX product_facts_facet ON product_facts(key, value_code) WHERE facet;

CREATE TABLE relations (
  id INTEGER PRIMARY KEY,
  from_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  to_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  premise TEXT NOT NULL DEFAULT '{"en":""}',
  source TEXT NOT NULL DEFAULT 'author' CHECK (source IN ('author','data','rule')),
  weight REAL NOT NULL DEFAULT 1,
  UNIQUE (from_id, to_id, kind)
) STRICT;

-- Former addresses answer 301.
CREATE TABLE old_slugs (
  kind TEXT NOT NULL CHECK (kind IN ('product','category')),
  slug TEXT NOT NULL,
  target_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (kind, slug)
) STRICT;

-- Inventory. reserved = open holds + paid units not shipped yet.
CREATE TABLE stock (
  variant_id INTEGER PRIMARY KEY REFERENCES variants(id) ON DELETE CASCADE,
  tracked INTEGER NOT NULL DEFAULT TRUE,
  on_hand INTEGER NOT NULL DEFAULT 0,
  reserved INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL,
  CHECK (on_hand >= 0), CHECK (reserved >= 0), CHECK (NOT tracked OR reserved <= on_hand)
) STRICT;
CREATE TABLE stock_movements (
  id INTEGER PRIMARY KEY,
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  qty INTEGER NOT NULL CHECK (qty <> 0),
  reason TEXT NOT NULL CHECK (reason IN ('opening','received','shipped','returned','written-off','counted')),
  ref TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX stock_movements_variant ON stock_movements(variant_id, at);
CREATE TABLE holds (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  qty INTEGER NOT NULL CHECK (qty > 0),
  state TEXT NOT NULL CHECK (state IN ('open','committed','shipped','released','expired')),
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (order_id, variant_id)
) STRICT;
CREATE INDEX holds_due ON holds(expires_at) WHERE state = 'open';
