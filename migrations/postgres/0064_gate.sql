-- +goose Up
-- What a message of consent was allowed for, so that a stop finds what waits; and since when a required one is known to be late (owner: outreach).
ALTER TABLE sends ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE sends ADD COLUMN late_at BIGINT NOT NULL DEFAULT 0;
UPDATE sends SET purpose = CASE template WHEN 'followup' THEN 'mail.cart' WHEN 'tier-risen' THEN 'mail.offers' ELSE purpose END WHERE class IN ('relationship','marketing');
CREATE INDEX sends_content ON sends (content, updated_at) WHERE content <> '';
CREATE INDEX sends_owed ON sends (created_at) WHERE class = 'required' AND state IN ('queued','failed') AND late_at = 0;
-- Links that stop mails, once their mail has gone: they work for ever. email_key is what is kept of an address that asked to stop, no address (owner: outreach).
CREATE TABLE mail_stops (
  hash TEXT PRIMARY KEY,
  email_key TEXT NOT NULL,
  used_at BIGINT NOT NULL DEFAULT 0
);
