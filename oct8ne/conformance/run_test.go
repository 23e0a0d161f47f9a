package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"octobridge/internal/secret"
	"octobridge/oct8ne"
	"octobridge/oct8ne/conformance"
)

// fasthttp keeps a clock for ever, and the cleaner of a server that has stopped
// sleeps for up to ten seconds more; neither is ours.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// serve mounts an adapter behind middleware, on loopback, until the test ends.
func serve(t testing.TB, adapter oct8ne.Adapter, middleware ...fiber.Handler) string {
	t.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10})
	for _, m := range middleware {
		app.Use(m)
	}
	oct8ne.Mount(app, adapter, oct8ne.Options{APIToken: secret.New(token), Origins: []string{"https://shop.example"}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(app.ShutdownWithTimeout(5*time.Second), <-ended); err != nil {
			t.Errorf("stopping the server: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

// everything has all that makes every rule applicable.
func everything(base string) conformance.Options {
	return conformance.Options{
		BaseURL: base, APIToken: secret.New(token), CustomerEmail: customer, OrderReference: "A-200", SessionID: secret.New(proof),
		SearchTerm: "teapot", Origin: "https://shop.example", Change: true, Timeout: 5 * time.Second,
		Cookies: []conformance.Cookie{{Name: "lang", Value: secret.New("pl-PL")}, {Name: "shop-session", Value: secret.New(session)}},
	}
}

func run(t testing.TB, options conformance.Options) conformance.Report {
	t.Helper()
	report, err := conformance.Run(context.Background(), options, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestACompliantAdapterPassesEveryRule(t *testing.T) {
	var told []string
	report, err := conformance.Run(context.Background(), everything(serve(t, newShop())), func(r conformance.Result) { told = append(told, r.ID) })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if r.Outcome != conformance.Passed {
			t.Errorf("%s: %s: %s\n%s\n%s", r.ID, r.Outcome, r.Detail, r.Request, r.Response)
		}
	}
	all := conformance.Rules()
	if !report.OK() || report.Verdict != conformance.Passed || report.Passed != len(all) || report.Failed != 0 || report.NotApplicable != 0 {
		t.Errorf("%s: %d passed, %d failed, %d not applicable of %d", report.Verdict, report.Passed, report.Failed, report.NotApplicable, len(all))
	}
	if len(told) != len(all) {
		t.Errorf("told of %d results, want %d", len(told), len(all))
	}
	if len(all) < 80 {
		t.Errorf("there are %d rules, want 80 or more", len(all))
	}
}

func TestWithoutDataRulesAreNotApplicable(t *testing.T) {
	report := run(t, conformance.Options{BaseURL: serve(t, newShop()) + "/"})
	if !report.OK() {
		t.Errorf("the verdict is %s", report.Verdict)
	}
	for _, r := range report.Results {
		if r.Outcome == conformance.Failed || r.Outcome == conformance.NotApplicable && r.Detail == "" {
			t.Errorf("%s: %s: %q", r.ID, r.Outcome, r.Detail)
		}
	}
	want := map[string]conformance.Outcome{
		"addToWishList.answers": conformance.NotApplicable, "getOrders.fields": conformance.NotApplicable,
		"getOrderDetails.fields": conformance.NotApplicable, "checkSession.valid": conformance.NotApplicable,
		"filters.counts": conformance.Passed, "getOrders.wrong-token": conformance.Passed, "productInfo.order": conformance.Passed,
	}
	for _, r := range report.Results {
		if w, listed := want[r.ID]; listed && r.Outcome != w {
			t.Errorf("%s: %s, want %s", r.ID, r.Outcome, w)
		}
	}
}

// The demonstration prints the adapter's address with the path of the methods.
// Given that, the check asked for /oct8ne/frame/oct8ne/frame/ and said that
// fourteen rules fail.
func TestTheAddressMayEndInThePathOfTheMethods(t *testing.T) {
	base := serve(t, newShop())
	for _, end := range []string{"/oct8ne/frame", "/oct8ne/frame/"} {
		if report := run(t, conformance.Options{BaseURL: base + end}); !report.OK() || report.BaseURL != base {
			t.Errorf("%s: %d rules failed at %s", end, report.Failed, report.BaseURL)
		}
	}
}

func TestRulesAreWellFormed(t *testing.T) {
	id := regexp.MustCompile(`^[a-zA-Z]+\.[a-z0-9-]+$`)
	seen := map[string]bool{}
	for _, r := range conformance.Rules() {
		if !id.MatchString(r.ID) || seen[r.ID] {
			t.Errorf("the id %q is malformed or not unique", r.ID)
		}
		seen[r.ID] = true
		if !strings.HasSuffix(r.Title, ".") || strings.Count(r.Title, ". ") > 0 || r.Source == "" {
			t.Errorf("%s: the title must be one sentence and the source be given: %q, %q", r.ID, r.Title, r.Source)
		}
	}
}

func TestReportAsJSON(t *testing.T) {
	broken := serve(t, newShop(), func(c *fiber.Ctx) error {
		err := c.Next()
		c.Set("X-Content-Type-Options", "sniff")
		return err
	})
	data, err := json.Marshal(run(t, conformance.Options{BaseURL: broken}))
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		BaseURL       string           `json:"baseUrl"`
		Verdict       string           `json:"verdict"`
		Failed        int              `json:"failed"`
		NotApplicable int              `json:"notApplicable"`
		Results       []map[string]any `json:"results"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	if read.BaseURL != broken || read.Verdict != "failed" || read.Failed != 2 || read.NotApplicable == 0 {
		t.Errorf("%s", data[:300])
	}
	for _, r := range read.Results {
		if r["id"] == "transport.nosniff" {
			if r["outcome"] != "failed" || !strings.Contains(r["detail"].(string), "sniff") || !strings.HasPrefix(r["request"].(string), "GET "+broken) ||
				!strings.Contains(r["response"].(string), "200 OK") || r["title"] == "" || r["source"] == "" {
				t.Errorf("%v", r)
			}
		}
	}
}

// TestSecretsAreHidden has an adapter that fails everything and echoes all that
// it is asked.
func TestSecretsAreHidden(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.RawQuery)
		_, _ = io.WriteString(w, `["`+r.URL.RawQuery+r.FormValue("apiToken")+r.FormValue("sessionId")+r.Header.Get("Cookie")+`"]`)
	}))
	defer server.Close()
	report := run(t, everything(server.URL))
	if report.OK() || report.Failed < 10 {
		t.Errorf("%s, %d failed", report.Verdict, report.Failed)
	}
	data, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{token, proof, "proof-of-a-session", session} {
		if bytes.Contains(data, []byte(hidden)) {
			t.Errorf("the report holds %q", hidden)
		}
	}
	if !bytes.Contains(data, []byte(secret.Redacted)) {
		t.Error("the report does not show that something was left out")
	}
}

func TestResultsAreShort(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("\xffx"), 10<<20)) // more than is read
	}))
	defer server.Close()
	for _, r := range run(t, conformance.Options{BaseURL: server.URL}).Results {
		if len(r.Detail) > 3000 || len(r.Request) > 3000 || len(r.Response) > 3000 {
			t.Errorf("%s: %d, %d and %d bytes", r.ID, len(r.Detail), len(r.Request), len(r.Response))
		}
		if r.ID == "search.answers" && (r.Outcome != conformance.Failed || !strings.Contains(r.Detail, "longer than 8 MB")) {
			t.Errorf("%s: %s: %s", r.ID, r.Outcome, r.Detail)
		}
	}
}

// TestAHangingAdapterIsReported has an adapter that never answers, and one
// whose getOrders does not.
func TestAHangingAdapterIsReported(t *testing.T) {
	for name, hangs := range map[string]func(path string) bool{
		"everything": func(string) bool { return true },
		"getOrders":  func(path string) bool { return strings.EqualFold(path, "/oct8ne/frame/getOrders") },
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			release := make(chan struct{})
			shop := serve(t, newShop(), func(c *fiber.Ctx) error {
				if hangs(c.Path()) {
					asked.Add(1)
					<-release
				}
				return c.Next()
			})
			t.Cleanup(func() { close(release) }) // before the server stops
			options := everything(shop)
			options.Timeout = 300 * time.Millisecond
			report := run(t, options)
			if report.OK() || asked.Load() > 6 {
				t.Errorf("%s after %d requests that hung", report.Verdict, asked.Load())
			}
			for _, r := range report.Results {
				if r.ID == "getOrders.answers" && (r.Outcome != conformance.Failed || !strings.Contains(r.Detail, "300ms")) {
					t.Errorf("%s: %s: %s", r.ID, r.Outcome, r.Detail)
				}
				if name == "getOrders" && r.Outcome == conformance.Failed && !strings.Contains(r.ID+r.Title, "rders") &&
					r.ID != "transport.no-redirect" {
					t.Errorf("%s: %s: %s", r.ID, r.Outcome, r.Detail)
				}
			}
		})
	}
}

func TestRunErrors(t *testing.T) {
	for _, base := range []string{"", "shop.example", "ftp://shop.example", "https://", "https://user:pass@shop.example", "https://shop.example/?a=b", "https://shop.example/#x", "::"} {
		if _, err := conformance.Run(context.Background(), conformance.Options{BaseURL: base}, nil); err == nil || strings.Contains(err.Error(), "pass@") {
			t.Errorf("%q: %v", base, err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, err = conformance.Run(context.Background(), conformance.Options{BaseURL: "http://" + address}, nil)
	if !errors.Is(err, conformance.ErrUnreachable) || !strings.Contains(err.Error(), address) {
		t.Errorf("nothing listens: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	base := serve(t, newShop())
	report, err := conformance.Run(ctx, everything(base), func(r conformance.Result) {
		if r.ID == "search.answers" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(report.Results) == 0 || len(report.Results) == len(conformance.Rules()) {
		t.Errorf("cancelled: %v, %d results", err, len(report.Results))
	}
}

// TestAClientOfOnesOwn is used, but never its cookies and redirects.
func TestAClientOfOnesOwn(t *testing.T) {
	calls := 0
	options := everything(serve(t, newShop()))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	options.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		calls++
		return transport.RoundTrip(r)
	})}
	if report := run(t, options); !report.OK() || calls < 100 {
		t.Errorf("%s, %d calls", report.Verdict, calls)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
