-- +goose Up
-- What a unit costs the shop, in the shop's own currency; NULL = nobody said. An order's line keeps what was true then.
ALTER TABLE variants ADD COLUMN cost INTEGER CHECK (cost >= 0);
ALTER TABLE order_lines ADD COLUMN unit_cost INTEGER CHECK (unit_cost >= 0);
-- Which place of the shop a line came from: slot/arm/page, '' = none (package slot). Steps of kind 'add' say it in detail.
ALTER TABLE cart_lines ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE order_lines ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- How a place is tested; without a row it holds five of a hundred people back. held is in hundredths of a percent.
CREATE TABLE slots (
  key TEXT PRIMARY KEY,
  held INTEGER NOT NULL CHECK (held BETWEEN 0 AND 5000),
  salt TEXT NOT NULL,
  planned INTEGER NOT NULL DEFAULT 0 CHECK (planned >= 0),
  since INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL
) STRICT;

-- One row a day of the shop's zone, place and arm, and of the home page also one a segment (page); recounted, never
-- patched. shown and clicks of days whose events are gone stay as they were counted.
CREATE TABLE slot_days (
  day TEXT NOT NULL,
  slot TEXT NOT NULL,
  page TEXT NOT NULL,
  arm TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  shown INTEGER NOT NULL,
  clicks INTEGER NOT NULL,
  adds INTEGER NOT NULL,
  orders INTEGER NOT NULL,
  units INTEGER NOT NULL,
  revenue INTEGER NOT NULL,
  margin INTEGER NOT NULL,
  costed INTEGER NOT NULL,
  currency TEXT NOT NULL,
  counted_at INTEGER NOT NULL,
  PRIMARY KEY (day, slot, page, arm, simulated)
) STRICT;

-- The two sides of each test as sums over their people: what they brought (yield: margin or revenue, as measure says;
-- capped), what they brought before the test, and how often they clicked.
CREATE TABLE slot_tests (
  slot TEXT NOT NULL,
  page TEXT NOT NULL,
  arm TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  measure TEXT NOT NULL CHECK (measure IN ('margin','revenue')),
  people INTEGER NOT NULL,
  buyers INTEGER NOT NULL,
  clickers INTEGER NOT NULL,
  yield_sum REAL NOT NULL,
  capped_sum REAL NOT NULL,
  capped_sq REAL NOT NULL,
  before_sum REAL NOT NULL,
  before_sq REAL NOT NULL,
  both_sum REAL NOT NULL,
  clicks_sum REAL NOT NULL,
  clicks_sq REAL NOT NULL,
  since INTEGER NOT NULL,
  counted_at INTEGER NOT NULL,
  PRIMARY KEY (slot, page, arm, simulated)
) STRICT;
