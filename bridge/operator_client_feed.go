package bridge

import (
	"context"
	"net/http"
)

// FeedStatus says what of the wholesaler's feed is published and what is under
// way. An *OperatorError with code "no-feed" says that none is configured. Safe to
// repeat.
func (c *OperatorClient) FeedStatus(ctx context.Context) (status FeedStatus, err error) {
	err = c.ask(ctx, http.MethodGet, "feed", nil, &status)
	return status, err
}

// LoadFeed has the service look at the feed, or read a file, and returns when it
// has begun. An *OperatorError with code "feed-busy" says that something is under
// way already. Safe to repeat.
func (c *OperatorClient) LoadFeed(ctx context.Context, load FeedLoad) error {
	return c.ask(ctx, http.MethodPost, "feed/load", load, &done{})
}

// ConfirmFeed lets the file through that is held back. An *OperatorError with code
// "nothing-held" says that none is. Safe to repeat.
func (c *OperatorClient) ConfirmFeed(ctx context.Context) error {
	return c.ask(ctx, http.MethodPost, "feed/confirm", struct{}{}, &done{})
}

// Search asks the service for a page of products, as visitors are answered.
// Safe to repeat.
func (c *OperatorClient) Search(ctx context.Context, query CatalogQuery) (found CatalogFound, err error) {
	err = c.ask(ctx, http.MethodGet, "search?"+query.values().Encode(), nil, &found)
	return found, err
}
