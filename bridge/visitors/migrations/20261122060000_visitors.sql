-- +goose Up
-- Times are Unix microseconds. Text columns are never NULL.
CREATE TABLE visitors (
    id              {{identity}},
    cookie          {{bytes}} NOT NULL UNIQUE,      -- SHA-256 of the cookie's value
    ref             TEXT NOT NULL UNIQUE,
    came_from       TEXT NOT NULL DEFAULT '',       -- the guest's ref that signed in
    customer_id     TEXT NOT NULL DEFAULT '',       -- empty: a guest
    email           TEXT NOT NULL DEFAULT '',
    email_folded    TEXT NOT NULL DEFAULT '',       -- lower case
    first_name      TEXT NOT NULL DEFAULT '',
    last_name       TEXT NOT NULL DEFAULT '',
    one_customer_id TEXT NOT NULL DEFAULT '',
    wholesaler      BOOLEAN NOT NULL DEFAULT FALSE, -- signed in with the wholesaler's credentials
    oct8ne          TEXT NOT NULL DEFAULT '',       -- the cookie oct8ne-visitor when last seen
    seen_at         BIGINT NOT NULL
);
CREATE INDEX visitors_seen_at ON visitors (seen_at);
CREATE INDEX visitors_customer ON visitors (customer_id) WHERE customer_id <> '';
CREATE INDEX visitors_one_customer ON visitors (one_customer_id) WHERE one_customer_id <> '';
CREATE INDEX visitors_email ON visitors (email_folded) WHERE email_folded <> '';

-- A cart's lines, and a wish list's: those have no size and no quantity.
CREATE TABLE visitor_lines (
    id        {{identity}},
    visitor   BIGINT NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    list      TEXT NOT NULL,            -- cart, wish
    product   BIGINT NOT NULL,
    size      TEXT NOT NULL DEFAULT '',
    size_name TEXT NOT NULL DEFAULT '',
    quantity  TEXT NOT NULL DEFAULT '', -- a decimal number
    step      TEXT NOT NULL DEFAULT '', -- a decimal number
    minimum   TEXT NOT NULL DEFAULT '', -- a decimal number
    added_at  BIGINT NOT NULL,
    UNIQUE (visitor, list, product, size)
);

-- What a request that is sent twice with the same key was answered.
CREATE TABLE visitor_keys (
    visitor  BIGINT NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    key_hash {{bytes}} NOT NULL,  -- SHA-256
    answered BOOLEAN NOT NULL,    -- no: how the first one ended is not known
    answer   {{bytes}} NOT NULL,
    made_at  BIGINT NOT NULL,
    PRIMARY KEY (visitor, key_hash)
);
CREATE INDEX visitor_keys_made_at ON visitor_keys (made_at);

-- The key of the proofs for checkSession, made once.
CREATE TABLE visitor_proof_key (
    id     BIGINT PRIMARY KEY CHECK (id = 1),
    secret {{bytes}} NOT NULL
);

-- +goose Down
DROP TABLE visitor_proof_key;
DROP TABLE visitor_keys;
DROP TABLE visitor_lines;
DROP TABLE visitors;
