-- +goose Up
-- The latest exchange rates of the National Bank of Poland: one row.
CREATE TABLE pricing_rates (
    id       BIGINT NOT NULL PRIMARY KEY, -- 1
    table_no TEXT NOT NULL,               -- the bank's number, "223/A/NBP/2026"
    day      TEXT NOT NULL,               -- 2026-11-18: text, so that later days are greater
    version  TEXT NOT NULL,               -- another for other rates
    rates    TEXT NOT NULL                -- JSON: what a unit costs in PLN, by currency
);

-- +goose Down
DROP TABLE pricing_rates;
