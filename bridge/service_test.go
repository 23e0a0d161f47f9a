package bridge_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/idosell/sandbox"
	"octobridge/internal/recorded"
	"octobridge/internal/secret"
	"octobridge/oct8ne/conformance"
)

// demo is a running demonstration: the real service in front of the sandbox,
// over real connections.
type demo struct {
	bridge.DemoInfo
	t    *testing.T
	http *http.Client
	logs *recorded.Log
}

// live has products asked of CustomerAPI: what comes of the feed is kept here.
func live(options *bridge.DemoOptions) { options.Live = true }

// runDemo starts a demonstration that ends, and must end well, with the test.
func runDemo(t *testing.T, change ...func(*bridge.DemoOptions)) *demo {
	t.Helper()
	logs := &recorded.Log{}
	options := bridge.DemoOptions{Listen: "127.0.0.1:0", SandboxListen: "127.0.0.1:0", Version: "test",
		Logger: slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, c := range change {
		c(&options)
	}
	ctx, cancel := context.WithCancel(context.Background())
	running, err := bridge.StartDemo(ctx, options)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- running.Run(ctx) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 600}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the demonstration did not end well: %v", err)
		}
	})
	return &demo{running.Info, t, &http.Client{Transport: transport, Timeout: 30 * time.Second}, logs}
}

// get asks the adapter and returns status and body.
func (d *demo) get(method string) (int, string) {
	response, err := d.http.Get(d.Adapter + "/" + method)
	if err != nil {
		d.t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Error(err)
	}
	return response.StatusCode, string(body)
}

// control sends JSON to the sandbox.
func (d *demo) control(path, body string) {
	d.t.Helper()
	response, err := d.http.Post(d.Sandbox+"/_sandbox/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		text, _ := io.ReadAll(response.Body)
		d.t.Fatalf("%s: %s", path, text)
	}
}

// calls counts the calls to each gate so far.
func (d *demo) calls() map[string]int {
	d.t.Helper()
	response, err := d.http.Get(d.Sandbox + "/_sandbox/calls")
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	out := map[string]int{}
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		d.t.Fatal(err)
	}
	return out
}

const searchGate = "Products/search"

