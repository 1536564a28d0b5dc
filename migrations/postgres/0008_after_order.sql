-- +goose Up
-- When staff began to pack an order: until then its shopper may cancel it or change where it goes.
ALTER TABLE orders ADD COLUMN packing_at BIGINT NOT NULL DEFAULT 0;
