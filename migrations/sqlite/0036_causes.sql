-- +goose Up
-- What stood in the way of a cart, and what it was shown: a record of the shop's, without a person (owner: cart).
CREATE TABLE cart_frictions (
  id INTEGER PRIMARY KEY,
  cart_id INTEGER NOT NULL REFERENCES carts(id),
  kind TEXT NOT NULL CHECK (kind IN ('shown','coupon','form','stock','price','search','error','policy','forced','told')),
  at INTEGER NOT NULL,
  amount INTEGER NOT NULL DEFAULT 0,
  extra INTEGER NOT NULL DEFAULT 0,
  days INTEGER NOT NULL DEFAULT 0,
  detail TEXT NOT NULL DEFAULT '',
  key TEXT UNIQUE
) STRICT;
CREATE INDEX cart_frictions_at ON cart_frictions(at);
CREATE INDEX cart_frictions_cart ON cart_frictions(cart_id, at);

-- One row a cart of the report, and of those left out with why; derived, recounted, never patched (owner: analytics).
CREATE TABLE cart_facts (
  cart_id INTEGER PRIMARY KEY,
  day TEXT NOT NULL,
  hour INTEGER NOT NULL,
  weekday INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  excluded TEXT NOT NULL,
  definition INTEGER NOT NULL,
  started INTEGER NOT NULL,
  checkout INTEGER NOT NULL,
  abandoned INTEGER NOT NULL,
  converted INTEGER NOT NULL,
  recovered INTEGER NOT NULL,
  by_mail INTEGER NOT NULL,
  by_link INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  reach INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  checkout_at INTEGER NOT NULL,
  contact_at INTEGER NOT NULL,
  delivery_at INTEGER NOT NULL,
  payment_at INTEGER NOT NULL,
  converted_at INTEGER NOT NULL,
  left_at INTEGER NOT NULL,
  value INTEGER NOT NULL,
  net INTEGER NOT NULL,
  refunded INTEGER NOT NULL,
  items INTEGER NOT NULL,
  band TEXT NOT NULL,
  lang TEXT NOT NULL,
  currency TEXT NOT NULL,
  device TEXT NOT NULL,
  country TEXT NOT NULL,
  buyer TEXT NOT NULL,
  login TEXT NOT NULL,
  department TEXT NOT NULL,
  product_id INTEGER NOT NULL,
  delivery TEXT NOT NULL,
  payment TEXT NOT NULL,
  coupon TEXT NOT NULL,
  shortage TEXT NOT NULL,
  asked TEXT NOT NULL,
  waited INTEGER NOT NULL,
  cause TEXT NOT NULL,
  rule TEXT NOT NULL,
  about TEXT NOT NULL,
  amount INTEGER NOT NULL
) STRICT;
CREATE INDEX cart_facts_day ON cart_facts(day);

CREATE INDEX questions_created ON questions(created_at);
