-- +goose Up
-- Wishes that wait, the oldest first: those that are too old are ended each minute.
CREATE INDEX restock_old ON restock_asks(asked_at) WHERE state = 'waiting';
