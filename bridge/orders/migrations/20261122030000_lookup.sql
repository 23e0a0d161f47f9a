-- +goose Up
-- How agents look for orders: by a name in any letter case, by the wholesaler's
-- number, and by when something changed.
CREATE INDEX orders_reference_folded ON orders (lower(reference));
CREATE INDEX orders_supplier_folded ON orders (lower(supplier_id));
CREATE INDEX orders_supplier_serial ON orders (supplier_serial);
CREATE INDEX orders_updated_at ON orders (updated_at);

-- +goose Down
DROP INDEX orders_updated_at;
DROP INDEX orders_supplier_serial;
DROP INDEX orders_supplier_folded;
DROP INDEX orders_reference_folded;
