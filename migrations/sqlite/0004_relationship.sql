-- +goose Up
-- Behaviour, what is derived from it, and what the shop says to people.
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  visitor_id INTEGER NOT NULL DEFAULT 0,
  customer_id INTEGER NOT NULL DEFAULT 0,
  cart_id INTEGER NOT NULL DEFAULT 0,
  order_id INTEGER NOT NULL DEFAULT 0,
  product_id INTEGER NOT NULL DEFAULT 0,
  lang TEXT NOT NULL DEFAULT '',
  device TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT '',
  key TEXT,
  bot INTEGER NOT NULL DEFAULT FALSE,
  simulated INTEGER NOT NULL DEFAULT FALSE
) STRICT;
CREATE UNIQUE INDEX events_key ON events(key) WHERE key IS NOT NULL;
CREATE INDEX events_at ON events(at);
CREATE INDEX events_visitor ON events(visitor_id, at) WHERE visitor_id <> 0;
CREATE INDEX events_customer ON events(customer_id, at) WHERE customer_id <> 0;

CREATE TABLE segments (
  key TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  why TEXT NOT NULL,
  rule TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE TABLE home_sections (
  segment TEXT NOT NULL REFERENCES segments(key) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('category','best','new','again')),
  category_id INTEGER REFERENCES categories(id),
  title TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (segment, position)
) STRICT;
CREATE TABLE segment_members (
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  segment TEXT NOT NULL REFERENCES segments(key) ON DELETE CASCADE,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (customer_id, segment)
) STRICT;
CREATE INDEX segment_members_segment ON segment_members(segment);

CREATE TABLE models (
  id INTEGER PRIMARY KEY,
  version TEXT NOT NULL UNIQUE,
  products INTEGER NOT NULL,
  orders INTEGER NOT NULL,
  seconds REAL NOT NULL,
  score TEXT NOT NULL DEFAULT '',
  accepted INTEGER NOT NULL,
  data BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Abandonment, one row a day of the shop's zone and department ('' = all carts); recounted, never patched.
CREATE TABLE cart_days (
  day TEXT NOT NULL,
  department TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  definition INTEGER NOT NULL,
  started INTEGER NOT NULL,
  checkout INTEGER NOT NULL,
  abandoned INTEGER NOT NULL,
  converted INTEGER NOT NULL,
  recovered INTEGER NOT NULL,
  by_link INTEGER NOT NULL,
  abandoned_value INTEGER NOT NULL,
  excluded INTEGER NOT NULL,
  currency TEXT NOT NULL,
  counted_at INTEGER NOT NULL,
  PRIMARY KEY (day, department, simulated)
) STRICT;

CREATE TABLE sends (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  class TEXT NOT NULL CHECK (class IN ('required','service','relationship','marketing')),
  template TEXT NOT NULL,
  customer_id INTEGER REFERENCES customers(id),
  cart_id INTEGER NOT NULL DEFAULT 0,
  order_id INTEGER NOT NULL DEFAULT 0,
  email TEXT NOT NULL,
  lang TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  message_id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('queued','claimed','sent','deferred','withheld','failed')),
  reason TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  sent_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  simulated INTEGER NOT NULL DEFAULT FALSE
) STRICT;
CREATE INDEX sends_cart ON sends(cart_id) WHERE cart_id <> 0;
CREATE INDEX sends_order ON sends(order_id) WHERE order_id <> 0;
CREATE INDEX sends_email ON sends(email, updated_at);
CREATE INDEX sends_due ON sends(state, due_at);
CREATE INDEX sends_customer ON sends(customer_id, created_at);
-- Links inside mails: restore a cart, stop mail. Only hashes are kept.
CREATE TABLE mail_links (
  hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('restore','unsubscribe')),
  send_id INTEGER NOT NULL REFERENCES sends(id),
  cart_id INTEGER NOT NULL DEFAULT 0,
  email_key TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE suppressions (
  email_key TEXT NOT NULL,
  purpose TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (email_key, purpose)
) STRICT;

-- What people ask: the contact form and product questions.
CREATE TABLE questions (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('contact','product')),
  product_id INTEGER REFERENCES products(id),
  customer_id INTEGER REFERENCES customers(id),
  visitor_id INTEGER NOT NULL DEFAULT 0,
  order_number TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '',
  email TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT 'en',
  body TEXT NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  answered_at INTEGER NOT NULL DEFAULT 0,
  answered_by INTEGER NOT NULL DEFAULT 0,
  published INTEGER NOT NULL DEFAULT FALSE,
  simulated INTEGER NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX questions_product ON questions(product_id, created_at);
