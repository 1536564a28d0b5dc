-- +goose Up
-- What was sold on each day, along each of the things a report asks by: all of it (key ''), a product and a category by
-- their ids, the segment somebody is in today, a promotion by its id. Counted from the paid orders' lines, in the shop's
-- currency; a day is counted again as a whole.
CREATE TABLE sold_days (
  day TEXT NOT NULL,
  dim TEXT NOT NULL,
  key TEXT NOT NULL,
  simulated BOOLEAN NOT NULL,
  orders BIGINT NOT NULL,
  units BIGINT NOT NULL,
  revenue BIGINT NOT NULL,
  margin BIGINT NOT NULL,
  costed BIGINT NOT NULL,
  off BIGINT NOT NULL,
  currency TEXT NOT NULL,
  counted_at BIGINT NOT NULL,
  PRIMARY KEY (dim, simulated, day, key)
);
CREATE INDEX refunds_at ON refunds(at);
