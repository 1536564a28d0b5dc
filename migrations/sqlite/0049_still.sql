-- +goose Up
-- "Your cart is still here" was put away for a cart as it stood then (owner: cart); 0 = never.
ALTER TABLE carts ADD COLUMN quiet_at INTEGER NOT NULL DEFAULT 0;
-- What a person here has to do about a cart that was left, one a cart and cause (owner: outreach). It names nobody.
CREATE TABLE cart_tickets (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  cart_id INTEGER NOT NULL REFERENCES carts(id),
  cause TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  opened_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL DEFAULT 0,
  closed_by INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX cart_tickets_open ON cart_tickets(opened_at) WHERE closed_at = 0;
CREATE INDEX cart_tickets_cart ON cart_tickets(cart_id);
-- What a reminder of a cart answered first; '' = it named the goods (owner: outreach).
ALTER TABLE sends ADD COLUMN variant TEXT NOT NULL DEFAULT '';
