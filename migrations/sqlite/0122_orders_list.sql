-- +goose Up
-- The staff's list of orders: what is open, cancelled, simulated or flagged among many, and who is found by the beginning of a name or an address.
CREATE INDEX orders_open ON orders(placed_at, payment_state, delivery_state, at_door) WHERE state = 'placed';
CREATE INDEX orders_cancelled ON orders(placed_at) WHERE state = 'cancelled';
CREATE INDEX orders_simulated ON orders(placed_at) WHERE simulated = TRUE;
CREATE INDEX orders_name_begin ON orders(lower(name));
CREATE INDEX order_history_flag ON order_history(order_id) WHERE substr(note, 1, 6) = 'flag: ';
