-- +goose Up
-- Where a banner stands. The CHECK of place knows two places and cannot be widened on SQLite, so spot is what is read; place is
-- only kept filled.
ALTER TABLE banners ADD COLUMN spot TEXT NOT NULL DEFAULT 'banner.home' CHECK (spot IN ('banner.home','banner.category','banner.cart'));
UPDATE banners SET spot = place;
