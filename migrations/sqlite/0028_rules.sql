-- +goose Up
-- What a segment is for, whether it has a home page, and whether its rule is still asked.
ALTER TABLE segments ADD COLUMN purpose TEXT NOT NULL DEFAULT 'audience' CHECK (purpose IN ('audience','exclusion','service'));
ALTER TABLE segments ADD COLUMN pageless INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE segments ADD COLUMN archived_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
-- When somebody's segments change next although nothing happens (0: never). The row is also the lock of deciding them.
CREATE TABLE segment_turns (
  customer_id INTEGER PRIMARY KEY REFERENCES customers(id) ON DELETE CASCADE,
  due_at INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX segment_turns_due ON segment_turns(due_at) WHERE due_at > 0;
-- Who came into a segment or left it, when, and through what.
CREATE TABLE segment_moves (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  segment TEXT NOT NULL,
  entered INTEGER NOT NULL,
  cause TEXT NOT NULL CHECK (cause IN ('profile','order','cart','behaviour','question','time','rule','rebuild')),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX segment_moves_customer ON segment_moves(customer_id, id);
CREATE INDEX segment_moves_segment ON segment_moves(segment, at);
-- How far the logs of orders, carts, behaviour and questions were followed.
CREATE TABLE segment_tails (
  source TEXT PRIMARY KEY,
  entry INTEGER NOT NULL
) STRICT;
CREATE INDEX events_done ON events(kind, at, customer_id) WHERE customer_id <> 0;
CREATE INDEX customers_updated ON customers(updated_at);
CREATE INDEX customer_tiers_since ON customer_tiers(since);
CREATE INDEX orders_kept ON orders(customer_id, placed_at) WHERE customer_id IS NOT NULL AND state <> 'cancelled' AND payment_state IN ('paid', 'partly-refunded');
