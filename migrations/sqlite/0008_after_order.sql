-- +goose Up
-- When staff began to pack an order: until then its shopper may cancel it or change where it goes.
ALTER TABLE orders ADD COLUMN packing_at INTEGER NOT NULL DEFAULT 0;
-- Units of a hold that left the house in parcels; all of them once its state is shipped.
ALTER TABLE holds ADD COLUMN shipped INTEGER NOT NULL DEFAULT 0 CHECK (shipped >= 0 AND shipped <= qty);
-- Parcels of an order: what left the house together, and where to follow it.
CREATE TABLE shipments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  position INTEGER NOT NULL CHECK (position > 0),
  carrier TEXT NOT NULL DEFAULT '',
  tracking TEXT NOT NULL DEFAULT '',
  url TEXT NOT NULL DEFAULT '',
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (order_id, position)
) STRICT;
CREATE TABLE shipment_lines (
  shipment_id INTEGER NOT NULL REFERENCES shipments(id),
  line_id INTEGER NOT NULL REFERENCES order_lines(id),
  qty INTEGER NOT NULL CHECK (qty > 0),
  PRIMARY KEY (shipment_id, line_id)
) STRICT;
CREATE INDEX shipment_lines_line ON shipment_lines(line_id);
-- Invoices are counted without a gap within a year, in the transaction that makes an order paid.
CREATE TABLE invoice_years (
  year INTEGER PRIMARY KEY,
  last INTEGER NOT NULL CHECK (last > 0)
) STRICT;
CREATE TABLE invoices (
  order_id INTEGER PRIMARY KEY REFERENCES orders(id),
  year INTEGER NOT NULL,
  seq INTEGER NOT NULL CHECK (seq > 0),
  issued_at INTEGER NOT NULL,
  UNIQUE (year, seq)
) STRICT;
