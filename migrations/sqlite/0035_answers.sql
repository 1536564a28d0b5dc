-- +goose Up
-- What was written down once and answers again, and what became of each question.
ALTER TABLE questions ADD COLUMN form_key TEXT NOT NULL DEFAULT '';
ALTER TABLE questions ADD COLUMN cart_id INTEGER NOT NULL DEFAULT 0;
-- A question may be a complaint: open from complaint_at until closed_at.
ALTER TABLE questions ADD COLUMN complaint_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE questions ADD COLUMN closed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE questions ADD COLUMN closed_by INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX questions_form ON questions(form_key) WHERE form_key <> '';
CREATE INDEX questions_complaints ON questions(complaint_at) WHERE complaint_at > 0;
CREATE INDEX questions_waiting ON questions(created_at) WHERE answered_at = 0;
CREATE INDEX questions_answered ON questions(answered_at);
CREATE INDEX questions_cart ON questions(cart_id) WHERE cart_id > 0;

CREATE TABLE help_articles (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  published INTEGER NOT NULL DEFAULT FALSE,
  position INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
-- What an article is about; one without a row is about the whole shop.
CREATE TABLE help_links (
  article_id INTEGER NOT NULL REFERENCES help_articles(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('product','category')),
  target_id INTEGER NOT NULL,
  PRIMARY KEY (article_id, kind, target_id)
) STRICT;
CREATE INDEX help_links_target ON help_links(kind, target_id);

-- One row each time somebody asked: by what it was answered at once, or the question that staff got.
CREATE TABLE asks (
  id INTEGER PRIMARY KEY,
  place TEXT NOT NULL CHECK (place IN ('product','cart','checkout')),
  lang TEXT NOT NULL DEFAULT 'en',
  product_id INTEGER NOT NULL DEFAULT 0,
  cart_id INTEGER NOT NULL DEFAULT 0,
  question_id INTEGER NOT NULL DEFAULT 0,
  source TEXT NOT NULL DEFAULT '',
  simulated INTEGER NOT NULL DEFAULT FALSE,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX asks_cart ON asks(cart_id, at) WHERE cart_id > 0;
CREATE INDEX asks_product ON asks(product_id, at);
