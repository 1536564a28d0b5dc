-- +goose Up
-- Second payments that went back before refunds had their rows: of invoiced orders that stand as paid.
UPDATE payment_ops SET refund_id = -1 WHERE kind = 'refund' AND state = 'known' AND refund_id = 0
  AND NOT EXISTS (SELECT 1 FROM credit_notes n WHERE n.op_id = payment_ops.id)
  AND payment_id IN (SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id JOIN invoices i ON i.order_id = o.id WHERE o.payment_state = 'paid');
