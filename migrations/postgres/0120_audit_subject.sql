-- +goose Up
-- What staff did to one order is on its page.
CREATE INDEX audit_subject ON audit(subject, at);
