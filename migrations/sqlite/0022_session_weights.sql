-- +goose Up
-- How much each part of a session's story counts when the next look is foretold, chosen by hold-out on the shop's own log.
-- choice is the weights with the figures that chose them, as JSON; sessions and clicks are what they were chosen on.
CREATE TABLE session_weights (
  id INTEGER PRIMARY KEY,
  choice TEXT NOT NULL,
  sessions INTEGER NOT NULL,
  clicks INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
