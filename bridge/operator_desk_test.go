package bridge_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/orders"
)

// desk is an order book in memory. It keeps what it was asked.
type desk struct {
	mutex  sync.Mutex
	orders []orders.Order // oldest first; the id is the position from 1
	events map[int64][]orders.Event
	asked  []string
	ahead  string // the reference of the order that holds up the others
	until  time.Time
	err    error // in place of every answer
}

func (d *desk) note(format string, args ...any) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.asked = append(d.asked, fmt.Sprintf(format, args...))
	return d.err
}

func (d *desk) add(order orders.Order) *orders.Order {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	order.ID = int64(len(d.orders) + 1)
	d.orders = append(d.orders, order)
	return &d.orders[len(d.orders)-1]
}

func (d *desk) Accept(_ context.Context, request orders.Request) (*orders.Order, bool, error) {
	if err := d.note("accept %s", request.Reference); err != nil {
		return nil, false, err
	}
	if strings.TrimSpace(request.Reference) == "" {
		return nil, false, &orders.InvalidError{Field: "reference", Problem: "must have 1 to 100 characters"}
	}
	if found, err := d.find(request.Reference); err == nil {
		if found.Request.Note != request.Note {
			return nil, false, orders.ErrReferenceTaken
		}
		return found, false, nil
	}
	return d.add(orders.Order{Request: request, State: orders.Accepted}), true, nil
}

func (d *desk) find(reference string) (*orders.Order, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for i := range d.orders {
		if d.orders[i].Request.Reference == reference {
			return &d.orders[i], nil
		}
	}
	return nil, orders.ErrNotFound
}

func (d *desk) Get(_ context.Context, reference string) (*orders.Order, error) {
	if err := d.note("get %s", reference); err != nil {
		return nil, err
	}
	return d.find(reference)
}

// List keeps to the promises of orders.Query that are needed here.
func (d *desk) List(_ context.Context, query orders.Query) ([]orders.Order, error) {
	if err := d.note("list %+v", query); err != nil {
		return nil, err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var found []orders.Order
	for _, order := range slices.Backward(d.orders) {
		if (query.Before == 0 || order.ID < query.Before) &&
			(len(query.States) == 0 || slices.Contains(query.States, order.State)) &&
			(len(query.Progress) == 0 || slices.Contains(query.Progress, order.Progress)) &&
			strings.HasPrefix(order.Request.Reference, query.Reference) && len(found) < cmp.Or(query.Limit, 100) {
			found = append(found, order)
		}
	}
	return found, nil
}

func (d *desk) Ahead(context.Context) (*orders.Order, time.Time, error) {
	if d.ahead == "" {
		return nil, time.Time{}, d.err
	}
	found, err := d.find(d.ahead)
	return found, d.until, err
}

func (d *desk) Timeline(_ context.Context, id int64) ([]orders.Event, error) {
	return d.events[id], d.note("timeline %d", id)
}

func (d *desk) Cancel(_ context.Context, reference, who string) (*orders.Order, error) {
	if err := d.note("cancel %s by %s", reference, who); err != nil {
		return nil, err
	}
	return d.find(reference)
}

func (d *desk) Retry(_ context.Context, reference, who string, accept bool) (*orders.Order, error) {
	if err := d.note("retry %s by %s, accept %v", reference, who, accept); err != nil {
		return nil, err
	}
	return d.find(reference)
}

func (d *desk) Settle(_ context.Context, reference, who string, verdict orders.Verdict, id string) (*orders.Order, error) {
	if err := d.note("settle %s by %s as %s %q", reference, who, verdict, id); err != nil {
		return nil, err
	}
	return d.find(reference)
}

// queues are tokens, notices and jobs that were only asked.
type queues struct {
	asked []string
	err   error
}

func (q *queues) note(format string, args ...any) error {
	q.asked = append(q.asked, fmt.Sprintf(format, args...))
	return q.err
}

type tokenBook struct{ *queues }

func (b tokenBook) Create(_ context.Context, name string, scopes []string) (string, bridge.ShopToken, error) {
	return "obt_once", bridge.ShopToken{ID: 3, Name: name, Scopes: scopes, CreatedAt: time.Unix(5, 0).UTC()}, b.note("create %s %v", name, scopes)
}
func (b tokenBook) List(context.Context) ([]bridge.ShopToken, error) { return nil, b.note("list") }
func (b tokenBook) Revoke(_ context.Context, id string) error        { return b.note("revoke %s", id) }

type noticeBook struct{ *queues }

func (b noticeBook) Webhooks(_ context.Context, query bridge.WebhookQuery) ([]bridge.Webhook, error) {
	return []bridge.Webhook{{ID: 1, MessageID: "msg_1", Type: "order.placed", Subject: "SH-1", State: "failed", LastStatus: 503}}, b.note("webhooks %+v", query)
}
func (b noticeBook) Resend(_ context.Context, id string) error { return b.note("resend %s", id) }
func (b noticeBook) ResendFailed(context.Context) (int, error) { return 4, b.note("resend failed") }
func (b noticeBook) Alerts(context.Context) ([]bridge.Alert, error) {
	return []bridge.Alert{{Key: "login", Text: "The password is refused", RaisedAt: time.Unix(9, 0).UTC()}}, b.note("alerts")
}

type jobBook struct{ *queues }

func (b jobBook) Jobs(_ context.Context, query bridge.JobQuery) ([]bridge.QueueJob, error) {
	return []bridge.QueueJob{{ID: 8, Kind: "place", Key: 2, State: "discarded"}}, b.note("jobs %+v", query)
}
func (b jobBook) Retry(_ context.Context, id int64) error  { return b.note("retry %d", id) }
func (b jobBook) Cancel(_ context.Context, id int64) error { return b.note("cancel %d", id) }

// overSocket serves the operator API on a socket and returns a client of it.
func overSocket(t *testing.T, parts bridge.OperatorParts) (*bridge.OperatorClient, *http.ServeMux) {
	t.Helper()
	folder, err := os.MkdirTemp("", "op") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket := filepath.Join(folder, "operator.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	bridge.MountOperator(mux, parts)
	serving := &http.Server{Handler: mux}
	ended := make(chan error, 1)
	go func() { ended <- serving.Serve(listener) }()
	client, err := bridge.NewOperatorClient(bridge.OperatorAddress{Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		_ = serving.Close()
		<-ended
	})
	return client, mux
}
