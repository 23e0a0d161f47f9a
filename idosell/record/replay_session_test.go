package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell"
	"octobridge/idosell/icdf"
	"octobridge/idosell/record"
	"octobridge/idosell/sandbox"
)

// recordedAt is when the tests' recordings were made; the replays are years later.
var (
	recordedAt = time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)
	yearsLater = time.Date(2033, 3, 2, 23, 58, 0, 0, time.UTC)
)

func at(moment time.Time) func() time.Time { return func() time.Time { return moment } }

// stillClock is a clock of the sandbox that stands.
type stillClock struct{}

func (stillClock) Now() time.Time { return recordedAt }

// tape keeps every exchange as it is: what a replay makes of one does not depend on
// how it was redacted.
type tape struct {
	now func() time.Time

	mu        sync.Mutex
	exchanges []record.Exchange
}

func (p *tape) RoundTrip(request *http.Request) (*http.Response, error) {
	body := []byte(nil)
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	parts := strings.Split(request.URL.Query().Get("gate"), "/")
	e := record.Exchange{Gate: parts[0], Method: parts[1], Version: 1, WSDL: len(parts) > 4, At: p.now().UTC(), Request: body}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		e.Failure = "network"
	} else {
		e.Status, e.Header = response.StatusCode, http.Header{}
		for _, name := range []string{"Content-Type", "Date", "Retry-After"} {
			if value := response.Header.Get(name); value != "" {
				e.Header.Set(name, value)
			}
		}
		e.Answer, _ = io.ReadAll(response.Body)
		response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(e.Answer))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exchanges = append(p.exchanges, e)
	return response, err
}

// recordSession makes calls at a sandbox and returns what was exchanged.
func recordSession(t testing.TB, calls func(*sandbox.Server, *idosell.Client)) []record.Exchange {
	t.Helper()
	wholesaler := sandbox.New(sandbox.Options{PublicURL: "http://hurt.example", Clock: stillClock{}})
	listener := httptest.NewServer(wholesaler)
	recorder := &tape{now: wholesaler.Now}
	client := newClient(t, recorder, func(c *idosell.Config) {
		c.URL, c.Now = listener.URL, wholesaler.Now
	})
	calls(wholesaler, client)
	client.Close()
	listener.Close()
	wholesaler.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return recorder.exchanges
}

func newClient(t testing.TB, transport http.RoundTripper, change ...func(*idosell.Config)) *idosell.Client {
	t.Helper()
	config := idosell.Config{
		URL: "https://wholesaler.invalid", Login: sandbox.DemoLogin, Password: idosell.NewSecret(sandbox.DemoPassword),
		DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey), Transport: transport, Budget: idosell.NewBudget(1e6, 16),
		Now: at(recordedAt),
	}
	for _, c := range change {
		c(&config)
	}
	client, err := idosell.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func newReplay(t testing.TB, exchanges []record.Exchange, now time.Time) *record.Replay {
	t.Helper()
	replay, err := record.NewReplay(record.ReplayOptions{Exchanges: exchanges, Now: at(now)})
	if err != nil {
		t.Fatal(err)
	}
	return replay
}

// laterClient is a client years later, with other keys.
func laterClient(t testing.TB, transport http.RoundTripper) *idosell.Client {
	return newClient(t, transport, func(c *idosell.Config) {
		c.Now, c.Login, c.Password, c.DropshippingKey = at(yearsLater), "another", idosell.NewSecret("another-password"), idosell.NewSecret("another-key")
	})
}

var anna = idosell.Address{FirstName: "Anna", LastName: "Nowak", Street: "ul. Kwiatowa 12/3", ZipCode: "50-001", City: "Wrocław",
	CountryID: "PL", Phone1: "+48 500 000 003", Email: "anna.nowak@example.com"}

func number(text string) idosell.Decimal {
	d, err := idosell.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

// all reads a whole list.
func all[T any](t testing.TB, list iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for item, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, item)
	}
	return out
}

