-- +goose Up
-- Times are Unix microseconds, 0 for none. Text columns are never NULL.
CREATE TABLE notify_messages (
    id            {{identity}},
    message_id    TEXT NOT NULL UNIQUE,     -- "msg_…", the webhook-id: the same in every attempt
    target        TEXT NOT NULL,            -- shop, alert-webhook, alert-mail
    recipient     TEXT NOT NULL DEFAULT '', -- of a mail; never listed
    type          TEXT NOT NULL,
    subject       TEXT NOT NULL,            -- an order's reference, or which alert
    body          TEXT NOT NULL,            -- JSON, as it is sent; '' once it is pruned
    created_at    BIGINT NOT NULL,
    state         TEXT NOT NULL,            -- pending, delivered, failed
    attempts      BIGINT NOT NULL DEFAULT 0, -- all there were
    step          BIGINT NOT NULL DEFAULT 0, -- attempts since it was stored or resent: place in the schedule
    next_at       BIGINT NOT NULL DEFAULT 0, -- not sent before
    claimed_until BIGINT NOT NULL DEFAULT 0, -- an attempt is under way, or died
    resent_at     BIGINT NOT NULL DEFAULT 0,
    delivered_at  BIGINT NOT NULL DEFAULT 0,
    last_status   BIGINT NOT NULL DEFAULT 0, -- HTTP or SMTP; 0: no answer
    last_error    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX notify_messages_state ON notify_messages (state, next_at);
CREATE INDEX notify_messages_subject ON notify_messages (subject, id);
CREATE INDEX notify_messages_delivered ON notify_messages (delivered_at);

CREATE TABLE notify_attempts (
    id      {{identity}},
    message BIGINT NOT NULL REFERENCES notify_messages (id),
    at      BIGINT NOT NULL,
    status  BIGINT NOT NULL, -- as last_status
    took    BIGINT NOT NULL, -- microseconds
    error   TEXT NOT NULL    -- '': it was taken
);
CREATE INDEX notify_attempts_message ON notify_attempts (message, id);

-- What an address has said about being called at all.
CREATE TABLE notify_endpoints (
    target     TEXT NOT NULL,
    digest     TEXT NOT NULL,            -- of the address, which may hold a secret
    gone_at    BIGINT NOT NULL DEFAULT 0, -- it answered 410 then
    held_until BIGINT NOT NULL DEFAULT 0, -- it asked to be left alone until then
    PRIMARY KEY (target, digest)
);

CREATE TABLE notify_alerts (
    id             {{identity}},
    alert_key      TEXT NOT NULL,
    text           TEXT NOT NULL,
    raised_at      BIGINT NOT NULL,
    over_at        BIGINT NOT NULL DEFAULT 0,
    quiet_until    BIGINT NOT NULL DEFAULT 0, -- it flaps: not told before
    told_raised_at BIGINT NOT NULL DEFAULT 0, -- -1: it was over before anybody had to be told
    told_over_at   BIGINT NOT NULL DEFAULT 0  -- -1: as above
);
-- This decides who raises an alert: the first, and nobody while it is open.
CREATE UNIQUE INDEX notify_alerts_open ON notify_alerts (alert_key) WHERE over_at = 0;
CREATE INDEX notify_alerts_key ON notify_alerts (alert_key, id);

-- +goose Down
DROP TABLE notify_alerts;
DROP TABLE notify_endpoints;
DROP TABLE notify_attempts;
DROP TABLE notify_messages;
