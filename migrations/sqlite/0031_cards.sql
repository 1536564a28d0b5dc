-- +goose Up
-- What names a customer outside of the database: in addresses of the back office and in the record of what staff did.
ALTER TABLE customers ADD COLUMN number TEXT NOT NULL DEFAULT '';
UPDATE customers SET number = substr(hex(randomblob(8)), 1, 12);
CREATE UNIQUE INDEX customers_number ON customers(number) WHERE number <> '';
-- By what staff find a person: the address, the words of the name, the telephone backwards. Copies, made by following customers and orders.
CREATE TABLE customer_keys (
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('email','name','phone')),
  key TEXT NOT NULL,
  PRIMARY KEY (customer_id, kind, key)
) STRICT;
CREATE INDEX customer_keys_key ON customer_keys(kind, key, customer_id);
-- The same of orders: of a guest's all of it, of others the telephone alone.
CREATE TABLE order_keys (
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('email','name','phone')),
  key TEXT NOT NULL,
  PRIMARY KEY (order_id, kind, key)
) STRICT;
CREATE INDEX order_keys_key ON order_keys(kind, key, order_id);
-- How far customers and orders were followed.
CREATE TABLE key_tails (
  source TEXT PRIMARY KEY,
  entry INTEGER NOT NULL
) STRICT;
-- What staff promised somebody, what is to be done about them, and what is to be known of them. key: the form, or the list, it comes from.
CREATE TABLE promises (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('promise','task','note')),
  customer_id INTEGER REFERENCES customers(id),
  order_id INTEGER REFERENCES orders(id) ON DELETE CASCADE,
  what TEXT NOT NULL,
  until INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open','kept','dropped')),
  made_by INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  ended_by INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER NOT NULL DEFAULT 0,
  words TEXT NOT NULL DEFAULT '',
  CHECK ((customer_id IS NULL) <> (order_id IS NULL)),
  CHECK ((kind = 'note') = (until = 0)),
  CHECK ((state = 'open') = (ended_at = 0))
) STRICT;
CREATE INDEX promises_customer ON promises(customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX promises_order ON promises(order_id) WHERE order_id IS NOT NULL;
CREATE INDEX promises_due ON promises(until) WHERE state = 'open' AND kind <> 'note';
-- Who answers for a list of customers, and how far it is to be brought until when.
CREATE TABLE list_goals (
  list TEXT PRIMARY KEY,
  owner_id INTEGER NOT NULL DEFAULT 0,
  target INTEGER NOT NULL DEFAULT 0 CHECK (target >= 0),
  until TEXT NOT NULL DEFAULT '',
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX questions_customer ON questions(customer_id, created_at) WHERE customer_id IS NOT NULL;
CREATE INDEX questions_email ON questions(lower(email)) WHERE customer_id IS NULL AND email <> '';
CREATE INDEX customers_country ON customers(country, created_at);
