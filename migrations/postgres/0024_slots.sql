-- +goose Up
-- What a unit costs the shop, in the shop's own currency; NULL = nobody said. An order's line keeps what was true then.
ALTER TABLE variants ADD COLUMN cost BIGINT CHECK (cost >= 0);
ALTER TABLE order_lines ADD COLUMN unit_cost BIGINT CHECK (unit_cost >= 0);
-- Which place of the shop a line came from: slot/arm/page, '' = none (package slot). Steps of kind 'add' say it in detail.
ALTER TABLE cart_lines ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE order_lines ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- How a place is tested; without a row it holds five of a hundred people back. held is in hundredths of a percent.
CREATE TABLE slots (
  key TEXT PRIMARY KEY,
  held BIGINT NOT NULL CHECK (held BETWEEN 0 AND 5000),
  salt TEXT NOT NULL,
  planned BIGINT NOT NULL DEFAULT 0 CHECK (planned >= 0),
  since BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL
);

-- One row a day of the shop's zone, place and arm, and of the home page also one a segment (page); recounted, never
-- patched. shown and clicks of days whose events are gone stay as they were counted.
CREATE TABLE slot_days (
  day TEXT NOT NULL,
  slot TEXT NOT NULL,
  page TEXT NOT NULL,
  arm TEXT NOT NULL,
  simulated BOOLEAN NOT NULL,
  shown BIGINT NOT NULL,
  clicks BIGINT NOT NULL,
  adds BIGINT NOT NULL,
  orders BIGINT NOT NULL,
  units BIGINT NOT NULL,
  revenue BIGINT NOT NULL,
  margin BIGINT NOT NULL,
  costed BIGINT NOT NULL,
  currency TEXT NOT NULL,
  counted_at BIGINT NOT NULL,
  PRIMARY KEY (day, slot, page, arm, simulated)
);

-- The two sides of each test as sums over their people: what they brought (yield: margin or revenue, as measure says;
-- capped), what they brought before the test, and how often they clicked.
CREATE TABLE slot_tests (
  slot TEXT NOT NULL,
  page TEXT NOT NULL,
  arm TEXT NOT NULL,
  simulated BOOLEAN NOT NULL,
  measure TEXT NOT NULL CHECK (measure IN ('margin','revenue')),
  people BIGINT NOT NULL,
  buyers BIGINT NOT NULL,
  clickers BIGINT NOT NULL,
  yield_sum DOUBLE PRECISION NOT NULL,
  capped_sum DOUBLE PRECISION NOT NULL,
  capped_sq DOUBLE PRECISION NOT NULL,
  before_sum DOUBLE PRECISION NOT NULL,
  before_sq DOUBLE PRECISION NOT NULL,
  both_sum DOUBLE PRECISION NOT NULL,
  clicks_sum DOUBLE PRECISION NOT NULL,
  clicks_sq DOUBLE PRECISION NOT NULL,
  since BIGINT NOT NULL,
  counted_at BIGINT NOT NULL,
  PRIMARY KEY (slot, page, arm, simulated)
);
