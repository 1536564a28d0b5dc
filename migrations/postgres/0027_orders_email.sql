-- +goose Up
-- Nobody asks by the address as typed; orders_email_folded serves all look-ups.
DROP INDEX orders_email;
