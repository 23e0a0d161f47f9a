package survey_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.uber.org/goleak"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tape keeps exchanges in memory as they go over the wire.
type tape struct {
	mu        sync.Mutex
	next      http.RoundTripper
	exchanges []record.Exchange
}

var address = regexp.MustCompile(`gate=(\w+)/(\w+)/(\d+)`)

func (p *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil { // of a gate's WSDL
		return p.next.RoundTrip(r)
	}
	request, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(request))
	response, err := p.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(answer))
	gate := address.FindStringSubmatch(r.URL.RawQuery)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exchanges = append(p.exchanges, record.Exchange{Gate: gate[1], Method: gate[2], Version: 1, Took: time.Duration(len(p.exchanges)+1) * time.Millisecond,
		At: time.Now().UTC(), Status: response.StatusCode, Request: request, Answer: answer})
	return response, nil
}

// session is a session of every gate of the sandbox, in a mood.
func session(t *testing.T, moods sandbox.Moods) []record.Exchange {
	t.Helper()
	const login, password, key = "shop", "password of the shop", "key of the shop"
	who := sandbox.Address{FirstName: "Jan", LastName: "Kowalski", Firm: "Firma", NIP: "5260001246", Street: "Prosta 1", ZipCode: "00-001", City: "Warszawa", Province: "mazowieckie", CountryID: "PL", Phone1: "500600700", Phone2: "500600701", Email: "jan@example.com"}
	server := sandbox.New(sandbox.Options{
		DropshippingKey: secret.New(key),
		Accounts:        []sandbox.Account{{Login: login, Password: secret.New(password), Email: "shop@example.com", Address: who}},
	})
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); _ = server.Close() })
	at, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	recorded := &tape{next: transport}
	c, err := idosell.New(idosell.Config{URL: at, Login: login, Password: secret.New(password), DropshippingKey: secret.New(key),
		Transport: recorded, Budget: idosell.NewBudget(100_000, 8), Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	server.SetMoods(moods)
	person := idosell.Address{FirstName: "Jan", LastName: "Kowalski", Street: "Prosta 1", ZipCode: "00-001", City: "Warszawa", CountryID: "PL", Phone1: "500600700", Email: "jan@example.com"}
	line := idosell.Line{Code: "1101", Quantity: decimal.NewFromInt(1)}
	_, err1 := c.Supplier(ctx)
	_, err2 := c.Availability(ctx, line)
	_, err3 := c.Couriers(ctx, "PL")
	err4 := c.ClearBasket(ctx)
	_, err5 := c.ImportBasket(ctx, idosell.BasketImport{Lines: []idosell.Line{line}})
	_, err6 := c.CouriersForOrder(ctx, idosell.CourierQuery{Address: person})
	_, err7 := c.Basket(ctx)
	placed, err8 := c.PlaceOrder(ctx, idosell.NewOrder{Delivery: person, CourierID: 6, PaymentType: "prepaid", ClientNote: "note"})
	_, err9 := c.OrdersPage(ctx, idosell.OrderQuery{IDs: []string{placed.ID}}, 0, 10)
	_, err10 := c.SearchProductsPage(ctx, idosell.ProductQuery{Text: "kubek"}, 0, 10)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10); err != nil {
		t.Fatal(err)
	}
	for _, err := range c.GetProducts(ctx, idosell.ProductQuery{IDs: []int64{1101}}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range c.DeliveryAddresses(ctx, idosell.AddressQuery{OrderIDs: []string{placed.ID}}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return recorded.exchanges
}

// renamed is a recording whose elements have other names, in some gates alone where
// those are named.
func renamed(exchanges []record.Exchange, names map[string]string, gates ...string) []record.Exchange {
	out := append([]record.Exchange(nil), exchanges...)
	for i := range out {
		if len(gates) > 0 && !strings.Contains(strings.Join(gates, " "), out[i].Name()) {
			continue
		}
		for from, to := range names {
			tag := regexp.MustCompile(`(</?)` + from + `([\s/>])`)
			out[i].Answer = tag.ReplaceAll(out[i].Answer, []byte("${1}"+to+"${2}"))
			out[i].Request = tag.ReplaceAll(out[i].Request, []byte("${1}"+to+"${2}"))
		}
	}
	return out
}
