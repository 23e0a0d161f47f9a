package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge"
	"octobridge/bridge/jobs"
	"octobridge/bridge/orders"
	"octobridge/bridge/server"
	"octobridge/bridge/shopapi"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

// shopServer is the shop's API over real orders, a database and a wholesaler.
type shopServer struct {
	t          testing.TB
	url        string
	token      string
	wholesaler *sandbox.Server
	orders     *orders.Service
	tokens     *shopapi.Tokens
	client     *http.Client
}

func startShop(t testing.TB, adjust ...func(*bridge.ShopAPI)) *shopServer {
	t.Helper()
	s := &shopServer{t: t, wholesaler: sandbox.New(sandbox.Options{})}
	address, err := s.wholesaler.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	upstream, err := idosell.New(idosell.Config{
		URL: address, Login: sandbox.DemoLogin, Budget: idosell.NewBudget(1000, 8),
		Password: secret.New(sandbox.DemoPassword), DropshippingKey: secret.New(sandbox.DemoDropshippingKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	queue := newQueue(t, kept, s)
	s.orders, err = orders.New(t.Context(), orders.Options{
		Store: kept, Wholesaler: upstream, Jobs: queue,
		Rules: orders.Rules{Settle: time.Second, CallTimeout: 10 * time.Second, Unavailable: orders.StopUnavailable,
			Couriers: []orders.CountryCourier{{Country: "*", Courier: "cheapest"}}, FollowFor: 24 * time.Hour, StuckAfter: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.tokens, err = shopapi.NewTokens(t.Context(), kept, nil, nil); err != nil {
		t.Fatal(err)
	}
	made, _, err := s.tokens.Create(t.Context(), "all", shopapi.Scopes())
	if err != nil {
		t.Fatal(err)
	}
	s.token = made.Reveal()
	var mounting error
	public, err := server.New(server.Options{
		Listen: "127.0.0.1:0", Grace: 10 * time.Second, Logger: slog.New(slog.DiscardHandler), Large: bridge.ShopLargeBodies(s.tokens),
		Public: func(router fiber.Router) {
			parts := bridge.ShopAPI{
				Orders: s.orders, Upstream: upstream, Tokens: s.tokens, PublicURL: "https://bridge.example", Locale: "pl-PL",
				Supplier: func(ctx context.Context) (idosell.Supplier, bool) {
					supplier, err := upstream.Supplier(ctx)
					return supplier, err == nil
				},
			}
			for _, change := range adjust {
				change(&parts)
			}
			mounting = bridge.MountShopAPI(router, parts)
		},
	})
	if err := errors.Join(err, mounting); err != nil {
		t.Fatal(err)
	}
	if err := public.Listen(); err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + public.Addr().String() + shopapi.Prefix
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := public.Serve(ctx); err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	running.Go(func() {
		if err := queue.Run(ctx); err != nil {
			t.Errorf("the queue: %v", err)
		}
	})
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	s.client = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		running.Wait()
		s.tokens.Close()
		for _, err := range []error{upstream.Close(), kept.Close(), s.wholesaler.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

func newQueue(t testing.TB, kept *store.Store, s *shopServer) *jobs.Queue {
	t.Helper()
	queue, err := jobs.New(t.Context(), jobs.Options{Store: kept, Kinds: []jobs.Kind{{
		Name: orders.JobPlace, Workers: 1, Attempts: 10,
		Handle: func(ctx context.Context, job jobs.Job) (time.Duration, error) { return s.orders.Work(ctx, job.Key) },
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return queue
}

func (s *shopServer) ask(method, path, body string, into any) int {
	s.t.Helper()
	status, err := s.send(method, path, body, into)
	if err != nil {
		s.t.Fatal(err)
	}
	return status
}

func (s *shopServer) send(method, path, body string, into any) (int, error) {
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && into != nil {
		err = json.NewDecoder(bytes.NewReader(text)).Decode(into)
	}
	if response.StatusCode >= 400 && into == nil {
		s.t.Logf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	return response.StatusCode, err
}

// available returns the code of a product that can be had, by way of the API.
func (s *shopServer) available() string {
	s.t.Helper()
	var page shopapi.ProductPage
	if status := s.ask("GET", "/products?search=kubek", "", &page); status != 200 || len(page.Products) == 0 {
		s.t.Fatalf("products: %d %+v", status, page)
	}
	for _, product := range page.Products {
		if product.RetailPrice == nil || product.RetailPrice.Currency != "PLN" || product.Name == "" {
			s.t.Errorf("product %d is shown as %+v", product.ID, product)
		}
		for _, size := range product.Sizes {
			var list struct{ Products []shopapi.Availability }
			status := s.ask("GET", "/availability?code="+url.QueryEscape(size.Code), "", &list)
			if status != 200 || len(list.Products) != 1 {
				s.t.Fatalf("availability of %s: %d %+v", size.Code, status, list)
			}
			got := list.Products[0]
			if got.ProductID != product.ID || got.SizeID != size.ID || got.Price == nil || got.Price.Currency != "PLN" || got.Available != size.Available {
				s.t.Errorf("%s is listed as %+v, and available as %+v, %+v", size.Code, size, got, got.Price)
			}
			if got.Available {
				return size.Code
			}
		}
	}
	s.t.Fatal("nothing can be had")
	return ""
}

const recipient = `{"firstName":"Anna","lastName":"Nowak","street":"Prosta 1","zipCode":"00-001","city":"Warszawa","country":"PL","phone":"+48500000000","email":"anna@example.com"}`

func TestShopPlacesAnOrderOverHTTP(t *testing.T) {
	s := startShop(t)
	code := s.available()
	var quote shopapi.Quote
	if status := s.ask("POST", "/couriers", fmt.Sprintf(`{"products":[{"code":%q,"quantity":1}],"recipient":%s}`, code, recipient), &quote); status != 200 || len(quote.Couriers) == 0 {
		t.Fatalf("couriers: %d %+v", status, quote)
	}
	if quote.Exact && quote.Couriers[0].Cost == nil {
		t.Errorf("an exact quote without costs: %+v", quote.Couriers[0])
	}
	order := fmt.Sprintf(`{"reference":"2026/11/7","recipient":%s,"courier":{"id":%d},"products":[{"code":%q,"quantity":"1"}],"total":{"amount":59.9,"currency":"PLN"}}`, recipient, quote.Couriers[0].ID, code)
	if status := s.ask("POST", "/orders", order, nil); status != 201 {
		t.Fatalf("placing is answered %d", status)
	}
	if status := s.ask("POST", "/orders", order, nil); status != 200 {
		t.Errorf("the same again is answered %d", status)
	}
	if status := s.ask("POST", "/orders", strings.Replace(order, "59.9", "58", 1), nil); status != 409 {
		t.Errorf("another is answered %d", status)
	}
	placed := s.waitFor("/orders/2026%2F11%2F7", "placed")
	if placed.SupplierID == "" || len(placed.Goods) != 1 || !placed.Goods[0].Price.Valid || placed.Courier == "" || placed.PlacedAt.IsZero() {
		t.Errorf("placed is shown as %+v", placed)
	}
	count := 0
	for _, accepted := range s.wholesaler.Orders() {
		if strings.Contains(accepted.Note, "[ref:2026/11/7]") {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the wholesaler has it %d times", count)
	}
	var page struct{ Orders []shopapi.Order }
	if status := s.ask("GET", "/orders?email=ANNA@example.com&state=placed", "", &page); status != 200 || len(page.Orders) != 1 {
		t.Errorf("listed: %d %+v", status, page)
	}
	s.changeAddress(placed)
}

// changeAddress reads the address of an order, sends it back with another street,
// and reads it again.
func (s *shopServer) changeAddress(order *shopapi.Order) {
	s.t.Helper()
	path := "/addresses?reference=" + url.QueryEscape(order.Reference)
	var before, after struct{ Addresses []shopapi.DeliveryAddress }
	if status := s.ask("GET", path, "", &before); status != 200 || len(before.Addresses) != 1 || before.Addresses[0].Street != "Prosta 1" {
		s.t.Fatalf("addresses: %d %+v", status, before)
	}
	address := before.Addresses[0]
	address.Street = "Krzywa 2"
	text, err := json.Marshal(address)
	if err != nil {
		s.t.Fatal(err)
	}
	if status := s.ask("PUT", fmt.Sprint("/addresses/", address.ID), string(text), nil); status != 200 {
		s.t.Errorf("changing is answered %d", status)
	}
	if status := s.ask("GET", path, "", &after); status != 200 || len(after.Addresses) != 1 || after.Addresses[0] != address {
		s.t.Errorf("afterwards: %d %+v, want %+v", status, after, address)
	}
	if status := s.ask("PUT", "/addresses/999999", string(bytes.Replace(text, fmt.Appendf(nil, `"id":%d,`, address.ID), nil, 1)), nil); status != 404 {
		s.t.Errorf("changing one that is not there is answered %d", status)
	}
}

// waitFor asks for an order until it is in a state.
func (s *shopServer) waitFor(path, state string) *shopapi.Order {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 60*time.Second)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		var order shopapi.Order
		if status := s.ask("GET", path, "", &order); status != 200 {
			s.t.Fatalf("%s: %d", path, status)
		}
		if order.State == state {
			return &order
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			s.t.Fatalf("it is %s: %+v", order.State, order.Reason)
		}
	}
}

func TestShopCancelsAnOrder(t *testing.T) {
	s := startShop(t)
	order := fmt.Sprintf(`{"reference":"C-1","recipient":%s,"courier":{"rule":"cheapest"},"products":[{"code":"no-such-code","quantity":1}]}`, recipient)
	if status := s.ask("POST", "/orders", order, nil); status != 201 {
		t.Fatalf("placing is answered %d", status)
	}
	failed := s.waitFor("/orders/C-1", "failed")
	if failed.Reason == nil || failed.Reason.Code == "" || failed.Reason.Text == "" {
		t.Errorf("it does not say why: %+v", failed.Reason)
	}
	if status := s.ask("POST", "/orders/C-1/cancel", "", nil); status != 200 {
		t.Errorf("cancelling is answered %d", status)
	}
	if status := s.ask("POST", "/orders/nobody/cancel", "", nil); status != 404 {
		t.Errorf("cancelling nobody's is answered %d", status)
	}
}

func TestShopOrderThatIsInvalid(t *testing.T) {
	s := startShop(t)
	var problem struct{ Errors []shopapi.Fault }
	order := fmt.Sprintf(`{"reference":"I-1","recipient":%s,"products":[{"code":"1","quantity":1},{"code":"2","quantity":0}]}`, recipient)
	if status := s.ask("POST", "/orders", order, &problem); status != 422 || len(problem.Errors) != 1 || problem.Errors[0].Pointer != "/products/1/quantity" {
		t.Errorf("answered %d %+v", status, problem)
	}
}

func TestShopWhileTheWholesalerIsDown(t *testing.T) {
	s := startShop(t)
	if err := s.wholesaler.Close(); err != nil {
		t.Fatal(err)
	}
	var problem struct{ SafeToSendAgain, Type string }
	if status := s.ask("GET", "/availability?code=1", "", &problem); status != 503 || problem.SafeToSendAgain != "yes" || problem.Type != "urn:octobridge:problem:wholesaler-unreachable" {
		t.Errorf("availability: %d %+v", status, problem)
	}
	order := fmt.Sprintf(`{"reference":"D-1","recipient":%s,"products":[{"code":"1","quantity":1}]}`, recipient)
	if status := s.ask("POST", "/orders", order, nil); status != 201 {
		t.Errorf("an order is answered %d", status)
	}
}

func TestShopTokenDesk(t *testing.T) {
	s := startShop(t)
	desk := bridge.ShopTokenDesk(s.tokens)
	token, about, err := desk.Create(t.Context(), "shop", []string{"orders:read"})
	if err != nil || !strings.HasPrefix(token, "obt_") || about.Name != "shop" || about.ID == 0 {
		t.Fatalf("made %+v, %v", about, err)
	}
	for name, scopes := range map[string][]string{"shop": {"orders:read"}, "other": {"orders:reed"}, "": {"orders:read"}} {
		if _, _, err := desk.Create(t.Context(), name, scopes); !isRefusal(err) {
			t.Errorf("%q with %v: %v", name, scopes, err)
		}
	}
	if err := desk.Revoke(t.Context(), "nobody"); !errors.Is(err, bridge.ErrNotThere) {
		t.Errorf("revoking nobody's: %v", err)
	}
	for range 2 {
		if err := desk.Revoke(t.Context(), "shop"); err != nil {
			t.Errorf("revoking: %v", err)
		}
	}
	list, err := desk.List(t.Context())
	if err != nil || len(list) != 2 || list[1].Name != "shop" || list[1].RevokedAt.IsZero() || list[0].RevokedAt != (time.Time{}) {
		t.Errorf("listed %+v, %v", list, err)
	}
}

func isRefusal(err error) bool {
	_, is := errors.AsType[*bridge.OperatorRefusal](err)
	return is
}
