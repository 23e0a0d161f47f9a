-- +goose Up
-- Times are Unix microseconds, 0 for none. Text columns are never NULL.

-- One row: what is remembered of the feed between two looks at it.
CREATE TABLE catalog_feed (
    id         BIGINT NOT NULL PRIMARY KEY,
    address    TEXT NOT NULL DEFAULT '',    -- a hash of feed.url: what is below is of that feed
    plain      BIGINT NOT NULL DEFAULT 0,   -- 1: the address is that of an offer, without a gateway
    state      TEXT NOT NULL DEFAULT '',    -- JSON: what was imported, and up to where
    started_at BIGINT NOT NULL DEFAULT 0,   -- the first look
    checked_at BIGINT NOT NULL DEFAULT 0,   -- the last look
    success_at BIGINT NOT NULL DEFAULT 0,   -- the last look at which nothing of the offer failed
    expires_at BIGINT NOT NULL DEFAULT 0,   -- as the gateway says
    error      TEXT NOT NULL DEFAULT ''     -- of the last look, or file
);
INSERT INTO catalog_feed (id) VALUES (1);

-- What was last made of each file.
CREATE TABLE catalog_feed_files (
    kind        TEXT NOT NULL PRIMARY KEY,
    changed_at  BIGINT NOT NULL DEFAULT 0,  -- as the gateway says
    imported_at BIGINT NOT NULL DEFAULT 0,
    products    BIGINT NOT NULL DEFAULT 0,
    added       BIGINT NOT NULL DEFAULT 0,
    updated     BIGINT NOT NULL DEFAULT 0,
    unchanged   BIGINT NOT NULL DEFAULT 0,
    removed     BIGINT NOT NULL DEFAULT 0,
    damaged     BIGINT NOT NULL DEFAULT 0,
    bytes       BIGINT NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',   -- of the last attempt
    failed_at   BIGINT NOT NULL DEFAULT 0
);

-- At most one row: the file that is held back.
CREATE TABLE catalog_feed_held (
    id            BIGINT NOT NULL PRIMARY KEY,
    kind          TEXT NOT NULL,
    hash          TEXT NOT NULL,
    changed_at    BIGINT NOT NULL,
    etag          TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    content       TEXT NOT NULL,
    local         BIGINT NOT NULL,  -- 1: a file of the operator's, not of the feed
    lost          BIGINT NOT NULL,  -- so many products
    total         BIGINT NOT NULL,  -- of so many
    since         BIGINT NOT NULL,
    confirmed     BIGINT NOT NULL DEFAULT 0
);

-- +goose Down
DROP TABLE catalog_feed_held;
DROP TABLE catalog_feed_files;
DROP TABLE catalog_feed;
