-- +goose Up
-- A code that was given to one person, for some goods, until a moment: whoever else types it gets nothing by it, and no
-- line goes below what it must bring (owner: pricing). ref: what it was given with, so that it is given once.
CREATE TABLE code_bounds (
  id INTEGER PRIMARY KEY,
  code_id INTEGER NOT NULL UNIQUE REFERENCES promotion_codes(id),
  ref TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL DEFAULT 0,
  person TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  CHECK (until > made_at)
) STRICT;
CREATE INDEX code_bounds_person ON code_bounds(person, made_at);
CREATE INDEX code_bounds_customer ON code_bounds(customer_id, made_at) WHERE customer_id > 0;
CREATE TABLE code_goods (
  code_id INTEGER NOT NULL REFERENCES code_bounds(code_id),
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  least INTEGER NOT NULL CHECK (least > 0),
  PRIMARY KEY (code_id, variant_id)
) STRICT;
