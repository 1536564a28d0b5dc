-- +goose Up
-- What was sold on each day, along each of the things a report asks by: all of it (key ''), a product and a category by
-- their ids, the segment somebody is in today, a promotion by its id. Counted from the paid orders' lines, in the shop's
-- currency; a day is counted again as a whole.
CREATE TABLE sold_days (
  day TEXT NOT NULL,
  dim TEXT NOT NULL,
  key TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  orders INTEGER NOT NULL,
  units INTEGER NOT NULL,
  revenue INTEGER NOT NULL,
  margin INTEGER NOT NULL,
  costed INTEGER NOT NULL,
  off INTEGER NOT NULL,
  currency TEXT NOT NULL,
  counted_at INTEGER NOT NULL,
  PRIMARY KEY (dim, simulated, day, key)
) STRICT;
CREATE INDEX refunds_at ON refunds(at);
