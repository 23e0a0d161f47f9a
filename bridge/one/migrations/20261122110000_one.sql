-- +goose Up
-- Times are Unix microseconds. Text columns are never NULL.
CREATE TABLE one_events (
    id           {{identity}},
    kind         TEXT NOT NULL,             -- cart-opened, client-logged, offer-opened
    received_at  BIGINT NOT NULL,
    content_type TEXT NOT NULL,
    body         {{bytes}} NOT NULL,        -- as it came
    customer     TEXT NOT NULL,             -- as it came, with its prefix; empty: it names none
    cart         TEXT NOT NULL,
    offer        TEXT NOT NULL,
    flag         TEXT NOT NULL,             -- empty: the event says what it should
    state        TEXT NOT NULL,             -- new, done, recorded, failed
    meaning      TEXT NOT NULL DEFAULT '',  -- of client-logged: login, return
    outcome      TEXT NOT NULL DEFAULT '',  -- a sentence
    attempts     BIGINT NOT NULL DEFAULT 0,
    due_at       BIGINT NOT NULL,           -- of a new one: not before
    worked_at    BIGINT NOT NULL DEFAULT 0,
    repeats      BIGINT NOT NULL DEFAULT 0, -- how often it came again
    repeated_at  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX one_events_new ON one_events (id) WHERE state = 'new';
CREATE INDEX one_events_received_at ON one_events (received_at);
CREATE INDEX one_events_customer ON one_events (customer, id) WHERE customer <> '';

-- Which event a key stands for, for as long as an equal one is the same event.
CREATE TABLE one_event_keys (
    digest      {{bytes}} PRIMARY KEY,  -- SHA-256 of the kind and every id
    event       BIGINT NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX one_event_keys_received_at ON one_event_keys (received_at);

-- When a customer was last heard of, to tell a return from a new login.
CREATE TABLE one_customers (
    customer TEXT PRIMARY KEY, -- as in one_events
    logged   BIGINT NOT NULL,  -- the last client-logged
    heard    BIGINT NOT NULL   -- the last event of any kind
);
CREATE INDEX one_customers_heard ON one_customers (heard);

-- Offers that were opened, as ONe's integration API showed them then. They hold
-- purchase prices: for operators alone.
CREATE TABLE one_offers (
    offer      TEXT PRIMARY KEY,
    customer   TEXT NOT NULL,      -- who opened it last; as in one_events
    opened_at  BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    document   {{bytes}} NOT NULL  -- JSON of integration.Offer
);
CREATE INDEX one_offers_customer ON one_offers (customer, opened_at);
CREATE INDEX one_offers_opened_at ON one_offers (opened_at);

-- +goose Down
DROP TABLE one_offers;
DROP TABLE one_customers;
DROP TABLE one_event_keys;
DROP TABLE one_events;
