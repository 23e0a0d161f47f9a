package idosell_test

import (
	"encoding/json"
	"errors"
	"iter"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell"
	"octobridge/idosell/icdf"
	"octobridge/idosell/sandbox"
)

// stage is a sandbox on a frozen clock with a client of it.
type stage struct {
	*sandbox.Server
	client *idosell.Client
}

// standing is a clock that stands still until the sandbox's own is moved.
type standing struct{}

func (standing) Now() time.Time { return stageTime }

var stageTime = time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)

func newStage(t *testing.T, change ...func(*idosell.Config)) stage {
	t.Helper()
	server := sandbox.New(sandbox.Options{PublicURL: "http://hurt.example", Clock: standing{}})
	listener := httptest.NewServer(server)
	t.Cleanup(func() { listener.Close(); server.Close() })
	config := idosell.Config{
		URL: listener.URL, Login: sandbox.DemoLogin, Password: idosell.NewSecret(sandbox.DemoPassword),
		DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey),
		Budget:          idosell.NewBudget(1e6, 16),
		Now:             server.Now,
	}
	for _, c := range change {
		c(&config)
	}
	client, err := idosell.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return stage{server, client}
}

func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for item, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, item)
	}
	return out, nil
}

// shoppingTrip uses every operation once and returns all that was read.
func shoppingTrip(t *testing.T, c *idosell.Client) map[string]any {
	t.Helper()
	ctx := t.Context()
	read := map[string]any{}
	keep := func(what string, value any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		read[what] = value
	}
	supplier, err := c.Supplier(ctx)
	keep("supplier", supplier, err)
	products, err := c.SearchProductsPage(ctx, idosell.ProductQuery{Text: "kubek", Language: "pol"}, 0, 20)
	keep("search", products.Items, err)
	if len(products.Items) == 0 {
		t.Fatal("the sandbox has no mugs")
	}
	ids := []int64{products.Items[0].ID, products.Items[len(products.Items)-1].ID}
	same, err := collect(c.GetProducts(ctx, idosell.ProductQuery{IDs: ids}))
	keep("products", same, err)
	code := func(p idosell.Product) string { return icdf.VariantCode(p.ID, p.Sizes[0].ID) }
	lines := []idosell.Line{{Code: code(products.Items[0]), Quantity: number(t, "2"), Comment: "ostrożnie: szkło"}, {Code: code(products.Items[1]), Quantity: number(t, "1")}}
	availability, err := c.Availability(ctx, lines...)
	keep("availability", availability, err)
	imported, err := c.ImportBasket(ctx, idosell.BasketImport{Lines: lines, Comment: "lista"})
	keep("import", imported, err)
	basket, err := c.Basket(ctx)
	keep("basket", basket, err)
	if err := c.SetBasketQuantity(ctx, basket.Lines[0].Position, number(t, "3")); err != nil {
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
	orders, err := collect(c.Orders(ctx, idosell.OrderQuery{}))
	keep("orders", orders, err)
	one, err := collect(c.Orders(ctx, idosell.OrderQuery{IDs: []string{placed.ID}}))
	keep("the order", one, err)
	addresses, err := collect(c.DeliveryAddresses(ctx, idosell.AddressQuery{OrderIDs: []string{placed.ID}}))
	keep("addresses", addresses, err)
	addresses[0].City = "Łódź"
	if err := c.SetDeliveryAddress(ctx, addresses[0]); err != nil {
		t.Fatal(err)
	}
	if err := c.CancelOrder(ctx, placed.ID); err != nil {
		t.Fatal(err)
	}
	one, err = collect(c.Orders(ctx, idosell.OrderQuery{IDs: []string{placed.ID}}))
	keep("the cancelled order", one, err)
	if err := c.ClearBasket(ctx); err != nil {
		t.Fatal(err)
	}
	return read
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestEveryOperationAtTheSandbox(t *testing.T) {
	s := newStage(t)
	read := shoppingTrip(t, s.client)
	order := read["the order"].([]idosell.Order)[0]
	if order.ClientNote != "[ref:SH-77] źrebię" || order.Client.Delivery.Email != anna.Email || len(order.Lines) != 1 || !order.Lines[0].Quantity.Equal(number(t, "3")) {
		t.Errorf("the order reads %+v", order)
	}
	if !order.AddedAt.Equal(stageTime) {
		t.Errorf("added at %v, want %v", order.AddedAt, stageTime)
	}
	if status := read["the cancelled order"].([]idosell.Order)[0].Status; status != idosell.StatusCanceled {
		t.Errorf("after cancelling the status is %s", status)
	}
	if accepted := s.Orders(); accepted[len(accepted)-1].ID != read["placed"].(idosell.PlacedOrder).ID {
		t.Error("the sandbox did not accept the order that the client reports")
	}
}

// The same wholesaler, writing its answers in every other way, is read the same.
func TestEveryFormIsReadTheSame(t *testing.T) {
	want := jsonOf(t, shoppingTrip(t, newStage(t).client))
	for name, form := range map[string]sandbox.Form{
		"other prefixes":   {OtherPrefixes: true},
		"method's part":    {Part: "{method}Response"},
		"any part":         {Part: "wynik"},
		"Results":          {Results: "Results"},
		"result":           {Results: "result"},
		"snake case":       {SnakeCase: true},
		"lone item":        {LoneItem: true},
		"repeated":         {Repeated: true},
		"empty arrays":     {EmptyArrays: true},
		"nil":              {Nil: true},
		"CDATA":            {CDATA: true},
		"untyped":          {Untyped: true},
		"BOM":              {Encoding: "utf-8-bom"},
		"ISO-8859-2":       {Encoding: "iso-8859-2"},
		"windows-1250":     {Encoding: "windows-1250"},
		"UTF-16":           {Encoding: "utf-16"},
		"UTF-16LE":         {Encoding: "utf-16le"},
		"decimal commas":   {DecimalCommas: true},
		"zero dates":       {ZeroDates: true},
		"maps":             {Map: true},
		"multi-references": {MultiRef: true},
		"no errors":        {NoErrors: true},
		"all at once":      {OtherPrefixes: true, Part: "x", Results: "Results", SnakeCase: true, LoneItem: true, CDATA: true, Untyped: true, Encoding: "iso-8859-2", DecimalCommas: true, ZeroDates: true, NoErrors: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.SetMoods(sandbox.Moods{Form: form})
			got := jsonOf(t, shoppingTrip(t, s.client))
			if got != want {
				var a, b any
				json.Unmarshal([]byte(want), &a)
				json.Unmarshal([]byte(got), &b)
				t.Errorf("-default +this form:\n%s", cmp.Diff(a, b))
			}
		})
	}
}

// Faults on each of three levels are failures, in whatever form the answer is
// written; outer 0 alone is none. As maps, those of the outer level were overlooked.
func TestFaultLevelsAtTheSandbox(t *testing.T) {
	fault := &sandbox.Fault{Code: 5, Text: "zablokowane"}
	for level, trouble := range map[string]sandbox.Trouble{"outer": {Fault: fault}, "item": {ItemFault: fault}, "detail": {DeepFault: fault}} {
		for name, form := range map[string]sandbox.Form{
			"plain": {}, "bare": {BareItemFaults: true}, "maps": {Map: true}, "references": {MultiRef: true}, "repeated": {Repeated: true},
			"lone item": {LoneItem: true}, "snake case": {SnakeCase: true}, "CDATA": {CDATA: true}, "maps and references": {Map: true, MultiRef: true},
		} {
			t.Run(level+", "+name, func(t *testing.T) {
				s := newStage(t)
				s.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/basketImport"}, Trouble: trouble, Form: form})
				_, err := s.client.ImportBasket(t.Context(), idosell.BasketImport{Lines: []idosell.Line{{Code: "1101", Quantity: number(t, "1")}}})
				failure, ok := errors.AsType[*idosell.Error](err)
				if !ok || failure.Code != 5 || failure.SendAgain != idosell.SendAgainNo {
					t.Errorf("error %v, want fault 5 that is not to be sent again", err)
				}
			})
		}
	}
}

// An order whose answer is lost was placed: the client says that it does not
// know, and does not order again.
func TestLostAnswerIsUnknownAndNotRepeated(t *testing.T) {
	for name, trouble := range map[string]sandbox.Trouble{
		"dropped after the work":   {Drop: "after"},
		"cut in the middle":        {Drop: "middle"},
		"truncated":                {Truncated: true},
		"twice":                    {Twice: true},
		"empty":                    {Empty: true},
		"500 with the work done":   {Status: 500, Empty: true},
		"answer slower than asked": {AnswerDelay: sandbox.Duration(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(c *idosell.Config) { c.Timeout = 300 * time.Millisecond })
			product, err := s.client.SearchProductsPage(t.Context(), idosell.ProductQuery{Text: "kubek"}, 0, 1)
			if err != nil || len(product.Items) == 0 {
				t.Fatal(err)
			}
			if _, err := s.client.ImportBasket(t.Context(), idosell.BasketImport{Lines: []idosell.Line{{Code: jsonOf(t, product.Items[0].ID), Quantity: number(t, "1")}}}); err != nil {
				t.Fatal(err)
			}
			offers, err := s.client.CouriersForOrder(t.Context(), idosell.CourierQuery{Address: anna})
			if err != nil {
				t.Fatal(err)
			}
			before := len(s.Orders())
			s.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/placeOrder"}, Trouble: trouble})
			_, err = s.client.PlaceOrder(t.Context(), idosell.NewOrder{Delivery: anna, CourierID: offers[0].ID, PaymentType: idosell.Prepaid, ClientNote: "[ref:SH-78]"})
			if idosell.MaySendAgain(err) != idosell.SendAgainUnknown {
				t.Errorf("error %v says %s, want unknown", err, idosell.MaySendAgain(err))
			}
			s.SetMoods()
			if placed := len(s.Orders()) - before; placed != 1 {
				t.Errorf("%d orders were placed, want 1", placed)
			}
		})
	}
}

