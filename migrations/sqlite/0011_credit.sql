-- +goose Up
-- Gift cards and store credit. The balance is moved by guarded updates only, each with its row in credit_entries.
CREATE TABLE credits (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('card','credit')),
  token TEXT NOT NULL UNIQUE,
  code_hash TEXT UNIQUE CHECK (code_hash IS NULL OR length(code_hash) = 64),
  last4 TEXT NOT NULL DEFAULT '',
  customer_id INTEGER REFERENCES customers(id),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  value INTEGER NOT NULL DEFAULT 0 CHECK (value >= 0),
  balance INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
  order_id INTEGER NOT NULL DEFAULT 0,
  position INTEGER NOT NULL DEFAULT 0,
  unit INTEGER NOT NULL DEFAULT 0,
  email TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT 'en',
  blocked INTEGER NOT NULL DEFAULT FALSE,
  simulated INTEGER NOT NULL DEFAULT FALSE,
  issued_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((kind = 'card') = (code_hash IS NOT NULL)),
  CHECK ((kind = 'credit') = (customer_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX credits_customer ON credits(customer_id, currency) WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX credits_bought ON credits(order_id, position, unit) WHERE order_id > 0;
CREATE TABLE credit_entries (
  id INTEGER PRIMARY KEY,
  credit_id INTEGER NOT NULL REFERENCES credits(id),
  kind TEXT NOT NULL CHECK (kind IN ('issued','spent','returned','expired','adjusted')),
  amount INTEGER NOT NULL CHECK (amount <> 0),
  balance INTEGER NOT NULL CHECK (balance >= 0),
  key TEXT NOT NULL UNIQUE,
  order_id INTEGER NOT NULL DEFAULT 0,
  actor TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX credit_entries_credit ON credit_entries(credit_id, id);
CREATE INDEX credit_entries_order ON credit_entries(order_id) WHERE order_id > 0;
-- Cards that a cart will be paid with.
CREATE TABLE cart_credits (
  cart_id INTEGER NOT NULL REFERENCES carts(id),
  credit_id INTEGER NOT NULL REFERENCES credits(id),
  at INTEGER NOT NULL,
  PRIMARY KEY (cart_id, credit_id)
) STRICT;
-- Money that staff saw arrive for a payment which no provider tells of.
CREATE TABLE payment_receipts (
  id INTEGER PRIMARY KEY,
  payment_id INTEGER NOT NULL REFERENCES payments(id),
  key TEXT NOT NULL UNIQUE,
  amount INTEGER NOT NULL CHECK (amount > 0),
  actor TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_receipts_payment ON payment_receipts(payment_id);
-- A product whose units are gift cards.
ALTER TABLE products ADD COLUMN gift_card INTEGER NOT NULL DEFAULT FALSE;
-- An order that is paid where it arrives: it may leave the house before.
ALTER TABLE orders ADD COLUMN at_door INTEGER NOT NULL DEFAULT FALSE;
