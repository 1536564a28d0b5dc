-- +goose Up
-- The embedded search index: derived from products, rebuilt at will. Terms are prepared in Go.
CREATE TABLE search_terms (
  rowid BIGINT PRIMARY KEY,
  terms TEXT NOT NULL,
  lang TEXT NOT NULL,
  words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', terms)) STORED
);
CREATE INDEX search_terms_words ON search_terms USING gin(words);
