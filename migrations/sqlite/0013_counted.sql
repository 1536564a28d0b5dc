-- +goose Up
-- Since when a variant is counted without a break: an order placed after that holds its units (doctor: S5).
-- Of orders before this release nobody knows.
ALTER TABLE stock ADD COLUMN counted_since INTEGER NOT NULL DEFAULT 0;
UPDATE stock SET counted_since = coalesce((SELECT max(placed_at) FROM orders), 0);
