package idosell_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/idosell"
)

const (
	ordersGate = "Orders/get"
	placeGate  = "Dropshipping/placeOrder"
)

// What each failure means for a call that reads and for one that changes
// something: is it sent again, and what does the error say of sending it again?
func TestFailures(t *testing.T) {
	text := func(status int, body string, headers ...string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(headers); i += 2 {
				rw.Header().Set(headers[i], headers[i+1])
			}
			rw.WriteHeader(status)
			io.WriteString(rw, body)
		}
	}
	soapFault := func(code string) string {
		return `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>` + code + `</faultcode><faultstring>Procedure failed</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`
	}
	drop := func(rw http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }
	cut := func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "5000")
		io.WriteString(rw, envelopeHead)
	}
	page := "<!DOCTYPE html><html><body>Przerwa</body></html>"
	yes, no, unknown := idosell.SendAgainYes, idosell.SendAgainNo, idosell.SendAgainUnknown
	for name, c := range map[string]struct {
		answer       http.HandlerFunc
		kind         idosell.Kind
		code         int
		reads        int // calls that a reading gate makes
		read, change idosell.SendAgain
	}{
		"fault 3":             {text(200, fault(3, "zły parametr")), idosell.KindFault, 3, 1, no, no},
		"fault 4":             {text(200, fault(4, "zły klucz")), idosell.KindFault, 4, 1, no, no},
		"fault 9, unknown":    {text(200, fault(9, "przekroczono czas")), idosell.KindFault, 9, 1, no, unknown},
		"fault in HTTP 500":   {text(500, fault(5, "nie wolno")), idosell.KindFault, 5, 1, no, no},
		"SOAP fault, server":  {text(500, soapFault("SOAP-ENV:Server")), idosell.KindSOAPFault, 0, 3, yes, unknown},
		"SOAP fault, client":  {text(500, soapFault("SOAP-ENV:Client")), idosell.KindSOAPFault, 0, 1, no, no},
		"SOAP fault in 200":   {text(200, soapFault("Server")), idosell.KindSOAPFault, 0, 3, yes, unknown},
		"500 with a page":     {text(500, page), idosell.KindHTTP, 0, 3, yes, unknown},
		"502":                 {text(502, ""), idosell.KindHTTP, 0, 3, yes, unknown},
		"503 with a page":     {text(503, page, "Retry-After", "1"), idosell.KindHTTP, 0, 3, yes, unknown},
		"429":                 {text(429, "", "Retry-After", "2"), idosell.KindHTTP, 0, 3, yes, yes},
		"429 for long":        {text(429, "", "Retry-After", "600"), idosell.KindHTTP, 0, 1, yes, yes},
		"404":                 {text(404, page), idosell.KindHTTP, 0, 1, no, no},
		"403":                 {text(403, page), idosell.KindHTTP, 0, 1, no, no},
		"413":                 {text(413, ""), idosell.KindHTTP, 0, 1, no, no},
		"redirect":            {text(302, "", "Location", "http://elsewhere.example/"), idosell.KindHTTP, 0, 1, no, unknown},
		"page instead of XML": {text(200, page), idosell.KindUnreadable, 0, 3, yes, unknown},
		"empty":               {text(200, ""), idosell.KindUnreadable, 0, 3, yes, unknown},
		"cut body":            {cut, idosell.KindUnreadable, 0, 3, yes, unknown},
		"cut but complete":    {text(200, listed("", orderItem)[:700]), idosell.KindUnreadable, 0, 3, yes, unknown},
		"a value that is none": {text(200, strings.Replace(listed("", orderItem), "1207", "x", 1)+"<!-- "+strings.Repeat("x", 10)+" -->"),
			idosell.KindUnreadable, 0, 1, no, unknown},
		"dropped connection": {drop, idosell.KindNetwork, 0, 3, yes, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWholesaler(t)
			w.answer(ordersGate, c.answer)
			w.answer(placeGate, c.answer)
			client := w.client(t)
			idosell.SkipPauses(client)
			check := func(err error, gate string, calls int, again idosell.SendAgain) {
				t.Helper()
				failure, ok := errors.AsType[*idosell.Error](err)
				if !ok {
					t.Fatalf("%s: error %v, want an *idosell.Error", gate, err)
				}
				if failure.Gate != gate || failure.Kind != c.kind || failure.Code != c.code || failure.SendAgain != again || idosell.MaySendAgain(err) != again {
					t.Errorf("%s: gate %s, kind %s, code %d, send again %s; want kind %s, code %d, %s", gate, failure.Gate, failure.Kind, failure.Code, failure.SendAgain, c.kind, c.code, again)
				}
				if failure.Advice == "" {
					t.Errorf("%s: nobody is told what to do: %v", gate, err)
				}
				if got := w.count(gate); got != calls {
					t.Errorf("%s was called %d times, want %d", gate, got, calls)
				}
			}
			_, err := client.OrdersPage(t.Context(), idosell.OrderQuery{}, 0, 10)
			check(err, ordersGate, c.reads, c.read)
			order, err := client.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
			if name == "a value that is none" && err == nil && order.ID == "" {
				t.Log("placeOrder does not read that element")
				return
			}
			check(err, placeGate, 1, c.change)
		})
	}
}

