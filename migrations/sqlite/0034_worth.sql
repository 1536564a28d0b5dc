-- +goose Up
-- Of net: what has a cost frozen with its order, and what that left after tax and goods; lost is what goods cost that nobody paid for in the end. Counts of 365 days.
ALTER TABLE customer_values ADD COLUMN costed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer_values ADD COLUMN earned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer_values ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer_values ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer_values ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX customer_values_net ON customer_values(net, customer_id);
CREATE INDEX customer_values_spending ON customer_values(spending, customer_id);
CREATE INDEX customer_values_contribution ON customer_values(contribution, customer_id);
-- How class and tier of somebody changed, only ever added to. since is when it became true by the facts, at when it was noted; numbers is JSON, what it was decided from.
CREATE TABLE value_moves (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('class','tier','notice')),
  was TEXT NOT NULL,
  became TEXT NOT NULL,
  cause TEXT NOT NULL,
  since INTEGER NOT NULL,
  at INTEGER NOT NULL,
  numbers TEXT NOT NULL
) STRICT;
CREATE INDEX value_moves_customer ON value_moves(customer_id, kind, id);
CREATE INDEX value_moves_at ON value_moves(at);
INSERT INTO value_moves (customer_id, kind, was, became, cause, since, at, numbers)
  SELECT customer_id, 'tier', '', tier, 'kept', since, since, '{}' FROM customer_tiers ORDER BY customer_id;
INSERT INTO value_moves (customer_id, kind, was, became, cause, since, at, numbers)
  SELECT v.customer_id, 'class', '', v.class, 'kept', m.made_at, m.made_at, '{}' FROM customer_values v JOIN value_models m ON m.version = v.version ORDER BY v.customer_id;
