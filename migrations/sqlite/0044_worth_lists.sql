-- +goose Up
-- A page of the list of values costs the same however many people there are.
CREATE INDEX customer_values_alive ON customer_values(alive, customer_id);
CREATE INDEX customer_values_recency ON customer_values(recency, customer_id);
CREATE INDEX customer_values_before ON customer_values(net_before, net);
