package bridge

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// CreateToken makes a token of the shop's API and returns it: it cannot be read
// again. Not safe to repeat: a name is taken once.
func (c *OperatorClient) CreateToken(ctx context.Context, name string, scopes []string) (token string, about ShopToken, err error) {
	var answer newToken
	err = c.ask(ctx, http.MethodPost, "tokens", map[string]any{"name": name, "scopes": scopes}, &answer)
	return answer.Token, answer.About, err
}

// Tokens lists the tokens of the shop's API. Safe to repeat.
func (c *OperatorClient) Tokens(ctx context.Context) ([]ShopToken, error) {
	var answer struct{ Tokens []ShopToken }
	err := c.ask(ctx, http.MethodGet, "tokens", nil, &answer)
	return answer.Tokens, err
}

// RevokeToken ends a token, by its id or name. Safe to repeat.
func (c *OperatorClient) RevokeToken(ctx context.Context, idOrName string) error {
	return c.ask(ctx, http.MethodPost, "tokens/revoke", map[string]string{"token": idOrName}, &done{})
}

// Webhooks lists messages to the shop, newest first. Safe to repeat.
func (c *OperatorClient) Webhooks(ctx context.Context, query WebhookQuery) ([]Webhook, error) {
	var answer struct{ Webhooks []Webhook }
	err := c.ask(ctx, http.MethodGet, "webhooks?"+listValues(query.Limit, "state", query.State, "subject", query.Subject), nil, &answer)
	return answer.Webhooks, err
}

// ResendWebhook sends one message to the shop again, under the id that it had.
// Safe to repeat.
func (c *OperatorClient) ResendWebhook(ctx context.Context, id string) error {
	return c.ask(ctx, http.MethodPost, "webhooks/resend", map[string]any{"id": id}, &struct{}{})
}

// ResendFailedWebhooks sends all messages again that were given up, and says how
// many those are. Safe to repeat.
func (c *OperatorClient) ResendFailedWebhooks(ctx context.Context) (int, error) {
	var answer struct{ Resent int }
	err := c.ask(ctx, http.MethodPost, "webhooks/resend", map[string]any{"failed": true}, &answer)
	return answer.Resent, err
}

// Alerts lists what the operator was told, newest first. Safe to repeat.
func (c *OperatorClient) Alerts(ctx context.Context) ([]Alert, error) {
	var answer struct{ Alerts []Alert }
	err := c.ask(ctx, http.MethodGet, "alerts", nil, &answer)
	return answer.Alerts, err
}

// Jobs lists jobs of the queue, newest first. Safe to repeat.
func (c *OperatorClient) Jobs(ctx context.Context, query JobQuery) ([]QueueJob, error) {
	var answer struct{ Jobs []QueueJob }
	err := c.ask(ctx, http.MethodGet, "jobs?"+listValues(query.Limit, "kind", query.Kind, "state", query.State), nil, &answer)
	return answer.Jobs, err
}

// RetryJob runs a job again at once. Safe to repeat.
func (c *OperatorClient) RetryJob(ctx context.Context, id int64) error {
	return c.ask(ctx, http.MethodPost, "jobs/retry", jobAction{id}, &done{})
}

// CancelJob takes a job out of the queue. Safe to repeat.
func (c *OperatorClient) CancelJob(ctx context.Context, id int64) error {
	return c.ask(ctx, http.MethodPost, "jobs/cancel", jobAction{id}, &done{})
}

// listValues writes the query string of a list: its limit, and names with texts,
// those without a text left out.
func listValues(limit int, pairs ...string) string {
	values := url.Values{}
	if limit > 0 {
		values.Set("limit", strconv.Itoa(limit))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values.Encode()
}
