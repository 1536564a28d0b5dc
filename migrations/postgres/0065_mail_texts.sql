-- +goose Up
-- The words of mails as staff wrote them, every version; version 0 is the draft. The newest one is in force; original TRUE:
-- the shop's own words again. Owner: outreach.
CREATE TABLE mail_texts (
  template TEXT NOT NULL,
  lang TEXT NOT NULL CHECK (lang IN ('en','zh')),
  version BIGINT NOT NULL CHECK (version >= 0),
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  original BOOLEAN NOT NULL DEFAULT FALSE,
  at BIGINT NOT NULL,
  PRIMARY KEY (template, lang, version)
);
