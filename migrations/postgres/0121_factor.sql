-- +goose Up
-- The second factor of staff: its secret sealed under the shop's, and recovery codes as keyed hashes.
CREATE TABLE staff_factors (
  staff_id BIGINT PRIMARY KEY REFERENCES staff(id),
  sealed BYTEA NOT NULL,
  last_step BIGINT NOT NULL DEFAULT 0,
  confirmed_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);

CREATE TABLE staff_recoveries (
  staff_id BIGINT NOT NULL REFERENCES staff(id),
  hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (staff_id, hash)
);
