-- +goose Up
-- What led a visit to the shop, as it stood when the cart started: no person, no number of a browser (owner: cart).
CREATE TABLE cart_arrivals (
  cart_id INTEGER PRIMARY KEY REFERENCES carts(id),
  channel TEXT NOT NULL,
  referrer TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',
  medium TEXT NOT NULL DEFAULT '',
  campaign TEXT NOT NULL DEFAULT '',
  landing TEXT NOT NULL DEFAULT '',
  entry TEXT NOT NULL DEFAULT '',
  browser TEXT NOT NULL DEFAULT '',
  version TEXT NOT NULL DEFAULT '',
  arm TEXT NOT NULL DEFAULT ''
) STRICT;
-- What the facts of a cart say besides; derived like the rest of them.
ALTER TABLE cart_facts ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN referrer TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN campaign TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN landing TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN entry TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN promise TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE cart_facts ADD COLUMN arm TEXT NOT NULL DEFAULT '';
-- What was asked for when it was gone.
CREATE INDEX events_gone ON events(at, product_id) WHERE kind = 'stock.lost';
ALTER TABLE cart_facts ADD COLUMN followup TEXT NOT NULL DEFAULT '';
-- Whose goods went on in another cart.
CREATE INDEX cart_steps_restored ON cart_steps(detail) WHERE kind = 'restored';
