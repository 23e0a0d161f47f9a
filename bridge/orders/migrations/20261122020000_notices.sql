-- +goose Up
-- What following a placed order needs to know beside what it is.
ALTER TABLE orders ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0;     -- when Orders/get last told of it; 0: never
ALTER TABLE orders ADD COLUMN missing_since BIGINT NOT NULL DEFAULT 0; -- from when on Orders/get has not named it; 0: it does
ALTER TABLE orders ADD COLUMN noticed_at BIGINT NOT NULL DEFAULT 0;    -- the last notice that Orders/get has not confirmed; 0: none
ALTER TABLE orders ADD COLUMN noticed_status TEXT NOT NULL DEFAULT ''; -- the status that it told

ALTER TABLE order_parcels ADD COLUMN hinted_at BIGINT NOT NULL DEFAULT 0;    -- when a notice told of it; 0 once Orders/get has
ALTER TABLE order_parcels ADD COLUMN removal_at BIGINT NOT NULL DEFAULT 0;   -- when a notice took it back, which Orders/get has not
ALTER TABLE order_parcels ADD COLUMN delivered_at BIGINT NOT NULL DEFAULT 0; -- when a notice told that it was delivered

-- How asking after an account's orders goes. No row: well.
CREATE TABLE order_following (
    account       TEXT PRIMARY KEY,
    failures      BIGINT NOT NULL, -- in a row
    failing_since BIGINT NOT NULL,
    next_at       BIGINT NOT NULL  -- nobody is asked before
);

-- The notices of the wholesaler's shop, as they came. They hold personal data,
-- and are thrown away after a week.
CREATE TABLE order_notices (
    id           {{identity}},
    digest       TEXT NOT NULL UNIQUE,       -- of the notice: the same one again is no other
    at           BIGINT NOT NULL,
    method       TEXT NOT NULL,
    content_type TEXT NOT NULL,
    query        {{bytes}} NOT NULL,
    body         {{bytes}} NOT NULL,
    state        TEXT NOT NULL,              -- new, applied, unmatched, unreadable
    order_id     BIGINT NOT NULL DEFAULT 0,  -- 0: none, or several
    note         TEXT NOT NULL DEFAULT '',   -- why, in our words
    repeats      BIGINT NOT NULL DEFAULT 0,  -- times that coming again made it looked at again
    repeated_at  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX order_notices_at ON order_notices (at);

-- +goose Down
DROP TABLE order_notices;
DROP TABLE order_following;
ALTER TABLE order_parcels DROP COLUMN delivered_at;
ALTER TABLE order_parcels DROP COLUMN removal_at;
ALTER TABLE order_parcels DROP COLUMN hinted_at;
ALTER TABLE orders DROP COLUMN noticed_status;
ALTER TABLE orders DROP COLUMN noticed_at;
ALTER TABLE orders DROP COLUMN missing_since;
ALTER TABLE orders DROP COLUMN looked_at;
