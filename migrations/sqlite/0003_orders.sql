-- +goose Up
-- Carts, orders, payments: exact, transactional.
CREATE TABLE carts (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  visitor_id INTEGER REFERENCES visitors(id),
  customer_id INTEGER REFERENCES customers(id),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open','converted','merged','void')),
  currency TEXT NOT NULL,
  lang TEXT NOT NULL DEFAULT 'en',
  version INTEGER NOT NULL DEFAULT 1,
  email TEXT NOT NULL DEFAULT '',
  mail_ok INTEGER NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL DEFAULT 0,
  active_at INTEGER NOT NULL,
  checkout_at INTEGER NOT NULL DEFAULT 0,
  closed_at INTEGER NOT NULL DEFAULT 0,
  merged_into INTEGER NOT NULL DEFAULT 0,
  kind TEXT NOT NULL DEFAULT 'shopper' CHECK (kind IN ('shopper','staff','test','bot')),
  device TEXT NOT NULL DEFAULT '',
  simulated INTEGER NOT NULL DEFAULT FALSE
) STRICT;
CREATE UNIQUE INDEX carts_open_customer ON carts(customer_id) WHERE state = 'open' AND customer_id IS NOT NULL;
CREATE UNIQUE INDEX carts_open_visitor ON carts(visitor_id) WHERE state = 'open' AND customer_id IS NULL AND visitor_id IS NOT NULL;
CREATE INDEX carts_visitor ON carts(visitor_id);
CREATE INDEX carts_email_folded ON carts(lower(email));
CREATE INDEX carts_customer ON carts(customer_id);
CREATE INDEX carts_started ON carts(started_at);
CREATE INDEX carts_idle ON carts(state, active_at);

CREATE TABLE cart_lines (
  id INTEGER PRIMARY KEY,
  cart_id INTEGER NOT NULL REFERENCES carts(id),
  token TEXT NOT NULL UNIQUE,
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  qty INTEGER NOT NULL CHECK (qty BETWEEN 1 AND 99),
  seen_price INTEGER NOT NULL DEFAULT 0,
  added_at INTEGER NOT NULL,
  UNIQUE (cart_id, variant_id)
) STRICT;
-- Every step a cart took, in the transaction that took it: the truth of the abandonment report.
CREATE TABLE cart_steps (
  id INTEGER PRIMARY KEY,
  cart_id INTEGER NOT NULL REFERENCES carts(id),
  kind TEXT NOT NULL CHECK (kind IN ('add','change','remove','seen','checkout','contact','delivery','payment','failed','converted','merged','restored','void')),
  variant_id INTEGER NOT NULL DEFAULT 0,
  qty INTEGER NOT NULL DEFAULT 0,
  detail TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX cart_steps_cart ON cart_steps(cart_id, at);
CREATE INDEX cart_steps_at ON cart_steps(at);

CREATE TABLE delivery_methods (
  code TEXT NOT NULL,
  currency TEXT NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL,
  countries TEXT NOT NULL DEFAULT '',
  price INTEGER NOT NULL CHECK (price >= 0),
  free_from INTEGER NOT NULL DEFAULT 0,
  days_min INTEGER NOT NULL DEFAULT 2,
  days_max INTEGER NOT NULL DEFAULT 5,
  active INTEGER NOT NULL DEFAULT TRUE,
  PRIMARY KEY (code, currency)
) STRICT;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  place_key TEXT NOT NULL UNIQUE,
  place_hash TEXT NOT NULL DEFAULT '',
  access_hash TEXT NOT NULL UNIQUE,
  cart_id INTEGER UNIQUE REFERENCES carts(id),
  customer_id INTEGER REFERENCES customers(id),
  email TEXT NOT NULL,
  phone TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT 'en',
  name TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  line1 TEXT NOT NULL DEFAULT '',
  line2 TEXT NOT NULL DEFAULT '',
  city TEXT NOT NULL DEFAULT '',
  region TEXT NOT NULL DEFAULT '',
  postcode TEXT NOT NULL DEFAULT '',
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  subtotal INTEGER NOT NULL CHECK (subtotal >= 0),
  discount INTEGER NOT NULL DEFAULT 0 CHECK (discount >= 0),
  delivery INTEGER NOT NULL DEFAULT 0 CHECK (delivery >= 0),
  tax INTEGER NOT NULL DEFAULT 0 CHECK (tax >= 0),
  tax_included INTEGER NOT NULL DEFAULT TRUE,
  total INTEGER NOT NULL CHECK (total >= 0),
  delivery_code TEXT NOT NULL DEFAULT '',
  delivery_name TEXT NOT NULL DEFAULT '{"en":""}',
  delivery_by INTEGER NOT NULL DEFAULT 0,
  payment_code TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'placed' CHECK (state IN ('placed','cancelled','completed')),
  payment_state TEXT NOT NULL DEFAULT 'pending' CHECK (payment_state IN ('pending','processing','paid','failed','refunded','partly-refunded','void')),
  delivery_state TEXT NOT NULL DEFAULT 'unshipped' CHECK (delivery_state IN ('unshipped','shipped','delivered','returned')),
  placed_at INTEGER NOT NULL,
  paid_at INTEGER NOT NULL DEFAULT 0,
  closed_at INTEGER NOT NULL DEFAULT 0,
  imported INTEGER NOT NULL DEFAULT FALSE,
  external_id TEXT,
  simulated INTEGER NOT NULL DEFAULT FALSE
) STRICT;
CREATE UNIQUE INDEX orders_external ON orders(external_id) WHERE external_id IS NOT NULL;
CREATE INDEX orders_customer ON orders(customer_id, placed_at);
CREATE INDEX orders_placed ON orders(placed_at);
CREATE INDEX orders_email ON orders(email);
CREATE INDEX orders_email_folded ON orders(lower(email));
CREATE INDEX orders_unpaid ON orders(placed_at) WHERE state = 'placed' AND payment_state IN ('pending','processing','failed');

