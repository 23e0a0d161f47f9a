-- +goose Up
-- The session of each account at the wholesaler's, shared by all instances.
CREATE TABLE idosell_sessions (
    account     TEXT PRIMARY KEY,
    session_key TEXT NOT NULL,
    expires_at  BIGINT NOT NULL -- Unix microseconds
);

-- +goose Down
DROP TABLE idosell_sessions;
