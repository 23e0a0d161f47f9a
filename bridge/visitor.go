package bridge

import (
	"context"
	"net/http"

	"octobridge/bridge/visitors"
	"octobridge/oct8ne"
)

// Visitors is what the adapter asks about who is asking. A *visitors.Service is
// one.
type Visitors interface {
	CookieName() string
	Cookie(value string) *http.Cookie
	Renew(v *visitors.Visitor, cookie string) *http.Cookie
	Known(ctx context.Context, cookie string) (*visitors.Visitor, error)
	Saw(v *visitors.Visitor, oct8neVisitor string)
	SeeGuest(ctx context.Context, oct8neVisitor string) (*visitors.Visitor, string, error)
	CartOf(ctx context.Context, v *visitors.Visitor) (*visitors.Cart, []visitors.Line, error)
	Wish(ctx context.Context, v *visitors.Visitor, products []int64) (*visitors.Visitor, string, int, error)
	Proven(ctx context.Context, proof, email string) (bool, error)
	CustomerByEmail(ctx context.Context, email string) ([]string, error)
}

// visitor finds out who is asking, by one query of the store at most.
func (a *Adapter) visitor(ctx context.Context, request *oct8ne.Request) (*visitors.Visitor, error) {
	if a.visitors == nil {
		return &visitors.Visitor{}, nil
	}
	cookie := request.Cookie(a.visitors.CookieName())
	if cookie == "" {
		return &visitors.Visitor{}, nil
	}
	return a.visitors.Known(ctx, cookie)
}

// customersSource is where products are asked for as this visitor sees them: with
// their own prices, for a customer of the wholesaler who is signed in. Guests of
// every kind see the same. An error means that nobody knows who is asking.
func (a *Adapter) customersSource(ctx context.Context, request *oct8ne.Request) (productSource, error) {
	if a.own == nil {
		return a.source(), nil
	}
	v, err := a.visitor(ctx, request)
	if err != nil {
		return nil, err
	}
	return a.sourceOf(request, v), nil
}

// sourceOf is customersSource for a visitor who is known already.
func (a *Adapter) sourceOf(request *oct8ne.Request, v *visitors.Visitor) productSource {
	if a.own == nil || v.Customer == nil || !v.Customer.Wholesaler {
		return a.source()
	}
	request.MarkPersonal()
	return a.own.source(a, v.Ref)
}
