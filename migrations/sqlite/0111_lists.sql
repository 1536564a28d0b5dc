-- +goose Up
-- What an account wants to buy, kept by name (owner: shoplist). look_at is when the sweep of reminders looks next, due_at the day
-- it is about; both 0 without a reminder. dropped_at > 0: deleted, and can be put back for a week.
CREATE TABLE shop_lists (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  name TEXT NOT NULL,
  weeks INTEGER NOT NULL DEFAULT 0 CHECK (weeks BETWEEN 0 AND 26),
  due_at INTEGER NOT NULL DEFAULT 0,
  look_at INTEGER NOT NULL DEFAULT 0,
  dropped_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX shop_lists_customer ON shop_lists(customer_id);
CREATE INDEX shop_lists_look ON shop_lists(look_at) WHERE look_at > 0;
CREATE INDEX shop_lists_dropped ON shop_lists(dropped_at) WHERE dropped_at > 0;
CREATE TABLE shop_list_lines (
  id INTEGER PRIMARY KEY,
  list_id INTEGER NOT NULL REFERENCES shop_lists(id),
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  qty INTEGER NOT NULL CHECK (qty BETWEEN 1 AND 99),
  note TEXT NOT NULL DEFAULT '',
  added_at INTEGER NOT NULL,
  UNIQUE (list_id, variant_id)
) STRICT;
CREATE INDEX shop_list_lines_variant ON shop_list_lines(variant_id);
