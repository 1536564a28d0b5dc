-- +goose Up
-- Dated rules by which goods cost less than their list price. Days are the shop's own, both inclusive, '' = open.
-- running: in force now; it is moved when a day begins, and the prices with it.
CREATE TABLE sales (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live','stopped')),
  running INTEGER NOT NULL DEFAULT FALSE,
  kind TEXT NOT NULL CHECK (kind IN ('percent','amount','fixed')),
  value INTEGER NOT NULL CHECK (value > 0),
  currency TEXT NOT NULL DEFAULT '',
  categories TEXT NOT NULL DEFAULT '[]',
  products TEXT NOT NULL DEFAULT '[]',
  variants TEXT NOT NULL DEFAULT '[]',
  starts_on TEXT NOT NULL DEFAULT '',
  ends_on TEXT NOT NULL DEFAULT '',
  priority INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  stopped_at INTEGER NOT NULL DEFAULT 0
) STRICT;
-- prices.amount is the price in force, was the earlier price to name beside it: both follow from what the merchant
-- wrote (list_amount, typed_was), the running sales and price_log. was_until: when was has to be looked at again,
-- since it rests on the merchant's word alone; 0 = never.
ALTER TABLE prices ADD COLUMN list_amount INTEGER NOT NULL DEFAULT 0 CHECK (list_amount >= 0);
ALTER TABLE prices ADD COLUMN typed_was INTEGER NOT NULL DEFAULT 0 CHECK (typed_was >= 0);
ALTER TABLE prices ADD COLUMN sale_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE prices ADD COLUMN was_until INTEGER NOT NULL DEFAULT 0;
UPDATE prices SET list_amount = amount, typed_was = was, was_until = CASE WHEN was > amount THEN 1 ELSE 0 END;
UPDATE prices SET was = 0 WHERE was <= amount;
CREATE INDEX prices_was ON prices(was_until) WHERE was_until > 0;
CREATE INDEX prices_sale ON prices(sale_id) WHERE sale_id > 0;
-- Which sale made the price, 0 = none: a sale that goes further keeps the earlier price of its first step.
ALTER TABLE price_log ADD COLUMN sale_id INTEGER NOT NULL DEFAULT 0;
-- Which class of the rates (setting tax.rates) goods and deliveries have.
ALTER TABLE products ADD COLUMN tax_class TEXT NOT NULL DEFAULT 'standard' CHECK (tax_class IN ('standard','reduced','zero'));
ALTER TABLE delivery_methods ADD COLUMN tax_class TEXT NOT NULL DEFAULT 'standard' CHECK (tax_class IN ('standard','reduced','zero'));
-- What was true at placement. tax_rate -1: an order from before rates were kept with it, or from another shop.
ALTER TABLE order_lines ADD COLUMN tax_class TEXT NOT NULL DEFAULT 'standard';
ALTER TABLE order_lines ADD COLUMN tax_rate INTEGER NOT NULL DEFAULT -1;
ALTER TABLE order_lines ADD COLUMN words TEXT NOT NULL DEFAULT '{"en":""}';
ALTER TABLE orders ADD COLUMN delivery_tax INTEGER NOT NULL DEFAULT 0 CHECK (delivery_tax >= 0);
ALTER TABLE orders ADD COLUMN delivery_rate INTEGER NOT NULL DEFAULT -1;
-- The name of a promotion as the shopper saw it.
ALTER TABLE redemptions ADD COLUMN name TEXT NOT NULL DEFAULT '{"en":""}';
