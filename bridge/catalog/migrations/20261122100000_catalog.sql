-- +goose Up
-- A row is in force at generation g when since <= g < until; 9223372036854775807
-- is an end that has not come. Times are Unix microseconds, 0 for none.
CREATE TABLE catalog_products (
    id      BIGINT NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    hash    BIGINT NOT NULL,    -- of the element it was read from in a full file; 0: something else is in it, too
    details BIGINT NOT NULL,    -- hash of its body in catalog_details; 0: it has none
    record  {{bytes}} NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE INDEX catalog_products_until ON catalog_products (until) WHERE until < 9223372036854775807;

CREATE TABLE catalog_details (
    id    BIGINT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    body  {{bytes}} NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE INDEX catalog_details_until ON catalog_details (until) WHERE until < 9223372036854775807;

-- One row: what is published, and what is being staged.
CREATE TABLE catalog_state (
    id           BIGINT NOT NULL PRIMARY KEY,
    generation   BIGINT NOT NULL DEFAULT 0,
    products     BIGINT NOT NULL DEFAULT 0,  -- in force at the generation
    version      TEXT NOT NULL DEFAULT '',   -- of the last full offer
    language     TEXT NOT NULL DEFAULT '',
    currency     TEXT NOT NULL DEFAULT '',
    languages    TEXT NOT NULL DEFAULT '',   -- of the products' texts, with commas between
    full_at      BIGINT NOT NULL DEFAULT 0,  -- when the last full offer was generated
    prices_at    BIGINT NOT NULL DEFAULT 0,  -- when the file was generated that the prices are from
    published_at BIGINT NOT NULL DEFAULT 0,
    lists        BIGINT NOT NULL DEFAULT 0,  -- counts the changes of catalog_lists
    staging      BIGINT NOT NULL DEFAULT 0,  -- the generation that is being staged; 0: none
    token        TEXT NOT NULL DEFAULT ''    -- of who stages it
);
INSERT INTO catalog_state (id) VALUES (1);

CREATE TABLE catalog_lists (
    kind TEXT NOT NULL PRIMARY KEY,
    body {{bytes}} NOT NULL
);

-- +goose Down
DROP TABLE catalog_lists;
DROP TABLE catalog_state;
DROP TABLE catalog_details;
DROP TABLE catalog_products;
