-- +goose Up
-- What providers are asked to do, written before they are asked, with the key they are asked by.
CREATE TABLE payment_ops (
  id INTEGER PRIMARY KEY,
  payment_id INTEGER NOT NULL REFERENCES payments(id),
  kind TEXT NOT NULL CHECK (kind IN ('start','expire','refund')),
  key TEXT NOT NULL UNIQUE,
  amount INTEGER NOT NULL DEFAULT 0 CHECK (amount >= 0),
  state TEXT NOT NULL CHECK (state IN ('planned','sent','known','refused')),
  ref TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL DEFAULT '',
  tries INTEGER NOT NULL DEFAULT 0,
  ends_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_ops_payment ON payment_ops(payment_id);
CREATE INDEX payment_ops_open ON payment_ops(updated_at) WHERE state IN ('planned','sent');
-- What webhooks said: each event once. object is what to ask the provider about.
CREATE TABLE payment_inbox (
  provider TEXT NOT NULL,
  event_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  at INTEGER NOT NULL,
  done_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (provider, event_id)
) STRICT;
CREATE INDEX payment_inbox_open ON payment_inbox(at) WHERE done_at = 0;
-- When the provider was last asked what became of a payment.
ALTER TABLE payments ADD COLUMN asked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX payments_undecided ON payments(asked_at) WHERE state IN ('sent','processing');