// What is assumed of sessions may be otherwise: the reads go on all the same.
func TestSessionsThatBehaveDifferently(t *testing.T) {
	names, err := idosell.ReadGates(strings.NewReader("authenticate: {names: {authenticate.login: userLogin, authenticate.systemKey: authenticateKey}}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		mood   sandbox.Different
		at     time.Time
		change func(*idosell.Config)
	}{
		"ends early":         {sandbox.Different{SessionLife: sandbox.Duration(time.Minute)}, stageTime, nil},
		"only one":           {sandbox.Different{SingleSession: true}, stageTime, nil},
		"UTC before 1 in PL": {sandbox.Different{AuthenticateDate: "utc"}, time.Date(2026, 6, 3, 22, 5, 0, 0, time.UTC), nil},
		"other login names":  {sandbox.Different{LoginNames: true}, stageTime, func(config *idosell.Config) { config.Gates = names }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(config *idosell.Config) {
				if c.change != nil {
					c.change(config)
				}
			})
			s.SetTime(c.at)
			s.SetMoods(sandbox.Moods{Different: c.mood})
			for range 3 {
				if _, err := s.client.Basket(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.Advance(2 * time.Minute)
			}
		})
	}
}

func TestSandboxWSDLs(t *testing.T) {
	s := newStage(t)
	for _, op := range s.client.Gates().Operations() {
		spec := s.client.Gates().Gate(op)
		wsdl, err := s.client.WSDL(t.Context(), op)
		if err != nil {
			t.Errorf("%s: %v", spec.Name(), err)
			continue
		}
		if len(wsdl.Operations) == 0 || wsdl.Operations[0].Name != spec.Method || wsdl.Version < 0 || wsdl.Operations[0].SOAPAction != "#"+spec.Method {
			t.Errorf("%s: %+v", spec.Name(), wsdl)
		}
	}
}

// The session was renewed, and then all sessions were revoked, while a search with
// the session before was under way. The search took the renewed one for good, was
// refused again, and gave up: the first search after a restart of the bridge that
// met a revocation was answered with nothing.
func TestARenewedSessionThatWasRevokedIsReplacedToo(t *testing.T) {
	s := newStage(t)
	if _, err := s.client.Supplier(t.Context()); err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	s.Server.SetMoods(sandbox.Moods{Gates: []string{"Products/search"}, Calls: 1, Trouble: sandbox.Trouble{Hold: hold}})
	searched := make(chan error)
	go func() {
		_, err := s.client.SearchProductsPage(t.Context(), idosell.ProductQuery{Text: "kubek"}, 0, 1)
		searched <- err
	}()
	for s.Server.Calls()["Products/search"] == 0 {
		runtime.Gosched()
	}
	s.Server.Revoke() // the one that the search goes with
	if _, err := s.client.Supplier(t.Context()); err != nil {
		t.Fatal(err) // renews
	}
	s.Server.Revoke() // the renewed one
	close(hold)
	if err := <-searched; err != nil {
		t.Errorf("the search fails: %v", err)
	}
}