func TestDemoKeepsTheContract(t *testing.T) {
	for _, kind := range []bridge.ShopKind{bridge.Dropshipping, bridge.Wholesale} {
		t.Run(string(kind), func(t *testing.T) {
			d := runDemo(t, func(o *bridge.DemoOptions) { o.Kind = kind })
			report, err := conformance.Run(t.Context(), conformance.Options{
				BaseURL: d.PublicURL(), APIToken: secret.New(d.APIToken), CustomerEmail: d.CustomerEmail,
				OrderReference: d.OrderReference, SearchTerm: "kubek", Change: true,
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, result := range report.Results {
				if result.Outcome == conformance.Failed {
					t.Errorf("%s: %s: %s\n%s\n%s", result.ID, result.Title, result.Detail, result.Request, result.Response)
				}
			}
			if report.Passed < 40 {
				t.Errorf("only %d rules passed, %d were not applicable", report.Passed, report.NotApplicable)
			}
			t.Logf("%d passed, %d not applicable", report.Passed, report.NotApplicable)
		})
	}
}

// The same search from 500 clients at once makes one upstream call.
func TestSameSearchFrom500ClientsIsOneCall(t *testing.T) {
	d := runDemo(t, live)
	before := d.calls()[searchGate]
	var group sync.WaitGroup
	bodies := make([]string, 500)
	start := make(chan struct{})
	for i := range bodies {
		group.Go(func() {
			<-start
			status, body := d.get("search?search=kubek&pageSize=5")
			if status != http.StatusOK {
				t.Errorf("status %d", status)
			}
			bodies[i] = body
		})
	}
	close(start)
	group.Wait()
	if got := d.calls()[searchGate] - before; got != 1 {
		t.Errorf("500 equal searches made %d upstream calls, want 1", got)
	}
	for _, body := range bodies {
		if body != bodies[0] || !strings.Contains(body, `"internalId"`) {
			t.Fatalf("clients got different answers, or none: %s", body)
		}
	}
}

func TestProductInfoWith50IDsIsOneCall(t *testing.T) {
	d := runDemo(t, live)
	_, body := d.get("search?search=&pageSize=50")
	var found struct {
		Results []struct {
			InternalID string `json:"internalId"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(body), &found); err != nil || len(found.Results) != 50 {
		t.Fatalf("%d products to ask for, %v: %.200s", len(found.Results), err, body)
	}
	d2 := runDemo(t, live) // nothing is known there yet
	ids := make([]string, 50)
	for i, product := range found.Results {
		ids[i] = product.InternalID
	}
	before := d2.calls()[searchGate] + d2.calls()["Products/get"]
	status, body := d2.get("productInfo?productIds=" + strings.Join(ids, ","))
	var products []struct {
		InternalID string `json:"internalId"`
	}
	if err := json.Unmarshal([]byte(body), &products); err != nil || status != 200 || len(products) != 50 {
		t.Fatalf("status %d, %d products, %v", status, len(products), err)
	}
	for i, product := range products {
		if product.InternalID != ids[i] {
			t.Fatalf("product %s stands where %s was asked", product.InternalID, ids[i])
		}
	}
	if got := d2.calls()[searchGate] + d2.calls()["Products/get"] - before; got != 1 {
		t.Errorf("productInfo with 50 ids made %d upstream calls, want 1", got)
	}
}

// runOfficialDemo starts a demonstration of IdoSell's official sample offer. The
// test is skipped where that is not on the machine.
func runOfficialDemo(t *testing.T) *demo {
	t.Helper()
	folder := os.Getenv("OCTOTEST_IOF_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_IOF_SAMPLES is not set: IdoSell's official offer is not there")
	}
	feed := filepath.Join(folder, "3.0", "full.xml")
	if _, err := os.Stat(feed); err != nil {
		feed = filepath.Join(folder, "full.xml")
	}
	return runDemo(t, func(o *bridge.DemoOptions) { o.Feed = feed })
}

// IdoSell's official offer: its eight products are found by a word of their
// name and read with title, description, pictures and price.
func TestOfficialOffer(t *testing.T) {
	d := runOfficialDemo(t)
	status, body := d.get("search?search=&pageSize=100")
	var all struct {
		Total   int `json:"total"`
		Results []struct {
			InternalID string `json:"internalId"`
			Title      string `json:"title"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(body), &all); err != nil || status != 200 || all.Total != 8 || len(all.Results) != 8 {
		t.Fatalf("status %d, total %d, %d results, want the offer's 8 products: %v", status, all.Total, len(all.Results), err)
	}
	for _, product := range all.Results {
		words := strings.Fields(product.Title)
		word := words[len(words)-1]
		if _, body := d.get("search?pageSize=100&search=" + word); !strings.Contains(body, `"internalId":"`+product.InternalID+`"`) {
			t.Errorf("%s %q is not found by %q", product.InternalID, product.Title, word)
		}
		_, body := d.get("productInfo?locale=pl-PL&productIds=" + product.InternalID)
		var info []struct {
			Title          string  `json:"title"`
			Description    string  `json:"description"`
			FormattedPrice *string `json:"formattedPrice"`
			Medias         []struct {
				URL string `json:"url"`
			} `json:"medias"`
		}
		if err := json.Unmarshal([]byte(body), &info); err != nil || len(info) != 1 {
			t.Fatalf("productInfo of %s: %s", product.InternalID, body)
		}
		p := info[0]
		if p.Title == "" || p.Description == "" || p.FormattedPrice == nil || !strings.HasSuffix(*p.FormattedPrice, "zł") || len(p.Medias) == 0 || !strings.HasPrefix(p.Medias[0].URL, "https://iof.shop.pl/") {
			t.Errorf("%s reads %+v (price %v)", product.InternalID, p, p.FormattedPrice)
		}
	}
}

// An outage upstream: what is known is served with a warning, what is not is
// 503 with the empty shape, and everything works again afterwards.
func TestOutage(t *testing.T) {
	d := runDemo(t, live)
	if status, _ := d.get("productInfo?productIds=1101"); status != 200 {
		t.Fatalf("status %d before the outage", status)
	}
	d.control("moods", `{"trouble": {"status": 503, "html": true}}`)
	if status, body := d.get("productInfo?productIds=1102"); status != 503 || body != "[]" {
		t.Errorf("an unknown product in an outage: %d %s, want 503 []", status, body)
	}
	if status, body := d.get("productInfo?productIds=1103&callback=f"); status != 200 || body != "/**/f([]);" {
		t.Errorf("the same as JSONP: %d %s, want 200 with the empty list", status, body)
	}
	if status, body := d.get("productInfo?productIds=1101"); status != 200 || !strings.Contains(body, `"1101"`) {
		t.Errorf("a known product in an outage: %d %s", status, body)
	}
	ready, err := d.http.Get(d.PublicURL() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	ready.Body.Close()
	if ready.StatusCode != 200 {
		t.Errorf("readyz is %d: an outage upstream must not take the service away, it has answers", ready.StatusCode)
	}
	d.control("moods", `[]`)
	if status, body := d.get("search?search=kubek"); status != 200 || !strings.Contains(body, "internalId") {
		t.Errorf("after the outage: %d %s", status, body)
	}
}

// A session that the wholesaler revokes costs nothing that a visitor sees.
func TestRevokedSessionIsNotSeen(t *testing.T) {
	d := runDemo(t, live)
	d.get("search?search=kubek")
	before := d.calls()
	d.control("revoke", "")
	if status, body := d.get("search?search=talerz"); status != 200 || !strings.Contains(body, "internalId") {
		t.Errorf("after the session was revoked: %d %s", status, body)
	}
	after := d.calls()
	if auth, search := after["Authenticate/authenticate"]-before["Authenticate/authenticate"], after[searchGate]-before[searchGate]; auth != 1 || search != 2 {
		t.Errorf("%d Authenticate calls and %d searches, want 1 and 2", auth, search)
	}
}

// The sandbox's clock can be moved for days: its Date header tells the client
// which day's key to use.
func TestWholesalerOnAnotherDay(t *testing.T) {
	d := runDemo(t)
	d.get("search?search=kubek")
	for _, step := range []string{"30h", "-80h"} {
		d.control("clock", `{"advance": "`+step+`"}`)
		d.control("revoke", "")
		if status, body := d.get("search?search=talerz" + step); status != 200 || !strings.Contains(body, `"total"`) {
			t.Errorf("with the wholesaler's clock moved by %s: %d %s", step, status, body)
		}
	}
}

// Every failure is driven at debug level; no secret, and no customer, is in the
// log, in the metrics or in what strangers get.
func TestSecretsAreNowhere(t *testing.T) {
	hint := runDemo(t).DemoInfo
	troubles := []string{``,
		`"trouble": {"fault": {"code": 1, "text": "login ` + hint.Login + ` password ` + hint.Password + ` key ` + hint.DropshippingKey + `"}}`,
		`"trouble": {"fault": {"code": 4, "text": "zly klucz ` + hint.DropshippingKey + `"}}`,
		`"trouble": {"fault": {"code": 3, "text": "x"}}`, `"trouble": {"itemFault": {"code": 9}}`,
		`"trouble": {"soapFault": "key ` + hint.DropshippingKey + `"}`, `"trouble": {"status": 503, "html": true}`,
		`"trouble": {"status": 429}`, `"trouble": {"html": true}`, `"trouble": {"empty": true}`, `"trouble": {"truncated": true}`,
		`"trouble": {"giantMB": 9}`, `"trouble": {"drop": "before"}`, `"trouble": {"drop": "after"}`, `"trouble": {"drop": "middle"}`,
		`"trouble": {"redirect": "http://127.0.0.1:1/?token=` + hint.DropshippingKey + `"}`,
		`"different": {"ignoreFilters": true}`, `"different": {"sessionLife": "1s"}`,
	}
	if testing.Short() { // each takes seconds with the race detector
		troubles = []string{troubles[0], troubles[1], troubles[5], troubles[15]}
	}
	// Each failure has a demonstration of its own, so that the waiting of one is
	// not the waiting of all.
	demos := make([]*demo, len(troubles))
	for i, trouble := range troubles {
		// The troubles are those of calls, so that products are asked for live; the
		// first one answers from the feed.
		demos[i] = runDemo(t, func(o *bridge.DemoOptions) { o.Live = i > 0 })
		demos[i].control("moods", "{"+trouble+"}")
		demos[i].control("revoke", "")
	}
	var group sync.WaitGroup
	for _, d := range demos {
		group.Go(func() { lookForSecrets(t, d) })
	}
	group.Wait()
}

func lookForSecrets(t *testing.T, d *demo) {
	var answers strings.Builder
	for _, method := range []string{
		"search?search=kubek", "productInfo?productIds=1101", "productRelated?productId=1201",
		"customerData", "getCart", "getAdapterInfo", "addToWishList?productIds=1101",
		"getOrders?customerEmail=" + d.CustomerEmail + "&apiToken=wrong-" + d.APIToken,
		"getOrderDetails?reference=" + d.OrderReference + "&apiToken=nearly-" + d.APIToken,
		"getSalesReport?from=2026-01-01&to=2026-12-31&apiToken=" + d.APIToken,
		"checkSession?customerEmail=" + d.CustomerEmail + "&sessionId=abc&apiToken=" + d.APIToken,
		"nothing?apiToken=" + d.APIToken, "search?callback=alert(1)",
	} {
		_, body := d.get(method)
		answers.WriteString(body)
	}
	d.get("getOrders?customerEmail=" + d.CustomerEmail + "&apiToken=" + d.APIToken) // may tell the orders
	var shown strings.Builder
	for _, path := range []string{"/metrics", "/readyz", "/debug/pprof/cmdline"} {
		response, err := d.http.Get(d.Operator + path)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(&shown, response.Body)
		response.Body.Close()
	}
	if !strings.Contains(shown.String(), "octobridge_upstream_calls_total") || !strings.Contains(d.logs.String(), "CustomerAPI call") {
		t.Error("metrics or log are empty: the test proves nothing")
	}
	places := map[string]string{"the log": d.logs.String(), "metrics": shown.String(), "an answer": answers.String()}
	for name, hidden := range map[string]string{"password": d.Password, "dropshippingKey": d.DropshippingKey, "apiToken": d.APIToken,
		"the customer's e-mail": d.CustomerEmail, "the customer's name": "Nowak"} {
		for place, text := range places {
			if at := strings.Index(text, hidden); at >= 0 {
				t.Errorf("%s is in %s: …%s…", name, place, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
}

// What the account pays is confidential in dropshipping: the price of every
// product of the assortment is the retail price or its promotion's, digit by
// digit, and orders show no totals.
func TestAccountPricesStayInside(t *testing.T) {
	d := runDemo(t)
	digits := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, text)
	}
	checked := 0
	for chunk := range slices.Chunk(sandbox.Assortment().Products, 100) {
		want := map[string]string{}
		var ids []string
		for _, product := range chunk {
			id := strconv.FormatInt(product.ID, 10)
			ids = append(ids, id)
			want[id] = digits(product.Retail.StringFixed(2))
			if product.Promotion.IsPositive() {
				want[id] = digits(product.Promotion.StringFixed(2))
			}
		}
		_, body := d.get("productSummary?productIds=" + strings.Join(ids, ","))
		var products []struct {
			InternalID     string  `json:"internalId"`
			FormattedPrice *string `json:"formattedPrice"`
		}
		if err := json.Unmarshal([]byte(body), &products); err != nil {
			t.Fatal(err)
		}
		for _, product := range products {
			if product.FormattedPrice == nil || digits(*product.FormattedPrice) != want[product.InternalID] {
				t.Errorf("product %s costs %v, want the digits %s", product.InternalID, product.FormattedPrice, want[product.InternalID])
			}
			checked++
		}
	}
	if checked < 300 {
		t.Errorf("only %d products were looked at", checked)
	}
	_, orders := d.get("getOrders?customerEmail=" + d.CustomerEmail + "&apiToken=" + d.APIToken)
	// One of them was placed here: its total is what the customer paid the shop,
	// the retail price of the first product. Of the others it is not known.
	shown := strings.Count(orders, `"total"`) - strings.Count(orders, `"total":""`)
	if !strings.Contains(orders, d.OrderReference) || shown != 1 || !strings.Contains(orders, `"reference":"SH-2001","total":"24,90`) {
		t.Errorf("orders show totals that nobody told, or are missing: %s", orders)
	}
}

func TestDemoStaysOnLoopback(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.com:80", "nonsense"} {
		started, err := bridge.StartDemo(t.Context(), bridge.DemoOptions{Listen: address, SandboxListen: "127.0.0.1:0"})
		if err == nil {
			started.Close()
			t.Errorf("a demonstration listens on %s", address)
		}
	}
}
