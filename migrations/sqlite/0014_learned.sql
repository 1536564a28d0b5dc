-- +goose Up
-- The last entry of the order history that a model's training has seen: what
-- was paid later is learned on top of it. 0 = not known.
ALTER TABLE models ADD COLUMN through INTEGER NOT NULL DEFAULT 0;
