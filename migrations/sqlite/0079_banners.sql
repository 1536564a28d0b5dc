-- +goose Up
-- A strip on a page of the shop that leads to a shelf (owner: campaign). audience '' is for anybody; cost is in minor units of the
-- shop's currency, cost_mille that of a thousand views. Nothing here names a person.
CREATE TABLE banners (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  place TEXT NOT NULL CHECK (place IN ('banner.home','banner.category')),
  title TEXT NOT NULL,
  words TEXT NOT NULL,
  label TEXT NOT NULL,
  shelf TEXT NOT NULL,
  audience TEXT NOT NULL DEFAULT '',
  starts_on TEXT NOT NULL DEFAULT '',
  ends_on TEXT NOT NULL DEFAULT '',
  cost_fixed INTEGER NOT NULL DEFAULT 0 CHECK (cost_fixed >= 0),
  cost_mille INTEGER NOT NULL DEFAULT 0 CHECK (cost_mille >= 0),
  active INTEGER NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
