-- +goose Up
-- What people say of what they bought. One row a person and product; what they said before is in review_versions.
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  product_id INTEGER NOT NULL REFERENCES products(id),
  customer_id INTEGER REFERENCES customers(id),
  email TEXT NOT NULL DEFAULT '',
  order_id INTEGER NOT NULL DEFAULT 0,
  verified INTEGER NOT NULL DEFAULT FALSE,
  name TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT 'en',
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  title TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL DEFAULT '',
  good TEXT NOT NULL DEFAULT '',
  less TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','published','refused')),
  reason TEXT NOT NULL DEFAULT '',
  decided_at INTEGER NOT NULL DEFAULT 0,
  decided_by INTEGER NOT NULL DEFAULT 0,
  answer TEXT NOT NULL DEFAULT '',
  answered_at INTEGER NOT NULL DEFAULT 0,
  answered_by INTEGER NOT NULL DEFAULT 0,
  simulated INTEGER NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL,
  written_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX reviews_owner ON reviews(product_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX reviews_guest ON reviews(product_id, email) WHERE customer_id IS NULL AND email <> '';
CREATE INDEX reviews_shown ON reviews(product_id, state);
CREATE INDEX reviews_list ON reviews(state, written_at);
CREATE INDEX reviews_customer ON reviews(customer_id);
CREATE INDEX reviews_email ON reviews(email) WHERE email <> '';
CREATE INDEX reviews_bad ON reviews(customer_id, email) WHERE stars <= 2;

CREATE TABLE review_versions (
  review_id INTEGER NOT NULL REFERENCES reviews(id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  stars INTEGER NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  good TEXT NOT NULL,
  less TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  written_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (review_id, version)
) STRICT;
-- Readers who find that a review breaks the rules; reporter is a hash that names nobody.
CREATE TABLE review_reports (
  review_id INTEGER NOT NULL REFERENCES reviews(id) ON DELETE CASCADE,
  reporter TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (review_id, reporter)
) STRICT;

-- Copies of what is published, for cards and lists: package review counts, package catalog writes.
ALTER TABLE products ADD COLUMN rating_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE products ADD COLUMN rating_sum INTEGER NOT NULL DEFAULT 0;
