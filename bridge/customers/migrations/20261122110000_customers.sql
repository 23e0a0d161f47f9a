-- +goose Up
-- What opens the sessions of the wholesaler's customers: the digest of the
-- password, encrypted. Empty where there is no key.
CREATE TABLE customer_digests (
    ref       TEXT PRIMARY KEY,
    login     TEXT NOT NULL,
    key_id    TEXT NOT NULL,
    sealed    {{bytes}} NOT NULL, -- nonce and AES-256-GCM, bound to ref and login
    signed_at BIGINT NOT NULL     -- Unix microseconds
);

-- Lines that a guest had, on their way into the customer's basket.
CREATE TABLE customer_merges (
    ref      TEXT PRIMARY KEY,
    state    TEXT NOT NULL,   -- waiting, importing, restoring; left: could not be had, to be told
    lines    TEXT NOT NULL,   -- JSON: what the guest had, or what is left of it
    held     TEXT NOT NULL,   -- JSON: what the basket held before the import
    sent     TEXT NOT NULL,   -- JSON: what was imported
    tries    BIGINT NOT NULL, -- imports that were announced
    sent_at  BIGINT NOT NULL  -- when the last was, Unix microseconds; of a new row: its making
);

-- +goose Down
DROP TABLE customer_merges;
DROP TABLE customer_digests;
