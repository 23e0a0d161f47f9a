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
	"net/url"
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

func TestRepeatedReadsPlayInSequence(t *testing.T) {
	exchanges := recordSession(t, func(w *sandbox.Server, c *idosell.Client) {
		for range 3 {
			if _, err := c.Basket(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := c.ImportBasket(t.Context(), idosell.BasketImport{Lines: []idosell.Line{{Code: "1101", Quantity: number("1")}}}); err != nil {
				t.Fatal(err)
			}
		}
	})
	replay := newReplay(t, exchanges, yearsLater)
	c := laterClient(t, replay)
	for round := range 2 {
		for i, want := range []int{0, 1, 2, 2, 2} {
			basket, err := c.Basket(t.Context())
			if err != nil || len(basket.Lines) != want && (len(basket.Lines) != 1 || basket.Lines[0].Quantity.IntPart() != int64(want)) {
				t.Errorf("round %d: read %d has %d lines, want %d pieces: %v", round, i, len(basket.Lines), want, err)
			}
		}
		replay.Rewind()
	}
}

// say is an exchange of a gate.
func say(gate, request, answer string) record.Exchange {
	g, m, _ := strings.Cut(gate, "/")
	return record.Exchange{Gate: g, Method: m, Version: 1, At: recordedAt, Status: 200, Request: []byte(request), Answer: []byte(answer),
		Header: http.Header{"Content-Type": {"text/xml"}}}
}

// ask sends a request to a replay, and returns the answer's body.
func ask(replay http.RoundTripper, gate, body string) (string, error) {
	response, err := replay.RoundTrip(request(gate, body))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

func request(gate, body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, "https://wholesaler.invalid/customer-api/?gate="+url.QueryEscape(gate+"/1/soap"), strings.NewReader(body))
}

func expect(t *testing.T, replay http.RoundTripper, gate, body, want string) {
	t.Helper()
	if got, err := ask(replay, gate, body); err != nil || got != want {
		t.Errorf("got %q, want %q (%v)", got, want, err)
	}
}

func period(begin, end time.Time) string {
	return wire("k", fmt.Sprintf("<range><begin>%s</begin><end>%s</end></range>", begin.Format(time.DateTime), end.Format(time.DateTime)))
}

func TestDatesAreAskedRelativeToTheDay(t *testing.T) {
	day := 24 * time.Hour
	last := func(now time.Time, days int) string { return period(now.Add(-time.Duration(days)*day), now) }
	exchanges := []record.Exchange{
		say("Orders/get", last(recordedAt, 30), "a month"),
		say("Orders/get", last(recordedAt, 7), "a week"),
		say("Orders/get", last(recordedAt.Add(time.Minute), 7), "a week, a minute later"),
	}
	exchanges[2].At = recordedAt.Add(time.Minute)
	replay := newReplay(t, exchanges, yearsLater)
	expect(t, replay, "Orders/get", last(yearsLater, 7), "a week")
	expect(t, replay, "Orders/get", last(yearsLater, 30), "a month")
	expect(t, replay, "Orders/get", last(yearsLater.Add(5*time.Second), 7), "a week, a minute later")
	expect(t, replay, "Orders/get", last(yearsLater.Add(3*time.Hour), 7), "a week, a minute later")
	expect(t, replay, "Orders/get", last(yearsLater, 28), "a month")
	replay.Rewind()
	// The same dates as recorded win over those that only lie as far away.
	expect(t, replay, "Orders/get", last(recordedAt.Add(time.Minute), 7), "a week, a minute later")
	expect(t, replay, "Orders/get", last(recordedAt, 7), "a week")
}

func TestDatesOfAnAnswerMoveWithTheRequest(t *testing.T) {
	answer := "<a><d>2026-11-20 23:30:05</d><d> 2026-11-14 </d><d><![CDATA[2026-11-21T11:00:00Z]]></d><d>0000-00-00</d><d>at 2026-11-20</d><d>2026-02-31</d><n>20261120</n></a>"
	moved := "<a><d>2026-12-21 23:31:05</d><d> 2026-12-15 </d><d><![CDATA[2026-12-22T11:01:00Z]]></d><d>0000-00-00</d><d>at 2026-11-20</d><d>2026-02-31</d><n>20261120</n></a>"
	replay := newReplay(t, []record.Exchange{say("Orders/get", period(recordedAt.AddDate(0, 0, -7), recordedAt), answer)}, recordedAt)
	later := recordedAt.Add(31*24*time.Hour + time.Minute)
	expect(t, replay, "Orders/get", period(later.AddDate(0, 0, -7), later), moved)
	expect(t, replay, "Orders/get", period(recordedAt.AddDate(0, 0, -7), recordedAt), answer)
	far := strings.NewReplacer("2026-11-14", "9999-11-14").Replace(period(recordedAt.AddDate(0, 0, -7), recordedAt))
	if got, err := ask(replay, "Orders/get", far); err != nil || len(got) != len(answer) {
		t.Errorf("dates moved out of the calendar: %q, %v", got, err)
	}
}

// The client leaves out the orders that lie outside of the asked period: those of the
// last week must be there years later.
func TestOrdersOfTheLastWeekYearsLater(t *testing.T) {
	week := func(now time.Time) idosell.OrderQuery {
		return idosell.OrderQuery{Begin: now.AddDate(0, 0, -7), End: now}
	}
	var recorded []idosell.Order
	exchanges := recordSession(t, func(_ *sandbox.Server, c *idosell.Client) { recorded = all(t, c.Orders(t.Context(), week(recordedAt))) })
	if len(recorded) == 0 {
		t.Fatal("the sandbox has no orders of the last week")
	}
	replayed := all(t, laterClient(t, newReplay(t, exchanges, yearsLater)).Orders(t.Context(), week(yearsLater)))
	if len(replayed) != len(recorded) {
		t.Fatalf("%d orders, want %d", len(replayed), len(recorded))
	}
	for i := range replayed {
		if replayed[i].ID != recorded[i].ID {
			t.Errorf("order %d is %s, want %s", i, replayed[i].ID, recorded[i].ID)
		}
		if ago, want := yearsLater.Sub(replayed[i].AddedAt), recordedAt.Sub(recorded[i].AddedAt); ago != want {
			t.Errorf("%s was added %v ago, want %v", replayed[i].ID, ago, want)
		}
	}
}

func TestEachPersonKeepsTheirStandIn(t *testing.T) {
	address := func(name, city string) string {
		return wire("k", "<deliveryAddress><firstName>"+name+"</firstName><city>"+city+"</city><countryId>PL</countryId></deliveryAddress>")
	}
	gate := "Dropshipping/getCouriersForOrder"
	replay := newReplay(t, []record.Exchange{
		say(gate, address("Imię 1", "Miasto 1"), "first, once"),
		say(gate, address("Imię 2", "Miasto 2"), "second"),
		say(gate, address("Imię 1", "Miasto 1"), "first, again"),
	}, recordedAt)
	expect(t, replay, gate, address("Anna", "Wrocław"), "first, once")
	expect(t, replay, gate, address("Piotr", "Kraków"), "second")
	expect(t, replay, gate, address("Anna", "Wrocław"), "first, again")
	expect(t, replay, gate, address("Piotr", "Kraków"), "second")
	expect(t, replay, gate, address("Ewa", "Łódź"), "first, again") // more than were recorded
	expect(t, replay, gate, address("Imię 2", "Miasto 2"), "second")
	if _, err := ask(replay, gate, strings.Replace(address("Anna", "Wrocław"), "PL", "DE", 1)); err == nil {
		t.Error("another country is another request")
	}
}

func TestAnOrdersLoginMayBeAStandIn(t *testing.T) {
	ids := func(ids ...string) string {
		return wire("k", "<ordersIds><item>"+strings.Join(ids, "</item><item>")+"</item></ordersIds>")
	}
	replay := newReplay(t, []record.Exchange{say("Orders/get", ids("user-1-12", "user-1-13"), "both")}, recordedAt)
	expect(t, replay, "Orders/get", ids("demo-shop-13", "demo-shop-12"), "both")
	if _, err := ask(replay, "Orders/get", ids("demoshop-12", "demoshop-14")); err == nil {
		t.Error("other orders are another request")
	}
}

const (
	gone = `<a><errors><ns1:faultCode xsi:type="xsd:int"> 1 </ns1:faultCode><faultString>Sesja wygasła</faultString></errors></a>`
	fine = `<a><errors><faultCode>0</faultCode></errors></a>`
)

func TestARecordedExpiryDoesNotSpoilAReplay(t *testing.T) {
	exchanges := recordSession(t, func(w *sandbox.Server, c *idosell.Client) {
		for range 3 {
			if _, err := c.Supplier(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.Revoke()
		}
	})
	if n := len(exchanges); n != 8 { // 3 sessions, 3 answers, 2 refusals
		t.Fatalf("the recording has %d exchanges", n)
	}
	replay := newReplay(t, exchanges, yearsLater)
	calls := 0
	c := newClient(t, replay, func(config *idosell.Config) {
		config.Now = at(yearsLater)
		config.Observe = func(idosell.Call) { calls++ }
	})
	for range 4 {
		if _, err := c.Supplier(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 5 { // one session for all, whatever the recording says
		t.Errorf("%d calls, want 5", calls)
	}
}

func TestWhichLoginFaultsArePassedOver(t *testing.T) {
	utf16 := func(text string) string {
		out := "\xff\xfe"
		for _, r := range text {
			out += string([]byte{byte(r), 0})
		}
		return out
	}
	for name, test := range map[string]struct {
		recorded []string
		played   []string
	}{
		"repeated":         {[]string{gone, fine}, []string{fine, fine}},
		"twice":            {[]string{gone, gone, fine}, []string{fine}},
		"in the middle":    {[]string{fine, gone, fine + " "}, []string{fine, fine + " "}},
		"never repeated":   {[]string{fine, gone}, []string{fine, gone, gone}},
		"nothing else":     {[]string{gone, gone}, []string{gone, gone}},
		"in CDATA":         {[]string{"<fault_code><![CDATA[1]]></fault_code>", fine}, []string{fine}},
		"in UTF-16":        {[]string{utf16("<faultCode>1</faultCode>"), fine}, []string{fine}},
		"another fault":    {[]string{"<faultCode>12</faultCode>", fine}, []string{"<faultCode>12</faultCode>", fine}},
		"fault 1 of words": {[]string{"<faultString>1</faultString>", fine}, []string{"<faultString>1</faultString>", fine}},
	} {
		t.Run(name, func(t *testing.T) {
			var exchanges []record.Exchange
			for _, answer := range test.recorded {
				exchanges = append(exchanges, say("Orders/get", wire("k", ""), answer))
			}
			replay := newReplay(t, exchanges, recordedAt)
			for _, want := range test.played {
				expect(t, replay, "Orders/get", wire("other", ""), want)
			}
		})
	}
}

func TestAnyAuthenticateIsAnswered(t *testing.T) {
	login := func(name, key string) string {
		return "<Envelope><Body><authenticate><authenticate><authenticate><" + name + ">x</" + name + "><key>" + key + "</key></authenticate></authenticate></authenticate></Body></Envelope>"
	}
	replay := newReplay(t, []record.Exchange{
		say("Authenticate/authenticate", login("login", "1"), gone), // the day was another there
		say("Authenticate/authenticate", login("login", "2"), "first"),
		say("Authenticate/authenticate", login("login", "3"), "second"),
	}, recordedAt)
	expect(t, replay, "Authenticate/authenticate", login("userLogin", "9"), "first")
	expect(t, replay, "Authenticate/authenticate", login("login", "1"), "second")
	expect(t, replay, "Authenticate/authenticate", "no XML", "second")
}

func TestASessionThatWasNotRecordedIsMadeUp(t *testing.T) {
	exchanges := recordSession(t, func(_ *sandbox.Server, c *idosell.Client) {
		if _, err := c.Supplier(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	gates, err := idosell.ReadGates(strings.NewReader("authenticate: {gate: Logowanie, method: zaloguj, names: {results.sessionKey: klucz_sesji}}"))
	if err != nil {
		t.Fatal(err)
	}
	replay, err := record.NewReplay(record.ReplayOptions{Exchanges: exchanges[1:], Gates: gates})
	if err != nil {
		t.Fatal(err)
	}
	supplier, err := newClient(t, replay, func(c *idosell.Config) { c.Gates = gates }).Supplier(t.Context())
	if err != nil || supplier.Name == "" {
		t.Errorf("%+v, %v", supplier, err)
	}
}

func TestFailuresPlayAsFailures(t *testing.T) {
	failing := func(failure string, status int, answer string) []record.Exchange {
		e := say("Dropshipping/placeOrder", wire("k", ""), answer)
		e.Failure, e.Status = failure, status
		return []record.Exchange{e}
	}
	_, err := ask(newReplay(t, failing("timeout", 0, ""), recordedAt), "Dropshipping/placeOrder", wire("k", ""))
	var late interface{ Timeout() bool }
	if !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("a time-out is %v", err)
	}
	_, err = ask(newReplay(t, failing("network", 0, ""), recordedAt), "Dropshipping/placeOrder", wire("k", ""))
	if failure, ok := errors.AsType[*record.RecordedFailure](err); !ok || failure.Timeout() || failure.Gate != "Dropshipping/placeOrder" {
		t.Errorf("a broken connection is %v", err)
	}
	text, err := ask(newReplay(t, failing("network", 200, "<a><b>"), recordedAt), "Dropshipping/placeOrder", wire("k", ""))
	if text != "<a><b>" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an answer that broke off is %q, %v", text, err)
	}
	busy := failing("", 503, "busy")
	busy[0].Header.Set("Retry-After", "7")
	response, err := newReplay(t, busy, recordedAt).RoundTrip(request("Dropshipping/placeOrder", wire("k", "")))
	if err != nil || response.StatusCode != 503 || response.Header.Get("Retry-After") != "7" || response.ContentLength != 4 {
		t.Errorf("%+v, %v", response, err)
	}
	response.Header.Set("Retry-After", "changed")
	if busy[0].Header.Get("Retry-After") != "7" {
		t.Error("who gets an answer can change the recording")
	}
}

func TestWhatTheClientMakesOfFailures(t *testing.T) {
	placing := idosell.NewOrder{Delivery: anna, CourierID: 1, PaymentType: idosell.Prepaid}
	exchanges := recordSession(t, func(w *sandbox.Server, c *idosell.Client) {
		w.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/placeOrder"}, Trouble: sandbox.Trouble{Drop: "after"}})
		_, err := c.PlaceOrder(t.Context(), placing)
		if idosell.MaySendAgain(err) != idosell.SendAgainUnknown {
			t.Fatal(err)
		}
	})
	c := laterClient(t, newReplay(t, exchanges, yearsLater))
	_, err := c.PlaceOrder(t.Context(), placing)
	if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindNetwork || failure.SendAgain != idosell.SendAgainUnknown {
		t.Errorf("replayed it is %v", err)
	}
	// What has no match was certainly not sent.
	placing.CourierID = 2
	_, err = c.PlaceOrder(t.Context(), placing)
	if _, ok := errors.AsType[*record.NoMatchError](err); !ok || idosell.MaySendAgain(err) != idosell.SendAgainYes {
		t.Errorf("a request without a match: %v, send again: %s", err, idosell.MaySendAgain(err))
	}
}

func TestAReplayMayBeSharedByGoroutines(t *testing.T) {
	const each = 20
	var exchanges []record.Exchange
	for i := range each {
		exchanges = append(exchanges, say("Orders/get", wire("k", "<a>1</a>"), fmt.Sprint(i)))
	}
	replay := newReplay(t, exchanges, recordedAt)
	answers := make(chan string, 4*each)
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range each {
				answer, err := ask(replay, "Orders/get", wire("k", "<a>1</a>"))
				if err != nil {
					t.Error(err)
				}
				answers <- answer
				_, _ = ask(replay, "Orders/get", wire("k", "<city>no match</city>"))
				replay.Unplayed()
			}
		})
	}
	running.Wait()
	close(answers)
	count := map[string]int{}
	for answer := range answers {
		count[answer]++
	}
	for i := range each {
		want := 1 // each once, and the last one for all that came after
		if i == each-1 {
			want = 3*each + 1
		}
		if count[fmt.Sprint(i)] != want {
			t.Errorf("answer %d came %d times, want %d", i, count[fmt.Sprint(i)], want)
		}
	}
}

func TestARecordingMustHoldSomething(t *testing.T) {
	for name, options := range map[string]record.ReplayOptions{
		"nothing":        {},
		"a missing file": {Dir: "testdata/there-is-none"},
		"both":           {Dir: "testdata", Exchanges: make([]record.Exchange, 1)},
	} {
		if _, err := record.NewReplay(options); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := record.NewReplay(record.ReplayOptions{Dir: t.TempDir()}); err == nil {
		t.Error("an empty folder is no recording")
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
