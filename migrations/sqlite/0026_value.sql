-- +goose Up
-- What the loyalty tiers asked for, from an instant until the next row's. Amounts are JSON: currency → minor units.
CREATE TABLE tier_rules (
  id INTEGER PRIMARY KEY,
  since INTEGER NOT NULL,
  loyal_orders INTEGER NOT NULL,
  loyal_spend TEXT NOT NULL,
  very_orders INTEGER NOT NULL,
  very_spend TEXT NOT NULL
) STRICT;
-- Tiers that staff gave. ended_at is the planned end, or when staff ended it before.
CREATE TABLE tier_grants (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  tier TEXT NOT NULL CHECK (tier IN ('loyal','very-loyal')),
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  since INTEGER NOT NULL,
  ended_at INTEGER NOT NULL CHECK (ended_at >= since)
) STRICT;
CREATE INDEX tier_grants_customer ON tier_grants(customer_id);
-- Copy of what orders, rules and grants decide, for lists and counts; whoever has no row is occasional. due_at: when time alone may change it.
CREATE TABLE customer_tiers (
  customer_id INTEGER PRIMARY KEY REFERENCES customers(id) ON DELETE CASCADE,
  tier TEXT NOT NULL CHECK (tier IN ('occasional','loyal','very-loyal')),
  earned TEXT NOT NULL CHECK (earned IN ('occasional','loyal','very-loyal')),
  since INTEGER NOT NULL,
  falls_to TEXT NOT NULL DEFAULT '',
  falls_at INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_tiers_due ON customer_tiers(due_at);
CREATE INDEX customer_tiers_tier ON customer_tiers(tier);
-- Copy of what a customer is worth by the model of that version; amounts in the shop's currency.
CREATE TABLE customer_values (
  customer_id INTEGER PRIMARY KEY REFERENCES customers(id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  class TEXT NOT NULL CHECK (class IN ('A','B','C','N','D')),
  recency INTEGER NOT NULL,
  frequency INTEGER NOT NULL,
  net INTEGER NOT NULL,
  net_before INTEGER NOT NULL,
  net_ever INTEGER NOT NULL,
  contribution INTEGER NOT NULL,
  r INTEGER NOT NULL CHECK (r BETWEEN 1 AND 5),
  f INTEGER NOT NULL CHECK (f BETWEEN 1 AND 5),
  m INTEGER NOT NULL CHECK (m BETWEEN 1 AND 5),
  counts TEXT NOT NULL,
  spending INTEGER NOT NULL,
  alive INTEGER NOT NULL CHECK (alive BETWEEN 0 AND 10000),
  departments INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_values_class ON customer_values(class, net);
-- The model behind them: what it found, from how many, with which cuts; kept as JSON.
CREATE TABLE value_models (
  version INTEGER PRIMARY KEY,
  made_at INTEGER NOT NULL,
  definition TEXT NOT NULL,
  found TEXT NOT NULL
) STRICT;
