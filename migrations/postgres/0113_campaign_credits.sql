-- +goose Up
-- How far orders were credited to campaigns (owner: campaign): the moment of the newest order that was looked at, and when all
-- were looked at last. One row.
CREATE TABLE campaign_credits (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  placed_to BIGINT NOT NULL DEFAULT 0,
  whole_at BIGINT NOT NULL DEFAULT 0
);
