-- +goose Up
-- Who wants to be told when something is there again. A guest's address stands here while they wait, and no longer.
CREATE TABLE restock_asks (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  customer_id INTEGER REFERENCES customers(id),
  email TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT 'en',
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','told','ended')),
  reason TEXT NOT NULL DEFAULT '',
  simulated INTEGER NOT NULL DEFAULT FALSE,
  asked_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX restock_owner ON restock_asks(variant_id, customer_id) WHERE state = 'waiting' AND customer_id IS NOT NULL;
CREATE UNIQUE INDEX restock_guest ON restock_asks(variant_id, email) WHERE state = 'waiting' AND customer_id IS NULL;
CREATE INDEX restock_queue ON restock_asks(variant_id, asked_at) WHERE state = 'waiting';
CREATE INDEX restock_told ON restock_asks(variant_id, ended_at) WHERE state = 'told';
CREATE INDEX restock_customer ON restock_asks(customer_id);
CREATE INDEX restock_email ON restock_asks(email) WHERE email <> '';

-- Goods that were taken out of a cart to be bought another time. They are in no cart, so no report calls them abandoned.
CREATE TABLE saved_lines (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  customer_id INTEGER REFERENCES customers(id),
  visitor_id INTEGER REFERENCES visitors(id),
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  qty INTEGER NOT NULL CHECK (qty BETWEEN 1 AND 99),
  currency TEXT NOT NULL,
  seen_price INTEGER NOT NULL DEFAULT 0,
  saved_at INTEGER NOT NULL,
  CHECK ((customer_id IS NULL) <> (visitor_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX saved_owner ON saved_lines(customer_id, variant_id) WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX saved_visitor ON saved_lines(visitor_id, variant_id) WHERE visitor_id IS NOT NULL;
