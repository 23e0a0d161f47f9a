-- +goose Up
-- Each time that the tables came back from a backup. What was taken, placed or
-- settled between the two times is not known here.
CREATE TABLE order_restores (
    id          {{identity}},
    backup_at   BIGINT NOT NULL,
    restored_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE order_restores;
