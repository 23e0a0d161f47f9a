-- +goose Up
-- Which processes share the queue, and when each was last heard of.
CREATE TABLE jobs_instances (
    id      TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL -- Unix microseconds, by the database's clock
);

-- +goose Down
DROP TABLE jobs_instances;
