-- +goose Up
-- A product as it stood before a change (owner: catalog). number is the version it had; body is JSON of catalog.Draft; by_staff is who changed
-- it, 0 where no person of the shop did; way is how: office, restore, import, undo, or '' where nobody said.
CREATE TABLE product_versions (
  product_id BIGINT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  by_staff BIGINT NOT NULL DEFAULT 0,
  way TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL,
  PRIMARY KEY (product_id, number)
);
-- Products that are gone for good: their address answers 410 instead of 404, and names what follows them.
CREATE TABLE product_ends (
  product_id BIGINT PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
  at BIGINT NOT NULL
);
