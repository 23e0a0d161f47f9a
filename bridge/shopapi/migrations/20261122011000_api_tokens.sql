-- +goose Up
-- The tokens that the shop's server proves itself with. The token itself is kept nowhere.
CREATE TABLE api_tokens (
    id           {{identity}},
    hash         TEXT   NOT NULL UNIQUE, -- SHA-256 of the token, hex
    name         TEXT   NOT NULL,
    scopes       TEXT   NOT NULL,        -- separated by blanks
    created_at   BIGINT NOT NULL,        -- Unix microseconds, as all times
    last_used_at BIGINT NOT NULL,        -- to the minute; 0: never
    revoked_at   BIGINT NOT NULL         -- 0: it is good
);
CREATE UNIQUE INDEX api_tokens_by_name ON api_tokens (name) WHERE revoked_at = 0;

-- +goose Down
DROP TABLE api_tokens;
