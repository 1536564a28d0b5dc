-- +goose Up
-- What may cost less, when, for whom and how often. Days are the shop's own, as 2026-11-22; '' = open.
CREATE TABLE promotions (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live','stopped')),
  kind TEXT NOT NULL CHECK (kind IN ('percent','amount','fixed','bundle','delivery')),
  value INTEGER NOT NULL DEFAULT 0 CHECK (value >= 0),
  currency TEXT NOT NULL DEFAULT '',
  buy INTEGER NOT NULL DEFAULT 0 CHECK (buy >= 0),
  free INTEGER NOT NULL DEFAULT 0 CHECK (free >= 0),
  min_subtotal INTEGER NOT NULL DEFAULT 0 CHECK (min_subtotal >= 0),
  categories TEXT NOT NULL DEFAULT '[]',
  products TEXT NOT NULL DEFAULT '[]',
  segments TEXT NOT NULL DEFAULT '[]',
  tiers TEXT NOT NULL DEFAULT '[]',
  starts_on TEXT NOT NULL DEFAULT '',
  ends_on TEXT NOT NULL DEFAULT '',
  needs_code INTEGER NOT NULL DEFAULT FALSE,
  limit_all INTEGER NOT NULL DEFAULT 0 CHECK (limit_all >= 0),
  limit_person INTEGER NOT NULL DEFAULT 0 CHECK (limit_person >= 0),
  priority INTEGER NOT NULL DEFAULT 0,
  exclusive INTEGER NOT NULL DEFAULT FALSE,
  used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK (limit_all = 0 OR used <= limit_all)
) STRICT;
CREATE TABLE promotion_codes (
  id INTEGER PRIMARY KEY,
  promotion_id INTEGER NOT NULL REFERENCES promotions(id),
  code TEXT NOT NULL UNIQUE,
  batch TEXT NOT NULL DEFAULT '',
  limit_all INTEGER NOT NULL DEFAULT 0 CHECK (limit_all >= 0),
  used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
  created_at INTEGER NOT NULL,
  CHECK (limit_all = 0 OR used <= limit_all)
) STRICT;
CREATE INDEX promotion_codes_batch ON promotion_codes(promotion_id, batch, id);
-- One row a promotion and order. slot: its place within the limit while the order stands; 0 once the order
-- ended (released), and for an order that was paid late and stands again (late).
CREATE TABLE redemptions (
  id INTEGER PRIMARY KEY,
  promotion_id INTEGER NOT NULL REFERENCES promotions(id),
  code_id INTEGER NOT NULL DEFAULT 0,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  customer_id INTEGER NOT NULL DEFAULT 0,
  person TEXT NOT NULL,
  slot INTEGER NOT NULL DEFAULT 0 CHECK (slot >= 0),
  state TEXT NOT NULL CHECK (state IN ('held','released','late')),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  day TEXT NOT NULL,
  starts_on TEXT NOT NULL DEFAULT '',
  ends_on TEXT NOT NULL DEFAULT '',
  exclusive INTEGER NOT NULL DEFAULT FALSE,
  limit_person INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  UNIQUE (order_id, promotion_id),
  CHECK ((slot > 0) = (state = 'held'))
) STRICT;
CREATE UNIQUE INDEX redemptions_slot ON redemptions(promotion_id, slot) WHERE slot > 0;
CREATE INDEX redemptions_person ON redemptions(promotion_id, person);
CREATE INDEX redemptions_customer ON redemptions(customer_id);
-- What a promotion took off a line of an order, and whether that line was of sensitive goods, which may not be.
CREATE TABLE line_discounts (
  order_id INTEGER NOT NULL REFERENCES orders(id),
  position INTEGER NOT NULL,
  promotion_id INTEGER NOT NULL REFERENCES promotions(id),
  amount INTEGER NOT NULL CHECK (amount > 0),
  sensitive INTEGER NOT NULL DEFAULT FALSE,
  words TEXT NOT NULL DEFAULT '{"en":""}',
  PRIMARY KEY (order_id, position, promotion_id)
) STRICT;
ALTER TABLE carts ADD COLUMN coupon TEXT NOT NULL DEFAULT '';
