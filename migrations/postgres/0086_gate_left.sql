-- +goose Up
-- Personal codes (owner: campaign): batch names the codes of one promotion that a campaign gives away, one a person, in the
-- transaction that decides to send. worth is the margin one mail is expected to bring, in minor units of the shop's currency.
ALTER TABLE campaigns ADD COLUMN batch TEXT NOT NULL DEFAULT '';
ALTER TABLE campaigns ADD COLUMN batch_of BIGINT NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN worth BIGINT NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN weighed_at BIGINT NOT NULL DEFAULT 0;
CREATE TABLE campaign_codes (
  code_id BIGINT PRIMARY KEY REFERENCES promotion_codes(id),
  campaign_id BIGINT NOT NULL REFERENCES campaigns(id),
  person_id BIGINT NOT NULL UNIQUE REFERENCES campaign_people(id),
  at BIGINT NOT NULL
);
CREATE INDEX campaign_codes_campaign ON campaign_codes(campaign_id, code_id);