// everyGate uses every operation and returns what was read, as JSON by what it is.
func everyGate(t testing.TB, c *idosell.Client) map[string]string {
	t.Helper()
	ctx := t.Context()
	read := map[string]string{}
	keep := func(what string, value any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		read[what] = string(text)
	}
	for _, op := range idosell.DefaultGates().Operations() {
		wsdl, err := c.WSDL(ctx, op)
		keep("WSDL of "+string(op), wsdl, err)
	}
	supplier, err := c.Supplier(ctx)
	keep("supplier", supplier, err)
	mugs, err := c.SearchProductsPage(ctx, idosell.ProductQuery{Text: "kubek", Language: "pol"}, 0, 20)
	keep("mugs", mugs, err)
	plates, err := c.SearchProductsPage(ctx, idosell.ProductQuery{Text: "talerz", Language: "pol"}, 0, 20)
	keep("plates", plates, err)
	keep("products", all(t, c.GetProducts(ctx, idosell.ProductQuery{IDs: []int64{mugs.Items[0].ID, mugs.Items[1].ID}})), nil)
	code := func(p idosell.Product) string { return icdf.VariantCode(p.ID, p.Sizes[0].ID) }
	lines := []idosell.Line{{Code: code(mugs.Items[0]), Quantity: number("2"), Comment: "ostrożnie: szkło"}, {Code: code(mugs.Items[1]), Quantity: number("1")}}
	availability, err := c.Availability(ctx, lines...)
	keep("availability", availability, err)
	empty, err := c.Basket(ctx)
	keep("the empty basket", empty, err)
	imported, err := c.ImportBasket(ctx, idosell.BasketImport{Lines: lines, Comment: "lista"})
	keep("import", imported, err)
	basket, err := c.Basket(ctx)
	keep("basket", basket, err)
	if err := c.SetBasketQuantity(ctx, basket.Lines[0].Position, number("3")); err != nil {
		t.Fatal(err)
	}
	if err := c.RemoveFromBasket(ctx, basket.Lines[1].Position); err != nil {
		t.Fatal(err)
	}
	basket, err = c.Basket(ctx)
	keep("basket after changes", basket, err)
	couriers, err := c.Couriers(ctx, "")
	keep("couriers", couriers, err)
	offers, err := c.CouriersForOrder(ctx, idosell.CourierQuery{Address: anna, PaymentType: idosell.Prepaid})
	keep("couriers for the order", offers, err)
	placed, err := c.PlaceOrder(ctx, idosell.NewOrder{Delivery: anna, CourierID: offers[0].ID, PaymentType: idosell.Prepaid, ClientNote: "[ref:SH-77] źrebię"})
	keep("placed", placed, err)
	keep("orders", all(t, c.Orders(ctx, idosell.OrderQuery{})), nil)
	keep("orders of a week", all(t, c.Orders(ctx, idosell.OrderQuery{Begin: recordedAt.AddDate(0, 0, -7), End: recordedAt})), nil)
	keep("the order", all(t, c.Orders(ctx, idosell.OrderQuery{IDs: []string{placed.ID}})), nil)
	addresses := all(t, c.DeliveryAddresses(ctx, idosell.AddressQuery{OrderIDs: []string{placed.ID}}))
	keep("addresses", addresses, nil)
	addresses[0].City = "Łódź"
	if err := c.SetDeliveryAddress(ctx, addresses[0]); err != nil {
		t.Fatal(err)
	}
	if err := c.CancelOrder(ctx, placed.ID); err != nil {
		t.Fatal(err)
	}
	keep("the cancelled order", all(t, c.Orders(ctx, idosell.OrderQuery{IDs: []string{placed.ID}})), nil)
	if err := c.ClearBasket(ctx); err != nil {
		t.Fatal(err)
	}
	return read
}

// forbiddenNetwork fails the test for everything that goes to the network by way of
// http.DefaultTransport, until the test ends.
func forbiddenNetwork(t *testing.T) {
	t.Helper()
	usual := http.DefaultTransport
	http.DefaultTransport = dialsNobody{t}
	t.Cleanup(func() { http.DefaultTransport = usual })
}

type dialsNobody struct{ t *testing.T }

func (d dialsNobody) RoundTrip(r *http.Request) (*http.Response, error) {
	d.t.Errorf("%s was called over the network", r.URL.Host)
	return nil, errors.New("the network is forbidden in this test")
}

func TestEveryGateReplaysYearsLater(t *testing.T) {
	var read map[string]string
	exchanges := recordSession(t, func(_ *sandbox.Server, c *idosell.Client) { read = everyGate(t, c) })
	forbiddenNetwork(t)
	replay := newReplay(t, exchanges, yearsLater)
	for round := range 2 {
		if diff := cmp.Diff(read, everyGate(t, laterClient(t, replay))); diff != "" {
			t.Errorf("round %d: -recorded +replayed:\n%s", round, diff)
		}
		if left := replay.Unplayed(); len(left) > 0 {
			t.Errorf("round %d: never asked for: %v", round, left)
		}
		replay.Rewind()
	}
	if left := replay.Unplayed(); len(left) != len(exchanges) {
		t.Errorf("after rewinding %d of %d exchanges are unplayed", len(left), len(exchanges))
	}
}

// inOrder plays a recording as it stands, without looking at what is asked.
type inOrder struct {
	mu   sync.Mutex
	left []record.Exchange
}

func (p *inOrder) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.left) == 0 {
		return nil, errors.New("the recording is at its end")
	}
	e := p.left[0]
	p.left = p.left[1:]
	if gate := r.URL.Query().Get("gate"); !strings.HasPrefix(gate, e.Name()+"/") {
		return nil, fmt.Errorf("%s is called where %s was recorded", gate, e.Name())
	}
	return &http.Response{StatusCode: e.Status, Header: e.Header, Body: io.NopCloser(bytes.NewReader(e.Answer)), ContentLength: -1, Request: r}, nil
}

// A redacted recording, written to disk and read again, answers a session with the
// people that it does not hold any more.
func TestARedactedRecordingReplaysYearsLater(t *testing.T) {
	exchanges := recordSession(t, func(_ *sandbox.Server, c *idosell.Client) { everyGate(t, c) })
	redactor := record.NewRedactor(record.Options{Secrets: []string{sandbox.DemoPassword, sandbox.DemoDropshippingKey}})
	dir := t.TempDir()
	for i := range exchanges {
		if err := redactor.Exchange(&exchanges[i]); err != nil {
			t.Fatal(err)
		}
		if err := record.Write(dir, i+1, &exchanges[i]); err != nil {
			t.Fatal(err)
		}
	}
	forbiddenNetwork(t)
	want := everyGate(t, laterClient(t, &inOrder{left: exchanges}))
	replay, err := record.NewReplay(record.ReplayOptions{Dir: dir, Now: at(yearsLater)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, everyGate(t, laterClient(t, replay))); diff != "" {
		t.Errorf("-in order +replayed:\n%s", diff)
	}
	if left := replay.Unplayed(); len(left) > 0 {
		t.Errorf("never asked for: %v", left)
	}
	if strings.Contains(want["orders"], anna.LastName) || strings.Contains(want["orders"], "SH-77") {
		t.Errorf("the recording is not redacted: %s", want["orders"])
	}
}
