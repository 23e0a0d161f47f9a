package oct8ne_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"octobridge/internal/secret"
	"octobridge/oct8ne"
)

// fasthttp keeps a clock for ever, and the cleaner of a server that has stopped
// sleeps for up to ten seconds more; neither is ours.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

const (
	token      = "C9562C260EE0B82577D9D315F53EBE78"
	shopOrigin = "https://shop.example"
)

// asked is one call that a fake got.
type asked struct {
	method  string
	request *oct8ne.Request
	what    any
}

// fake is an adapter that notes what it is asked and answers what it is told
// to. The zero value knows nothing.
type fake struct {
	mu    sync.Mutex
	calls []asked

	hook     func(ctx context.Context, r *oct8ne.Request) error // before each answer
	infos    []oct8ne.ProductInfo
	found    oct8ne.SearchResult
	related  oct8ne.RelatedResult
	customer oct8ne.CustomerData
	cart     oct8ne.Cart
	adds     bool
	orders   []oct8ne.Order
	details  *oct8ne.OrderDetails
	sales    []oct8ne.Sale
	verdict  oct8ne.SessionVerdict
}

var _ oct8ne.Adapter = (*fake)(nil)

func (f *fake) note(ctx context.Context, method string, r *oct8ne.Request, what any) error {
	f.mu.Lock()
	f.calls = append(f.calls, asked{method, r, what})
	f.mu.Unlock()
	if f.hook != nil {
		return f.hook(ctx, r)
	}
	return nil
}

// last returns the only call since the last one that was looked at.
func (f *fake) last(t *testing.T) asked {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) != 1 {
		t.Fatalf("the adapter was called %d times, want once", len(f.calls))
	}
	call := f.calls[0]
	f.calls = nil
	return call
}

// untouched fails when the adapter was called.
func (f *fake) untouched(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) != 0 {
		t.Errorf("the adapter was called: %s", f.calls[0].method)
	}
	f.calls = nil
}

func (f *fake) ProductInfo(ctx context.Context, r *oct8ne.Request, ids []string) ([]oct8ne.ProductInfo, error) {
	return f.infos, f.note(ctx, "productInfo", r, ids)
}

func (f *fake) ProductSummary(ctx context.Context, r *oct8ne.Request, ids []string) ([]oct8ne.ProductSummary, error) {
	return f.found.Results, f.note(ctx, "productSummary", r, ids)
}

func (f *fake) Search(ctx context.Context, r *oct8ne.Request, q oct8ne.SearchQuery) (oct8ne.SearchResult, error) {
	return f.found, f.note(ctx, "search", r, q)
}

func (f *fake) ProductRelated(ctx context.Context, r *oct8ne.Request, q oct8ne.RelatedQuery) (oct8ne.RelatedResult, error) {
	return f.related, f.note(ctx, "productRelated", r, q)
}

func (f *fake) CustomerData(ctx context.Context, r *oct8ne.Request) (oct8ne.CustomerData, error) {
	return f.customer, f.note(ctx, "customerData", r, nil)
}

func (f *fake) Cart(ctx context.Context, r *oct8ne.Request) (oct8ne.Cart, error) {
	return f.cart, f.note(ctx, "getCart", r, nil)
}

func (f *fake) AddToWishList(ctx context.Context, r *oct8ne.Request, ids []string) (bool, error) {
	return f.adds, f.note(ctx, "addToWishList", r, ids)
}

func (f *fake) AdapterInfo(ctx context.Context, r *oct8ne.Request) (oct8ne.AdapterInfo, error) {
	return oct8ne.AdapterInfo{
		Platform: "Fake 1", AdapterName: "fake", AdapterVersion: "1.2", DevelopedBy: "us",
		SupportURL: "https://support.example/", APIVersion: oct8ne.APIVersion, Enabled: true,
	}, f.note(ctx, "getAdapterInfo", r, nil)
}

func (f *fake) Orders(ctx context.Context, r *oct8ne.Request, q oct8ne.OrdersQuery) ([]oct8ne.Order, error) {
	return f.orders, f.note(ctx, "getOrders", r, q)
}

func (f *fake) OrderDetails(ctx context.Context, r *oct8ne.Request, reference string) (*oct8ne.OrderDetails, error) {
	return f.details, f.note(ctx, "getOrderDetails", r, reference)
}

func (f *fake) SalesReport(ctx context.Context, r *oct8ne.Request, q oct8ne.SalesQuery) ([]oct8ne.Sale, error) {
	return f.sales, f.note(ctx, "getSalesReport", r, q)
}

func (f *fake) CheckSession(ctx context.Context, r *oct8ne.Request, q oct8ne.SessionQuery) (oct8ne.SessionVerdict, error) {
	return f.verdict, f.note(ctx, "checkSession", r, q)
}

// listen serves an app on loopback until the test ends and returns its address.
func listen(t testing.TB, app *fiber.App) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		if err := app.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("stopping the server: %v", err)
		}
		if err := <-ended; err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

// mount serves a fake the way that the bridge does. Unset options are the usual
// ones of these tests.
func mount(t testing.TB, adapter oct8ne.Adapter, options oct8ne.Options) string {
	t.Helper()
	if options.APIToken.Empty() {
		options.APIToken = secret.New(token)
	}
	if options.Origins == nil {
		options.Origins = []string{shopOrigin}
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	oct8ne.Mount(app, adapter, options)
	return listen(t, app)
}

// client follows no redirect and speaks to loopback only.
var client = &http.Client{
	Transport:     &http.Transport{},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       30 * time.Second,
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send makes a request; headers come in pairs.
func send(t testing.TB, verb, url string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequest(verb, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func get(t testing.TB, url string, headers ...string) answer {
	t.Helper()
	return send(t, http.MethodGet, url, headers...)
}

// sameJSON says whether two texts hold the same JSON.
func sameJSON(t testing.TB, got, want string) bool {
	t.Helper()
	return canonical(t, got) == canonical(t, want)
}

func canonical(t testing.TB, text string) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, text)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
