-- +goose Up
-- Prices that the shop publishes for a group: a segment, or a tier. percent is off the list price, in hundredths of a
-- percent; 0 = only what the entries name.
CREATE TABLE price_lists (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live','stopped')),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  segment TEXT NOT NULL DEFAULT '',
  tier TEXT NOT NULL DEFAULT '',
  percent INTEGER NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 9999),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK (segment <> '' OR tier <> '')
) STRICT;
CREATE TABLE price_list_entries (
  list_id INTEGER NOT NULL REFERENCES price_lists(id),
  variant_id INTEGER NOT NULL REFERENCES variants(id) ON DELETE CASCADE,
  amount INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (list_id, variant_id)
) STRICT;
CREATE INDEX price_list_entries_variant ON price_list_entries(variant_id);
-- What a price list took off a line of an order, under the name it had then.
CREATE TABLE line_members (
  order_id INTEGER NOT NULL REFERENCES orders(id),
  position INTEGER NOT NULL,
  list_id INTEGER NOT NULL REFERENCES price_lists(id),
  name TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  sensitive INTEGER NOT NULL DEFAULT FALSE,
  PRIMARY KEY (order_id, position)
) STRICT;
