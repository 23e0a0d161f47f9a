-- +goose Up
-- Times are Unix microseconds, 0 for none. Text columns are never NULL.
CREATE TABLE orders (
    id              {{identity}},
    account         TEXT NOT NULL,              -- the client's account key: whose basket it goes through
    reference       TEXT NOT NULL UNIQUE,       -- the shop's order number
    digest          TEXT NOT NULL,              -- of the request
    request         TEXT NOT NULL,              -- JSON, without the contents of attachments
    customer_id     TEXT NOT NULL,
    email           TEXT NOT NULL,              -- the customer's, lower case
    recipient_email TEXT NOT NULL,              -- lower case
    session         TEXT NOT NULL,              -- of oct8ne
    state           TEXT NOT NULL,
    reason_code     TEXT NOT NULL DEFAULT '',
    reason_text     TEXT NOT NULL DEFAULT '',
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    waiting_since   BIGINT NOT NULL DEFAULT 0,  -- of the present reason
    next_at         BIGINT NOT NULL DEFAULT 0,  -- not looked at before
    attempts        BIGINT NOT NULL DEFAULT 0,  -- announcements of placeOrder
    asked_at        BIGINT NOT NULL DEFAULT 0,  -- the last of them
    goods           TEXT NOT NULL DEFAULT '',   -- JSON, as verified
    courier_id      BIGINT NOT NULL DEFAULT 0,
    courier         TEXT NOT NULL DEFAULT '',
    proof           TEXT NOT NULL DEFAULT '',   -- JSON, what is known of an unknown outcome
    supplier_id     TEXT NOT NULL DEFAULT '',
    supplier_serial BIGINT NOT NULL DEFAULT 0,
    supplier_status TEXT NOT NULL DEFAULT '',
    progress        TEXT NOT NULL DEFAULT '',
    placed_at       BIGINT NOT NULL DEFAULT 0,
    dispatched_at   BIGINT NOT NULL DEFAULT 0,
    delivered_at    BIGINT NOT NULL DEFAULT 0,
    expected_at     BIGINT NOT NULL DEFAULT 0,
    look_at         BIGINT NOT NULL DEFAULT 0,  -- when the wholesaler is asked about it next; 0: not followed
    heard_at        BIGINT NOT NULL DEFAULT 0,  -- when something new was last heard of it
    version         BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX orders_state ON orders (account, state, id);
CREATE INDEX orders_email ON orders (email);
CREATE INDEX orders_recipient_email ON orders (recipient_email);
CREATE INDEX orders_supplier ON orders (supplier_id);
CREATE INDEX orders_look_at ON orders (look_at);
CREATE INDEX orders_created_at ON orders (created_at);

CREATE TABLE order_attachments (
    order_id BIGINT NOT NULL REFERENCES orders (id),
    position BIGINT NOT NULL,
    name     TEXT NOT NULL,
    content  {{bytes}} NOT NULL,
    PRIMARY KEY (order_id, position)
);

CREATE TABLE order_events (
    id       {{identity}},
    order_id BIGINT NOT NULL REFERENCES orders (id),
    at       BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    state    TEXT NOT NULL,
    text     TEXT NOT NULL,
    detail   TEXT NOT NULL
);
CREATE INDEX order_events_order ON order_events (order_id, id);

CREATE TABLE order_parcels (
    order_id        BIGINT NOT NULL REFERENCES orders (id),
    number          TEXT NOT NULL,
    shipping_number TEXT NOT NULL,
    tracking_url    TEXT NOT NULL,
    courier         TEXT NOT NULL,
    first_seen_at   BIGINT NOT NULL,
    gone_at         BIGINT NOT NULL DEFAULT 0, -- taken back then
    PRIMARY KEY (order_id, number)
);
CREATE INDEX order_parcels_number ON order_parcels (number);

-- What is known of an account's basket and of how the wholesaler behaves.
CREATE TABLE baskets (
    account       TEXT PRIMARY KEY,
    order_id      BIGINT NOT NULL DEFAULT 0,   -- whose goods may be in it; 0: nobody's of ours
    quoting       TEXT NOT NULL DEFAULT '',    -- JSON, goods put in to ask for couriers
    blocked_until BIGINT NOT NULL DEFAULT 0,
    failures      BIGINT NOT NULL DEFAULT 0,   -- in a row, of asking the wholesaler
    keeps_goods   BIGINT NOT NULL DEFAULT 0,   -- times that placing an order did not empty it
    loses_notes   BIGINT NOT NULL DEFAULT 0    -- times that a placed order came without our note
);

-- +goose Down
DROP TABLE baskets;
DROP TABLE order_parcels;
DROP TABLE order_events;
DROP TABLE order_attachments;
DROP TABLE orders;
