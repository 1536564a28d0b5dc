-- +goose Up
-- Refunds that staff decided: how much, of what and why. Each is one operation a payment it draws on.
CREATE TABLE refunds (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  key TEXT NOT NULL UNIQUE,
  amount INTEGER NOT NULL CHECK (amount > 0),
  delivery INTEGER NOT NULL DEFAULT 0 CHECK (delivery >= 0),
  tax INTEGER NOT NULL DEFAULT 0 CHECK (tax >= 0),
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX refunds_order ON refunds(order_id);
CREATE TABLE refund_lines (
  refund_id INTEGER NOT NULL REFERENCES refunds(id),
  line_id INTEGER NOT NULL REFERENCES order_lines(id),
  qty INTEGER NOT NULL CHECK (qty > 0),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (refund_id, line_id)
) STRICT;
CREATE INDEX refund_lines_line ON refund_lines(line_id);
-- 0: all of it, at the order's end; -1: a second payment that no order could take.
ALTER TABLE payment_ops ADD COLUMN refund_id INTEGER NOT NULL DEFAULT 0;
-- Units of a line that were refunded, and that lie in returns which were not refused; delivery that was refunded.
ALTER TABLE order_lines ADD COLUMN refunded_qty INTEGER NOT NULL DEFAULT 0 CHECK (refunded_qty >= 0);
ALTER TABLE order_lines ADD COLUMN returned_qty INTEGER NOT NULL DEFAULT 0 CHECK (returned_qty >= 0);
ALTER TABLE orders ADD COLUMN delivery_refunded INTEGER NOT NULL DEFAULT 0 CHECK (delivery_refunded >= 0);
-- The order whose goods this one replaces for nothing; 0: none.
ALTER TABLE orders ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;
-- Credit notes are counted without a gap within a year, in the transaction in which it is known that money went back.
CREATE TABLE credit_years (
  year INTEGER PRIMARY KEY,
  last INTEGER NOT NULL CHECK (last > 0)
) STRICT;
CREATE TABLE credit_notes (
  id INTEGER PRIMARY KEY,
  op_id INTEGER NOT NULL UNIQUE,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  year INTEGER NOT NULL,
  seq INTEGER NOT NULL CHECK (seq > 0),
  amount INTEGER NOT NULL CHECK (amount > 0),
  tax INTEGER NOT NULL DEFAULT 0 CHECK (tax >= 0),
  issued_at INTEGER NOT NULL,
  UNIQUE (year, seq)
) STRICT;
CREATE INDEX credit_notes_order ON credit_notes(order_id);
-- Refunds of invoiced orders that earlier releases sent get theirs now.
INSERT INTO credit_notes (op_id, order_id, year, seq, amount, issued_at)
  SELECT op_id, order_id, year, row_number() OVER (PARTITION BY year ORDER BY at, op_id), amount, at FROM (
    SELECT x.id AS op_id, p.order_id, CAST(strftime('%Y', x.updated_at / 1000, 'unixepoch') AS INTEGER) AS year, x.amount, x.updated_at AS at
    FROM payment_ops x JOIN payments p ON p.id = x.payment_id JOIN invoices i ON i.order_id = p.order_id JOIN orders o ON o.id = p.order_id
    WHERE x.kind = 'refund' AND x.state = 'known' AND x.amount > 0 AND o.payment_state IN ('refunded','partly-refunded')) found;
INSERT INTO credit_years (year, last) SELECT year, max(seq) FROM credit_notes GROUP BY year;
-- Goods that shoppers send back, and what became of them. key: the form that asked.
CREATE TABLE returns (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  number TEXT NOT NULL UNIQUE,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('return','withdrawal')),
  state TEXT NOT NULL CHECK (state IN ('asked','approved','refused','received','closed')),
  reason TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '',
  email TEXT NOT NULL DEFAULT '',
  answer TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('','refund','replacement','credit','cancelled','none')),
  amount INTEGER NOT NULL DEFAULT 0 CHECK (amount >= 0),
  replacement INTEGER NOT NULL DEFAULT 0,
  asked_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX returns_order ON returns(order_id);
CREATE INDEX returns_asked ON returns(asked_at);
CREATE TABLE return_lines (
  return_id INTEGER NOT NULL REFERENCES returns(id),
  line_id INTEGER NOT NULL REFERENCES order_lines(id),
  qty INTEGER NOT NULL CHECK (qty > 0),
  good INTEGER NOT NULL DEFAULT 0 CHECK (good >= 0),
  lost INTEGER NOT NULL DEFAULT 0 CHECK (lost >= 0),
  PRIMARY KEY (return_id, line_id),
  CHECK (good + lost <= qty)
) STRICT;
CREATE INDEX return_lines_line ON return_lines(line_id);
CREATE TABLE return_steps (
  id INTEGER PRIMARY KEY,
  return_id INTEGER NOT NULL REFERENCES returns(id),
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX return_steps_return ON return_steps(return_id, id);
