package bridge_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge"
	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

// The example is put into the basket of a sandbox and ordered there, so that what
// it names is known to exist and to fit.
func TestTheExampleCanBeOrdered(t *testing.T) {
	wholesaler := sandbox.New(sandbox.Options{Orders: []sandbox.SeedOrder{}})
	address, err := wholesaler.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = wholesaler.Close() })
	client, err := idosell.New(idosell.Config{
		URL: address, Login: sandbox.DemoLogin, Password: secret.New(sandbox.DemoPassword), DropshippingKey: secret.New(sandbox.DemoDropshippingKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	now := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	example, err := bridge.ExampleOrder(t.Context(), client, "EUR", now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := bridge.ExampleOrder(t.Context(), client, "", now)
	if err != nil || again.Reference == example.Reference || !strings.HasPrefix(example.Reference, "EXAMPLE-1122") {
		t.Errorf("references %q and %q, %v", example.Reference, again.Reference, err)
	}
	if example.Total.Currency != "EUR" || again.Total.Currency != "PLN" || !example.Total.Amount.IsPositive() {
		t.Errorf("totals %+v and %+v", example.Total, again.Total)
	}
	var lines []idosell.Line
	for _, line := range example.Lines {
		if line.Price.Valid {
			t.Errorf("the example tells what the account pays: %+v", line)
		}
		lines = append(lines, idosell.Line{Code: line.Code, CodeType: line.CodeType, Quantity: line.Quantity})
	}
	if _, err := client.ImportBasket(t.Context(), idosell.BasketImport{Lines: lines}); err != nil {
		t.Fatal(err)
	}
	a := example.Recipient
	delivery := idosell.Address{FirstName: a.FirstName, LastName: a.LastName, Street: a.Street, ZipCode: a.ZipCode, City: a.City, CountryID: a.Country, Phone1: a.Phone}
	offers, err := client.CouriersForOrder(t.Context(), idosell.CourierQuery{Address: delivery, PaymentType: example.PaymentType})
	fits := false
	for _, offer := range offers {
		fits = fits || offer.ID == example.Courier.ID
	}
	if err != nil || !fits {
		t.Errorf("the courier %d does not take it: %+v, %v", example.Courier.ID, offers, err)
	}
	if _, err := client.PlaceOrder(t.Context(), idosell.NewOrder{
		Delivery: delivery, CourierID: example.Courier.ID, PaymentType: example.PaymentType, ClientNote: "[ref:" + example.Reference + "]",
	}); err != nil {
		t.Errorf("the wholesaler does not take it: %v", err)
	}
}

// shelf is a wholesaler with some products and couriers.
type shelf struct {
	products  []idosell.Product
	available map[string]bool
	couriers  map[string][]idosell.Courier
	err       error
	asked     int // calls of Availability
}

func (s *shelf) SearchProducts(context.Context, idosell.ProductQuery) iter.Seq2[idosell.Product, error] {
	return func(yield func(idosell.Product, error) bool) {
		for _, product := range s.products {
			if !yield(product, nil) {
				return
			}
		}
		if s.err != nil {
			yield(idosell.Product{}, s.err)
		}
	}
}

func (s *shelf) Availability(_ context.Context, lines ...idosell.Line) (answers []idosell.Availability, err error) {
	s.asked++
	for _, line := range lines {
		answers = append(answers, idosell.Availability{Code: line.Code, Available: s.available[line.Code]})
	}
	return answers, nil
}

func (s *shelf) Couriers(_ context.Context, country string) ([]idosell.Courier, error) {
	return s.couriers[country], nil
}

func TestTheExampleTakesWhatThereIs(t *testing.T) {
	price := idosell.OptionalDecimal{Decimal: decimal.NewFromInt(7), Valid: true}
	s := &shelf{available: map[string]bool{"5-XL": true, "900": true}, couriers: map[string][]idosell.Courier{
		"PL": {{ID: 1, HasPickupPoints: true}, {ID: 2, Payments: []idosell.PaymentType{idosell.CashOnDelivery}}, {ID: 3, Countries: []string{"DE"}}},
		"DE": {{ID: 4, Payments: []idosell.PaymentType{idosell.Prepaid}, Countries: []string{"DE"}}},
	}}
	for id := range int64(1000) {
		product := idosell.Product{ID: id + 1, Visible: id != 2, Currency: "PLN", Sizes: []idosell.ProductSize{{ID: "uniw"}}}
		if product.ID == 5 {
			product.Sizes = []idosell.ProductSize{{ID: "L"}, {ID: "XL"}}
			product.RetailPrice, product.PromotionPrice = price, idosell.OptionalDecimal{Decimal: decimal.NewFromInt(6), Valid: true}
		}
		s.products = append(s.products, product)
	}
	got, err := bridge.ExampleOrder(t.Context(), s, "", time.Now())
	if err != nil || got.Lines[0].Code != "5-XL" || got.Courier.ID != 4 || got.Recipient.Country != "DE" || got.Total.Amount.String() != "6" || s.asked != 1 {
		t.Errorf("got %+v, %v after %d questions", got, err, s.asked)
	}
	// The search for something that can be had ends somewhere.
	delete(s.available, "5-XL")
	s.asked = 0
	_, err = bridge.ExampleOrder(t.Context(), s, "", time.Now())
	if refused, ok := errors.AsType[*bridge.OperatorRefusal](err); !ok || !strings.Contains(refused.Sentence, "no product that can be had") || s.asked > 7 {
		t.Errorf("nothing can be had: %v after %d questions", err, s.asked)
	}
	s.available["1"], s.couriers = true, nil
	if _, err = bridge.ExampleOrder(t.Context(), s, "", time.Now()); err == nil || !strings.Contains(err.Error(), "no courier") {
		t.Errorf("no courier: %v", err)
	}
	s.products, s.err = nil, &idosell.Error{Kind: idosell.KindTimeout}
	if _, err = bridge.ExampleOrder(t.Context(), s, "", time.Now()); !errors.Is(err, s.err) {
		t.Errorf("no answer: %v", err)
	}
}

// Each reason that an order can have comes with what to do about it, and stands
// in the page for operators.
func TestEveryReasonHasAnAdvice(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "how-to", "where-is-this-order.md"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := parser.ParseFile(token.NewFileSet(), filepath.Join("orders", "order.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons := 0
	ast.Inspect(source, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if named, ok := spec.Type.(*ast.Ident); !ok || named.Name != "ReasonCode" {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		reasons++
		book := &desk{}
		book.add(orders.Order{Request: orders.Request{Reference: "SH-1"}, State: orders.Failed, Reason: orders.Reason{Code: orders.ReasonCode(code)}})
		client, _ := overSocket(t, bridge.OperatorParts{Orders: book})
		order, err := client.Order(t.Context(), "SH-1", false)
		if err != nil || order.Advice == "" || strings.HasPrefix(order.Advice, "The timeline says") {
			t.Errorf("%s: no advice of its own: %q, %v", code, order.Advice, err)
		}
		if !strings.Contains(string(page), "`"+code+"`") {
			t.Errorf("docs/how-to/where-is-this-order.md does not tell of %s", code)
		}
		return true
	})
	if reasons < 10 {
		t.Errorf("%d reasons found in orders/order.go: is this test still looking at the right place?", reasons)
	}
}

// FuzzOperatorOrders sends any query to the list of orders: what is not
// understood is refused, and what is taken is bounded.
func FuzzOperatorOrders(f *testing.F) {
	for _, query := range []string{"", "status=failed&status=cancelled&limit=3", "since=2026-11-01T00:00:00Z&before=7", "email=%zz&open=true", "a=b;c", "limit=9999999999999999999"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		book := &desk{}
		book.add(orders.Order{State: orders.Placed, Progress: orders.Dispatched})
		_, mux := overSocket(t, bridge.OperatorParts{Orders: book})
		request := httptest.NewRequest("GET", "/operator/v1/orders", nil)
		request.URL.RawQuery = query
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		if answer.Code != 200 && answer.Code != 422 {
			t.Fatalf("%q: %d %s", query, answer.Code, answer.Body)
		}
		for _, asked := range book.asked {
			if _, rest, ok := strings.Cut(asked, " Limit:"); !ok || strings.HasPrefix(rest, "0") || len(strings.TrimSuffix(rest, "}")) > 3 {
				t.Fatalf("%q asks without a bound: %s", query, asked)
			}
		}
	})
}
