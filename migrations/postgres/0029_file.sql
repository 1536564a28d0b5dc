-- +goose Up
-- When and where something about a person was said, and last confirmed. Without a row it was said when the account was made.
CREATE TABLE profile_facts (
  customer_id BIGINT NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  fact TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '',
  said_at BIGINT NOT NULL DEFAULT 0,
  kept_at BIGINT NOT NULL DEFAULT 0,
  dropped_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (customer_id, fact)
);
-- What a guest asked this browser's forms to be filled with next time.
CREATE TABLE remembered (
  visitor_id BIGINT PRIMARY KEY REFERENCES visitors(id) ON DELETE CASCADE,
  email TEXT NOT NULL DEFAULT '',
  email_key TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '',
  phone TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  line1 TEXT NOT NULL DEFAULT '',
  line2 TEXT NOT NULL DEFAULT '',
  city TEXT NOT NULL DEFAULT '',
  region TEXT NOT NULL DEFAULT '',
  postcode TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
CREATE INDEX remembered_email ON remembered(email_key);
-- The size a child wore on the day it was said; month and year are then estimated from it.
ALTER TABLE important_dates ADD COLUMN size TEXT NOT NULL DEFAULT '';
-- How a person would like to be answered: mail, phone, or nothing said.
ALTER TABLE customers ADD COLUMN channel TEXT NOT NULL DEFAULT '';