CREATE TABLE order_lines (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  position INTEGER NOT NULL,
  product_id INTEGER NOT NULL REFERENCES products(id),
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  sku TEXT NOT NULL,
  name TEXT NOT NULL,
  choices TEXT NOT NULL DEFAULT '{"en":""}',
  qty INTEGER NOT NULL CHECK (qty > 0),
  unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
  discount INTEGER NOT NULL DEFAULT 0 CHECK (discount >= 0),
  tax INTEGER NOT NULL DEFAULT 0 CHECK (tax >= 0),
  total INTEGER NOT NULL CHECK (total >= 0),
  cancelled_qty INTEGER NOT NULL DEFAULT 0 CHECK (cancelled_qty >= 0),
  UNIQUE (order_id, position)
) STRICT;
CREATE INDEX order_lines_product ON order_lines(product_id);
CREATE TABLE order_history (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  axis TEXT NOT NULL CHECK (axis IN ('order','payment','delivery')),
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX order_history_order ON order_history(order_id, id);

CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  provider TEXT NOT NULL,
  token TEXT NOT NULL UNIQUE,
  attempt INTEGER NOT NULL DEFAULT 1,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned','sent','processing','succeeded','failed','refunded','void')),
  provider_ref TEXT NOT NULL DEFAULT '',
  captured INTEGER NOT NULL DEFAULT 0 CHECK (captured >= 0),
  refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (order_id, attempt),
  CHECK (captured <= amount), CHECK (refunded <= captured)
) STRICT;
CREATE TABLE payment_events (
  provider TEXT NOT NULL,
  event_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  payment_id INTEGER NOT NULL REFERENCES payments(id),
  at INTEGER NOT NULL,
  PRIMARY KEY (provider, event_id)
) STRICT;
