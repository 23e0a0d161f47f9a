package integration

import (
	"context"
	"time"
)

// WithPause gives a client another way to wait.
func (c *Client) WithPause(pause func(context.Context, time.Duration) error) *Client {
	c.pause = pause
	return c
}

// WithMaxPages bounds how many pages of a feed a client reads.
func (c *Client) WithMaxPages(n int) *Client {
	c.maxPages = n
	return c
}

// ReadOffer reads the answer for an offer.
func ReadOffer(content []byte, asked string) (*Offer, error) { return readOffer(content, asked) }

// ReadWords reads the words of an error's answer.
func ReadWords(content []byte, scrub func(string) string) string { return readWords(content, scrub) }

// ReadWebhooks reads a page of webhooks.
func ReadWebhooks(content []byte) ([]Webhook, error) {
	page, err := readWebhookPage(content)
	return page.webhooks, err
}

// ReadSync reads a page of a feed.
func ReadSync(content []byte, start int64, id string) ([]SyncEvent, int64, error) {
	return readSyncPage(content, start, id)
}

// ReadProduct reads a product of the catalogue.
func ReadProduct(content []byte, asked string) (*Product, error) { return readProduct(content, asked) }
