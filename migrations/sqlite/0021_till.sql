-- +goose Up
-- What the shopper would like to get for goods that come back.
ALTER TABLE returns ADD COLUMN wish TEXT NOT NULL DEFAULT '' CHECK (wish IN ('','refund','replacement','credit'));
-- Of a refund: what was not sent, but is owed to the shopper as this credit.
ALTER TABLE refunds ADD COLUMN credited INTEGER NOT NULL DEFAULT 0 CHECK (credited >= 0);
ALTER TABLE refunds ADD COLUMN credit_id INTEGER NOT NULL DEFAULT 0;
CREATE INDEX payment_ops_refund ON payment_ops(refund_id) WHERE refund_id > 0;
-- The hour of the shop's day until which an order leaves the same day (0: none), and the version that a form has seen.
ALTER TABLE delivery_methods ADD COLUMN cutoff INTEGER NOT NULL DEFAULT 0 CHECK (cutoff BETWEEN 0 AND 23);
ALTER TABLE delivery_methods ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- What a delivery costs from an amount of goods on; below the first one it costs delivery_methods.price.
CREATE TABLE delivery_bands (
  code TEXT NOT NULL,
  currency TEXT NOT NULL,
  from_amount INTEGER NOT NULL CHECK (from_amount > 0),
  price INTEGER NOT NULL CHECK (price >= 0),
  PRIMARY KEY (code, currency, from_amount),
  FOREIGN KEY (code, currency) REFERENCES delivery_methods(code, currency)
) STRICT;
-- Tax rates are kept in thousandths of a percent, since some places have three digits (8.875 %). The rates of earlier
-- orders mean the same in the new unit; no amount changes.
UPDATE order_lines SET tax_rate = tax_rate * 10 WHERE tax_rate > 0;
UPDATE orders SET delivery_rate = delivery_rate * 10 WHERE delivery_rate > 0;
-- What somebody did that no shopper does, counted by day and place. Nothing here was typed by anybody.
CREATE TABLE alarms (
  kind TEXT NOT NULL CHECK (kind IN ('cards','order','hoard','codes','fields')),
  subject TEXT NOT NULL,
  day TEXT NOT NULL,
  times INTEGER NOT NULL CHECK (times > 0),
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, subject, day)
) STRICT;
CREATE INDEX alarms_last ON alarms(last_at);
