-- +goose Up
-- What the shop says of each product to whoever searches (owner: search). body is JSON of search.Document, '' = the product is not
-- shown: a copy takes it out. seq grows with every change in the order of commits; hash is of body.
CREATE TABLE search_documents (
  product_id INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX search_documents_seq ON search_documents (seq);
-- The last number given ('documents'), and how far each copy has come (its own name).
CREATE TABLE search_numbers (
  name TEXT PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT;
INSERT INTO search_numbers (name, last) VALUES ('documents', 0);

