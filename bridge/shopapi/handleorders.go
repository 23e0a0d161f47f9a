package shopapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
)

// OrderPage is a page of orders, newest first.
type OrderPage struct {
	Orders []*Order `json:"orders"`
	Next   string   `json:"next,omitempty"` // cursor of the next page; empty: this is the last
}

const (
	defaultOrders = 50
	maxOrders     = 200
)

// The values that filters of orders may have.
var (
	orderStates     = []string{"accepted", "verified", "importing", "imported", "placing", "placed", "failed", "unknown", "cancelled"}
	orderProgresses = []string{"in_preparation", "dispatched", "delivered", "cancelled", "lapsed"}
)

func (a *api) postOrder(c *call) error {
	if _, err := a.noQuery(c); err != nil {
		return err
	}
	var request NewOrder
	if err := a.readBody(c, request.read); err != nil {
		return err
	}
	order, created, err := a.options.Orders.Accept(c.ctx, request)
	var invalid *InvalidError
	switch {
	case err == nil:
	case errors.As(err, &invalid):
		return a.invalid(invalid.Faults)
	case errors.Is(err, ErrReferenceTaken):
		return a.problem(http.StatusConflict, kindReferenceTaken, "The reference is taken",
			"Another order has this reference, and nothing was changed: use a new reference, or send the first order unchanged to see it again.", nil,
			map[string]any{memberReference: request.Reference, memberSendAgain: SendAgainNo})
	default:
		retryAfter(c.Ctx, 0)
		return a.problem(http.StatusServiceUnavailable, kindUnavailable, "The order may not be stored", sameAgainIsSafe, err,
			map[string]any{memberReference: request.Reference, memberSendAgain: SendAgainYes})
	}
	c.Set(fiber.HeaderLocation, a.options.PublicURL+OrdersPath+"/"+url.PathEscape(order.Reference))
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return answer(c, status, order.forReader(&c.token))
}

func (a *api) listOrders(c *call) error {
	p, err := a.query(c, []string{"email", "parcel", "reference", "since", "until", "limit", "cursor"}, []string{"state", "status", "progress"})
	if err != nil {
		return err
	}
	query := Query{
		Email: p.text("email"), Parcel: p.text("parcel"), Reference: p.text("reference"),
		States:   append(p.list("state", orderStates...), p.list("status", orderStates...)...),
		Progress: p.list("progress", orderProgresses...),
		Since:    p.instant("since"), Until: p.instant("until"),
		Limit: p.integer("limit", defaultOrders, 1, maxOrders),
	}
	if p.values.Has("cursor") {
		var ok bool
		if query.Before, ok = readCursor(p.text("cursor"), p.values); !ok {
			p.wrong("?cursor", "must be next of the page before, with the same filters")
		}
	}
	if len(p.faults) > 0 {
		return a.invalid(p.faults)
	}
	page := OrderPage{Orders: []*Order{}}
	limit := query.Limit
	query.Limit++ // one more tells whether there is a next page
	orders, err := a.options.Orders.List(c.ctx, query)
	if err != nil {
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	if len(orders) > limit {
		orders = orders[:limit]
		page.Next = newCursor(orders[limit-1].ID, p.values)
	}
	for i := range orders {
		page.Orders = append(page.Orders, orders[i].forReader(&c.token))
	}
	return answer(c, http.StatusOK, page)
}

func (a *api) getOrder(c *call) error {
	if _, err := a.noQuery(c); err != nil {
		return err
	}
	reference, err := a.reference(c)
	if err != nil {
		return err
	}
	order, err := a.options.Orders.Get(c.ctx, reference)
	if err != nil {
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	return answer(c, http.StatusOK, order.forReader(&c.token))
}

func (a *api) cancelOrder(c *call) error {
	if _, err := a.noQuery(c); err != nil {
		return err
	}
	reference, err := a.reference(c)
	if err != nil {
		return err
	}
	if len(c.Request().Body()) > 0 {
		if err := a.readBody(c, fields{}.read); err != nil {
			return err
		}
	}
	order, err := a.options.Orders.Cancel(c.ctx, reference, "API token "+c.token.Name)
	if err != nil {
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	return answer(c, http.StatusOK, order.forReader(&c.token))
}

// reference returns the reference in the path of a request. A slash in it may be
// written as it is or as %2F: proxies turn one into the other.
func (a *api) reference(c *call) (string, error) {
	reference, err := url.PathUnescape(c.Params("+"))
	if err != nil || !utf8.ValidString(reference) {
		return "", a.malformed(malformed("the reference in the path is not percent-encoded UTF-8"))
	}
	return strings.Clone(reference), nil // the request's memory is used again
}

// noQuery refuses parameters where there are none.
func (a *api) noQuery(c *call) (*parameters, error) {
	p, err := a.query(c, nil, nil)
	if err == nil && len(p.faults) > 0 {
		err = a.invalid(p.faults)
	}
	return p, err
}

// answer sends a success.
func answer(c *call, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(status).Send(body)
}
