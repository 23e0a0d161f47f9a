-- +goose Up
CREATE TABLE store_health (
    id         BIGINT NOT NULL PRIMARY KEY,
    written_at BIGINT NOT NULL -- Unix time in microseconds
);

-- +goose Down
DROP TABLE store_health;