// A passing failure of a reading gate is got over.
func TestReadIsTriedAgain(t *testing.T) {
	w := newWholesaler(t)
	var calls atomic.Int64
	w.answer(basketGate, func(rw http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) < 3 {
			rw.Header().Set("Retry-After", "2")
			rw.WriteHeader(503)
			return
		}
		io.WriteString(rw, emptyBasket)
	})
	client := w.client(t)
	pauses := idosell.SkipPauses(client)
	if _, err := client.Basket(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(*pauses) != 2 || (*pauses)[0] != 2*time.Second {
		t.Errorf("pauses %v, want two of the 2 s that Retry-After asks for", *pauses)
	}
}

// Without an answer in time, what became of an order is unknown; before a
// connection it is known that nothing was sent.
func TestTimeoutsAndUnreachable(t *testing.T) {
	w := newWholesaler(t)
	gone := make(chan struct{})
	w.answer(placeGate, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	})
	t.Cleanup(func() { close(gone) })
	client := w.client(t, func(c *idosell.Config) { c.Timeout = 50 * time.Millisecond })
	if err := client.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := client.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
	if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindTimeout || failure.SendAgain != idosell.SendAgainUnknown {
		t.Errorf("no answer in time: %v, want a time-out of unknown outcome", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.PlaceOrder(ctx, idosell.NewOrder{CourierID: 1})
	if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindCanceled || failure.SendAgain != idosell.SendAgainYes {
		t.Errorf("cancelled before sending: %v, want that it may be sent again", err)
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close() // nobody listens there now
	store := idosell.NewMemorySessions()
	store.Save(t.Context(), login+"@"+address, idosell.Session{Key: idosell.NewSecret("kept"), ExpiresAt: time.Now().Add(time.Hour)})
	alone := w.client(t, func(c *idosell.Config) { c.URL, c.Sessions = "http://"+address, store })
	_, err = alone.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
	if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindNetwork || failure.SendAgain != idosell.SendAgainYes {
		t.Errorf("nobody listens: %v, want a network failure that may be sent again", err)
	}
}

// Keys that a gate repeats in its words do not get into the error or the log.
func TestSecretsStayOut(t *testing.T) {
	w := newWholesaler(t)
	echo := func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text := strings.NewReplacer("<", " ", ">", " ", "&", " ").Replace(string(body))
		io.WriteString(rw, fault(3, text[strings.Index(text, "authenticate"):]))
	}
	w.answer(ordersGate, echo)
	w.answer(authenticate, func(rw http.ResponseWriter, r *http.Request) {
		io.WriteString(rw, envelope(`<sessionKey>SESSION-visible</sessionKey>`))
	})
	client := w.client(t)
	_, err := client.OrdersPage(t.Context(), idosell.OrderQuery{}, 0, 10)
	if err == nil || !strings.Contains(err.Error(), "[redacted]") {
		t.Fatalf("error %v: the gate's words are not there, redacted", err)
	}
	w.answer(authenticate, echo)
	_, authErr := w.client(t).OrdersPage(t.Context(), idosell.OrderQuery{}, 0, 10)
	today := idosell.SystemKey(idosell.NewSecret(password), time.Now().In(client.Location())).Reveal()
	for _, hidden := range []string{password, dropshippingKey, "SESSION-visible", today} {
		for _, shown := range []string{err.Error(), authErr.Error(), fmt.Sprintf("%+v %#v", err, authErr), w.logs.String()} {
			if strings.Contains(shown, hidden) {
				t.Errorf("a secret is shown:\n%s", shown)
			}
		}
	}
	if !strings.Contains(w.logs.String(), "CustomerAPI call") {
		t.Error("nothing was logged: the test proves nothing")
	}
}

// 500 callers who want the same at the same time make one call.
func TestEqualReadsAreOne(t *testing.T) {
	w := newWholesaler(t)
	let := make(chan struct{})
	w.answer("Products/search", func(rw http.ResponseWriter, _ *http.Request) {
		<-let
		io.WriteString(rw, listed("<resultsNumberAll>1</resultsNumberAll>", `<productId>41</productId>`))
	})
	client := w.client(t)
	if err := client.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	var group, asked sync.WaitGroup
	results := make([]idosell.Page[idosell.Product], 500)
	for i := range results {
		asked.Add(1)
		group.Go(func() {
			asked.Done()
			page, err := client.SearchProductsPage(t.Context(), idosell.ProductQuery{Text: "kubek"}, 0, 10)
			if err != nil {
				t.Error(err)
			}
			results[i] = page
		})
	}
	asked.Wait()
	close(let)
	group.Wait()
	// A caller may come after the call has ended; of 500 at once nearly none does.
	if got := w.count("Products/search"); got > 3 {
		t.Errorf("%d upstream calls for 500 equal searches", got)
	}
	for _, page := range results {
		if len(page.Items) != 1 || page.Items[0].ID != 41 {
			t.Fatalf("a caller got %+v", page)
		}
	}
	results[0].Items[0].Sizes = append(results[0].Items[0].Sizes, idosell.ProductSize{ID: "changed"})
	results[0].Items[0].ID = 0
	if results[1].Items[0].ID != 41 {
		t.Error("callers share their results: one can change another's")
	}
}

// The budget bounds what is under way at once, over all kinds of calls.
func TestBudget(t *testing.T) {
	w := newWholesaler(t)
	var under, most atomic.Int64
	w.answer("Products/search", func(rw http.ResponseWriter, _ *http.Request) {
		now := under.Add(1)
		defer under.Add(-1)
		for {
			seen := most.Load()
			if now <= seen || most.CompareAndSwap(seen, now) {
				break
			}
		}
		io.WriteString(rw, listed(""))
	})
	client := w.client(t, func(c *idosell.Config) { c.Budget = idosell.NewBudget(1e6, 3) })
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			if _, err := client.SearchProductsPage(t.Context(), idosell.ProductQuery{Text: fmt.Sprint(i)}, 0, 10); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most.Load() > 3 {
		t.Errorf("%d requests were under way at once, the budget allows 3", most.Load())
	}

	slow := w.client(t, func(c *idosell.Config) { c.Budget = idosell.NewBudget(0.001, 3) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := slow.PlaceOrder(ctx, idosell.NewOrder{CourierID: 1}) // Authenticate takes the one request
	if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindTimeout || failure.SendAgain != idosell.SendAgainYes {
		t.Errorf("over the budget: %v, want a time-out that may be sent again: nothing was sent", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := idosell.Config{URL: "https://hurt.example", Login: login, Password: idosell.NewSecret(password), DropshippingKey: idosell.NewSecret(dropshippingKey)}
	for name, change := range map[string]func(*idosell.Config){
		"no address":     func(c *idosell.Config) { c.URL = "" },
		"http":           func(c *idosell.Config) { c.URL = "http://hurt.example" },
		"ftp":            func(c *idosell.Config) { c.URL = "ftp://hurt.example" },
		"login in it":    func(c *idosell.Config) { c.URL = "https://a:b@hurt.example" },
		"no URL":         func(c *idosell.Config) { c.URL = "hurt.example" },
		"no login":       func(c *idosell.Config) { c.Login = "" },
		"no password":    func(c *idosell.Config) { c.Password = idosell.Secret{} },
		"no key":         func(c *idosell.Config) { c.DropshippingKey = idosell.Secret{} },
		"http, not here": func(c *idosell.Config) { c.URL = "http://127.0.0.1.example" },
	} {
		config := good
		change(&config)
		if client, err := idosell.New(config); err == nil {
			client.Close()
			t.Errorf("%s: accepted", name)
		}
	}
	for _, address := range []string{"https://hurt.example", "https://hurt.example/", "https://hurt.example/customer-api/", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"} {
		config := good
		config.URL = address
		client, err := idosell.New(config)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		client.Close()
	}
}
