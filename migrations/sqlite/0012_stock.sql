-- +goose Up
-- Where goods lie. stock.on_hand is the sum over the places that sell online.
CREATE TABLE locations (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  sells INTEGER NOT NULL DEFAULT TRUE,
  position INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
INSERT INTO locations (id, code, name, sells, position, created_at) VALUES (1, 'main', '{"en":"Main stock","zh":"主仓"}', TRUE, 0, 0);

-- The one row that selling takes from. beyond = units that may be promised beyond what is there (back-order and
-- preorder); ready_at = the day staff named for them; expected_at = the earliest open incoming delivery.
CREATE TABLE stock_next (
  variant_id INTEGER PRIMARY KEY REFERENCES variants(id) ON DELETE CASCADE,
  tracked INTEGER NOT NULL DEFAULT TRUE,
  on_hand INTEGER NOT NULL DEFAULT 0,
  reserved INTEGER NOT NULL DEFAULT 0,
  policy TEXT NOT NULL DEFAULT 'deny' CHECK (policy IN ('deny','backorder','preorder')),
  beyond INTEGER NOT NULL DEFAULT 0,
  ready_at INTEGER NOT NULL DEFAULT 0,
  expected_at INTEGER NOT NULL DEFAULT 0,
  reorder_at INTEGER NOT NULL DEFAULT 0 CHECK (reorder_at >= 0),
  updated_at INTEGER NOT NULL,
  CHECK (on_hand >= 0), CHECK (reserved >= 0), CHECK (beyond >= 0), CHECK (policy <> 'deny' OR beyond = 0),
  CHECK (NOT tracked OR reserved <= on_hand + beyond)
) STRICT;
INSERT INTO stock_next (variant_id, tracked, on_hand, reserved, updated_at) SELECT variant_id, tracked, on_hand, reserved, updated_at FROM stock;
DROP TABLE stock;
ALTER TABLE stock_next RENAME TO stock;

CREATE TABLE stock_places (
  variant_id INTEGER NOT NULL REFERENCES variants(id) ON DELETE CASCADE,
  location_id INTEGER NOT NULL REFERENCES locations(id),
  on_hand INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
  PRIMARY KEY (variant_id, location_id)
) STRICT;
INSERT INTO stock_places (variant_id, location_id, on_hand) SELECT variant_id, 1, on_hand FROM stock WHERE on_hand > 0;

CREATE TABLE stock_movements_next (
  id INTEGER PRIMARY KEY,
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  location_id INTEGER NOT NULL DEFAULT 1 REFERENCES locations(id),
  qty INTEGER NOT NULL CHECK (qty <> 0),
  reason TEXT NOT NULL CHECK (reason IN ('opening','received','shipped','returned','written-off','counted','moved')),
  ref TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL
) STRICT;
INSERT INTO stock_movements_next (id, variant_id, location_id, qty, reason, ref, key, at) SELECT id, variant_id, 1, qty, reason, ref, key, at FROM stock_movements;
DROP TABLE stock_movements;
ALTER TABLE stock_movements_next RENAME TO stock_movements;
CREATE INDEX stock_movements_variant ON stock_movements(variant_id, at);

-- Goods that are on their way to us.
CREATE TABLE incoming (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  location_id INTEGER NOT NULL REFERENCES locations(id),
  qty INTEGER NOT NULL CHECK (qty > 0),
  received INTEGER NOT NULL DEFAULT 0 CHECK (received >= 0),
  expected_at INTEGER NOT NULL DEFAULT 0,
  supplier TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX incoming_variant ON incoming(variant_id) WHERE closed_at = 0;

-- What a bundle is made of: units of each variant in one of it.
CREATE TABLE components (
  bundle_id INTEGER NOT NULL REFERENCES variants(id) ON DELETE CASCADE,
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  qty INTEGER NOT NULL CHECK (qty > 0),
  position INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (bundle_id, variant_id),
  CHECK (bundle_id <> variant_id)
) STRICT;
CREATE INDEX components_variant ON components(variant_id);
-- The same as an order bought it; its holds name the components.
CREATE TABLE hold_parts (
  order_id INTEGER NOT NULL,
  bundle_id INTEGER NOT NULL REFERENCES variants(id),
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  qty INTEGER NOT NULL CHECK (qty > 0),
  PRIMARY KEY (order_id, bundle_id, variant_id)
) STRICT;

-- Units of a hold that were not there when it was made, and when they were expected then (0 = nobody knew).
ALTER TABLE holds ADD COLUMN late INTEGER NOT NULL DEFAULT 0 CHECK (late >= 0 AND late <= qty);
ALTER TABLE holds ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX holds_variant ON holds(variant_id, created_at);
