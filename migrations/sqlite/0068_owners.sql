-- +goose Up
-- After the sale: what a product promises, who may buy an upgrade, what people own from elsewhere or gave away, and what its owners are told.
CREATE TABLE warranties (
  product_id INTEGER PRIMARY KEY REFERENCES products(id) ON DELETE CASCADE,
  months INTEGER NOT NULL CHECK (months BETWEEN 0 AND 240),
  updated_at INTEGER NOT NULL
) STRICT;

-- A variant with a row here is only for who owns from_id; with a version, an older one of it that the shop never sold under that name.
CREATE TABLE upgrades (
  variant_id INTEGER NOT NULL REFERENCES variants(id) ON DELETE CASCADE,
  from_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  version TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (variant_id, from_id, version)
) STRICT;

CREATE TABLE owned_elsewhere (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  version TEXT NOT NULL DEFAULT '',
  since INTEGER NOT NULL DEFAULT 0,
  proved_at INTEGER NOT NULL DEFAULT 0,
  proved_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  UNIQUE (customer_id, product_id, version)
) STRICT;
CREATE INDEX owned_elsewhere_product ON owned_elsewhere(product_id, version);

CREATE TABLE owned_away (
  line_id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX owned_away_customer ON owned_away(customer_id);

CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('release','fix','recall')),
  product_id INTEGER NOT NULL REFERENCES products(id),
  version TEXT NOT NULL DEFAULT '',
  to_id INTEGER NOT NULL DEFAULT 0,
  variant_id INTEGER NOT NULL DEFAULT 0,
  bought_from INTEGER NOT NULL DEFAULT 0,
  bought_until INTEGER NOT NULL DEFAULT 0,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  steps TEXT NOT NULL,
  facts TEXT NOT NULL DEFAULT '',
  remedies TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft','sending','stopped','done')),
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL DEFAULT 0,
  started_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX notices_product ON notices(product_id, created_at);
CREATE INDEX notices_sending ON notices(id) WHERE state = 'sending';

-- Who is told, frozen when a notice starts; whether it still holds is asked when it is sent. A guest is known by an order of theirs alone.
CREATE TABLE notice_people (
  id INTEGER PRIMARY KEY,
  notice_id INTEGER NOT NULL REFERENCES notices(id),
  customer_id INTEGER REFERENCES customers(id),
  order_id INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','told','withheld','gone')),
  reason TEXT NOT NULL DEFAULT '',
  due_at INTEGER NOT NULL,
  decided_at INTEGER NOT NULL DEFAULT 0,
  read_at INTEGER NOT NULL DEFAULT 0,
  called_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX notice_people_account ON notice_people(notice_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX notice_people_guest ON notice_people(notice_id, order_id) WHERE customer_id IS NULL;
CREATE INDEX notice_people_due ON notice_people(due_at) WHERE state = 'waiting';
CREATE INDEX notice_people_state ON notice_people(notice_id, state);
CREATE INDEX notice_people_customer ON notice_people(customer_id);
CREATE INDEX notice_people_order ON notice_people(order_id);
