-- +goose Up
-- Whether somebody disputes a payment is asked before each mail to them: the few disputes are found without reading every event of a payment.
CREATE INDEX payment_events_disputes ON payment_events(at) WHERE kind = 'dispute';
