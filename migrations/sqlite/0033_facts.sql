-- +goose Up
-- What rules ask most, one short row a person who is not erased, derived from the rows that say it. NULL: not known, or the
-- person does not let it be known.
CREATE TABLE person_facts (
  customer_id INTEGER PRIMARY KEY REFERENCES customers(id) ON DELETE CASCADE,
  joined_at INTEGER NOT NULL,
  first_at INTEGER,
  last_at INTEGER,
  cart_worth INTEGER,
  cart_at INTEGER,
  checkout_at INTEGER,
  order_count INTEGER,
  cart_pieces INTEGER,
  open_questions INTEGER NOT NULL,
  allowed INTEGER NOT NULL,
  personal INTEGER NOT NULL,
  past INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  cart_currency TEXT,
  country TEXT,
  lang TEXT,
  contact TEXT NOT NULL,
  occupation TEXT,
  birth_date TEXT,
  zone TEXT
) STRICT;
-- What stayed of paid orders, a currency.
CREATE TABLE person_spent (
  currency TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  order_count INTEGER NOT NULL,
  net INTEGER NOT NULL,
  PRIMARY KEY (currency, customer_id)
) STRICT;
CREATE INDEX person_spent_customer ON person_spent(customer_id);
-- Which products somebody bought in which order, of who lets the past be used.
CREATE TABLE person_bought (
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  order_id INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (customer_id, order_id, product_id)
) STRICT;
CREATE INDEX person_bought_product ON person_bought(product_id, at, customer_id, order_id);
CREATE INDEX events_seen ON events(product_id, at, customer_id) WHERE kind = 'item.seen' AND customer_id <> 0 AND bot = FALSE;
CREATE INDEX interests_said ON interests(kind, value, customer_id) WHERE source = 'said';
CREATE INDEX orders_kept_at ON orders(placed_at, customer_id) WHERE customer_id IS NOT NULL AND state <> 'cancelled' AND payment_state IN ('paid', 'partly-refunded');
-- Who was in a segment at one moment, by which rule. What is written never changes; who is erased leaves, and gone counts them.
CREATE TABLE segment_snapshots (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  key TEXT NOT NULL UNIQUE,
  segment TEXT NOT NULL,
  name TEXT NOT NULL,
  rule TEXT NOT NULL,
  version INTEGER NOT NULL,
  people INTEGER NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  staff TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX segment_snapshots_segment ON segment_snapshots(segment, at);
CREATE TABLE snapshot_people (
  snapshot_id INTEGER NOT NULL REFERENCES segment_snapshots(id) ON DELETE CASCADE,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  PRIMARY KEY (snapshot_id, customer_id)
) STRICT;
CREATE INDEX snapshot_people_customer ON snapshot_people(customer_id);
-- What staff said to a suggested segment, so that it is not suggested again.
CREATE TABLE segment_ideas (
  idea TEXT PRIMARY KEY,
  answer TEXT NOT NULL CHECK (answer IN ('adopted','dismissed')),
  staff TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
