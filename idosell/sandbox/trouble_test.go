package sandbox

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestAnswersInTrouble(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	ask := func(trouble Trouble) answer {
		s.SetMoods(Moods{Trouble: trouble})
		return caller.call("Basket/get", "")
	}
	for name, test := range map[string]struct {
		trouble Trouble
		status  int
		has     string
		header  [2]string
	}{
		"HTML":                 {Trouble{HTML: true}, 200, "<!DOCTYPE html>", [2]string{"Content-Type", "text/html; charset=utf-8"}},
		"HTML 503":             {Trouble{HTML: true, Status: 503}, 503, "<!DOCTYPE html>", [2]string{}},
		"SOAP fault":           {Trouble{SOAPFault: "Za dużo"}, 500, "<faultcode>SOAP-ENV:Server</faultcode><faultstring>Za dużo</faultstring>", [2]string{}},
		"500 with a body":      {Trouble{Status: 500}, 500, "<currencyId", [2]string{}},
		"429 with seconds":     {Trouble{Status: 429, RetryAfter: Duration(90 * time.Second)}, 429, "<!DOCTYPE html>", [2]string{"Retry-After", "90"}},
		"503 with a date":      {Trouble{Status: 503, RetryAfter: Duration(time.Minute), RetryAfterDate: true}, 503, "", [2]string{"Retry-After", "Sat, 21 Nov 2026 11:01:00 GMT"}},
		"redirect":             {Trouble{Redirect: "https://elsewhere.example/"}, 302, "", [2]string{"Location", "https://elsewhere.example/"}},
		"permanent redirect":   {Trouble{Redirect: "/x", Status: 308}, 308, "", [2]string{"Location", "/x"}},
		"no trouble, ordinary": {Trouble{}, 200, "<currencyId", [2]string{"Content-Type", "text/xml; charset=utf-8"}},
	} {
		got := ask(test.trouble)
		if got.status != test.status || !strings.Contains(got.body, test.has) || test.header[0] != "" && got.header.Get(test.header[0]) != test.header[1] {
			t.Errorf("%s: status %d, %s %q, body %.200s", name, got.status, test.header[0], got.header.Get(test.header[0]), got.body)
		}
	}
	if got := ask(Trouble{Empty: true}); got.status != 200 || got.body != "" {
		t.Errorf("an empty answer: status %d, %d bytes", got.status, len(got.body))
	}
	whole := ask(Trouble{}).body
	if got := ask(Trouble{Truncated: true}); got.body != whole[:len(whole)/2] {
		t.Errorf("a truncated answer has %d of %d bytes", len(got.body), len(whole))
	}
}

func TestAnswersThatComeTwiceOrTooLate(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "1")
	order := "<authenticate><sessionKey>" + caller.key + "</sessionKey><dropshippingKey>" + testKey +
		"</dropshippingKey></authenticate><params>" + goodAddress + "<courierId>6</courierId><paymentType>prepaid</paymentType></params>"
	s.SetMoods(Moods{Gates: []string{"Dropshipping/placeOrder"}, Calls: 1, Trouble: Trouble{Twice: true}})
	got, err := caller.try("Dropshipping/placeOrder", order)
	if err != nil || strings.Count(got.body, "</SOAP-ENV:Envelope>") != 2 || len(s.Orders()) != 2 {
		t.Errorf("%d envelopes, %d orders, %v", strings.Count(got.body, "</SOAP-ENV:Envelope>"), len(s.Orders()), err)
	}
	caller.fill("101", "1")
	s.SetMoods(Moods{Gates: []string{"Dropshipping/placeOrder"}, Calls: 1, Trouble: Trouble{Late: Duration(50 * time.Millisecond)}})
	impatient, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(impatient, http.MethodPost, server.URL+"/customer-api/?gate=Dropshipping/placeOrder/1/soap", strings.NewReader(
		`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><n:placeOrder xmlns:n="x"><part>`+order+`</part></n:placeOrder></e:Body></e:Envelope>`))
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan error)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		gone <- err
	}()
	for s.Calls()["Dropshipping/placeOrder"] != 2 {
		runtime.Gosched()
	}
	cancel()
	if err := <-gone; err == nil {
		t.Error("the caller was told in time")
	}
	for deadline := time.Now().Add(10 * time.Second); len(s.Orders()) != 3 && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if n := len(s.Orders()); n != 3 {
		t.Errorf("%d orders: the caller's leaving kept the work from being done", n)
	}
}

// What is dropped before the work leaves nothing behind; what is dropped after
// it was done.
func TestDroppedConnections(t *testing.T) {
	for drop, wantOrders := range map[string]int{"before": 1, "after": 2, "middle": 2} {
		s, server := newWholesaler(t)
		caller := signIn(t, server)
		caller.fill("101", "1")
		s.SetMoods(Moods{Gates: []string{"Dropshipping/placeOrder"}, Trouble: Trouble{Drop: drop}})
		got, err := caller.try("Dropshipping/placeOrder", "<authenticate><sessionKey>"+caller.key+"</sessionKey><dropshippingKey>"+testKey+
			"</dropshippingKey></authenticate><params>"+goodAddress+"<courierId>6</courierId><paymentType>prepaid</paymentType></params>")
		if err == nil {
			t.Errorf("%s: an answer came whole: %s", drop, got.body)
		}
		if (got.body != "") != (drop == "middle") {
			t.Errorf("%s: %d bytes came", drop, len(got.body))
		}
		if orders := len(s.Orders()); orders != wantOrders {
			t.Errorf("%s: %d orders, want %d", drop, orders, wantOrders)
		}
	}
}

func TestGiantAnswerIsStreamed(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	s.SetMoods(Moods{Trouble: Trouble{GiantMB: 3}})
	body := caller.call("Basket/get", "").body
	if len(body) < 3<<20 || len(body) > 3<<20+10_000 {
		t.Errorf("%d bytes, want a little more than 3 MB", len(body))
	}
	if err := wellFormed(body); err != nil {
		t.Error(err)
	}
}

// The work waits for the channel, and the answer waits for its caller no longer
// than the caller does.
func TestWaiting(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "1")
	hold := make(chan struct{})
	s.SetMoods(Moods{Calls: 1, Trouble: Trouble{Hold: hold}})
	answered := make(chan answer, 1)
	go func() {
		got, _ := caller.try("Basket/clear", "<authenticate><sessionKey>"+caller.key+"</sessionKey><dropshippingKey>"+testKey+"</dropshippingKey></authenticate>")
		answered <- got
	}()
	arrived(t, s, "Basket/clear", 1)
	if lines := caller.must("Basket/get", "").part.all("results/products/item"); len(lines) != 1 {
		t.Errorf("the basket holds %d lines while the clearing waits, want 1", len(lines))
	}
	close(hold)
	if got := <-answered; got.code() != "0" {
		t.Errorf("after the channel was closed: fault %s", got.code())
	}

	for name, trouble := range map[string]Trouble{"before": {Delay: Duration(time.Hour)}, "after": {AnswerDelay: Duration(time.Hour)}} {
		s.SetMoods(Moods{Trouble: trouble})
		before := s.Calls()["Basket/get"]
		ctx, cancel := context.WithCancel(context.Background())
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/customer-api/?gate=Basket/get/1/soap",
			strings.NewReader("<Envelope><Body><get><p><authenticate/></p></get></Body></Envelope>"))
		if err != nil {
			t.Fatal(err)
		}
		failed := make(chan error, 1)
		go func() {
			_, err := http.DefaultClient.Do(request) //nolint:bodyclose // there is none
			failed <- err
		}()
		arrived(t, s, "Basket/get", before+1)
		cancel()
		if err := <-failed; err == nil {
			t.Errorf("%s: the answer came at once", name)
		}
	}

	// Close ends what waits.
	s.SetMoods(Moods{Trouble: Trouble{Delay: Duration(time.Hour)}})
	dropped := make(chan error, 1)
	go func() {
		_, err := caller.try("Basket/get", "<authenticate/>")
		dropped <- err
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-dropped; err == nil {
		t.Error("a waiting call was answered by a closed sandbox")
	}
}

// arrived waits until so many calls came to a gate.
func arrived(t *testing.T, s *Server, gate string, calls int) {
	t.Helper()
	for s.Calls()[gate] < calls {
		runtime.Gosched()
		if t.Context().Err() != nil {
			t.Fatal("the test ended while it waited for a call")
		}
	}
}

func TestRefusedRequests(t *testing.T) {
	_, server := newWholesaler(t)
	for _, path := range []string{"/customer-api/", "/customer-api/?gate=Orders/steal/1/soap", "/customer-api/?gate=Orders/get/1/json",
		"/customer-api/?gate=Orders/get/one/soap", "/customer-api/?gate=Orders/get/1/soap/wadl", "/elsewhere", "/product/7.html", "/product/101"} {
		response, err := http.Post(server.URL+path, "text/xml", strings.NewReader("<a/>"))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if notThere := response.StatusCode == 404 || response.StatusCode == 405; !notThere || strings.HasPrefix(path, "/customer") && !strings.Contains(string(body), "<html") {
			t.Errorf("%s: status %d", path, response.StatusCode)
		}
	}
	for name, test := range map[string]struct {
		body   string
		status int
	}{
		"too large":    {strings.Repeat("x", 10<<20+1), 413},
		"no XML":       {"hello", 500},
		"cut":          {"<Envelope><Body><get>", 500},
		"no method":    {"<Envelope><Body/></Envelope>", 500},
		"other method": {"<Envelope><Body><cancel/></Body></Envelope>", 500},
		"doctype":      {`<!DOCTYPE a [<!ENTITY b "c">]><Envelope><Body><get/></Body></Envelope>`, 500},
		"too deep":     {strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), 500},
		"too many":     {"<Envelope><Body><get>" + strings.Repeat("<a/>", 300_000) + "</get></Body></Envelope>", 500},
		"no keys":      {"<Envelope><Body><get/></Body></Envelope>", 200},
	} {
		got, err := post(server.URL, "Orders/get", test.body)
		if err != nil || got.status != test.status {
			t.Errorf("%s: status %d, error %v, want %d", name, got.status, err, test.status)
		}
	}
	response, err := http.Get(server.URL + "/customer-api/?gate=Orders/get/1/soap")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 405 || response.Header.Get("Allow") != "POST" {
		t.Errorf("GET: status %d, Allow %q", response.StatusCode, response.Header.Get("Allow"))
	}
}

// A client may write ISO-8859-2, prefixes of its own and multi-part text.
func TestRequestsAreReadLeniently(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	body := "<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><x:search xmlns:x=\"y\"><p>" +
		"<authenticate><session_key>" + caller.key + "</session_key><DropshippingKey>" + testKey + "</DropshippingKey></authenticate>" +
		"<params><contains_text><![CDATA[\xb3a\xf1]]>cuch</contains_text><categoryId nil=\"true\">99</categoryId></params></p></x:search></s:Body></s:Envelope>"
	got, err := post(server.URL, "Products/search", body)
	if err != nil || got.text("results/item/productId") != "410" {
		t.Errorf("error %v, answer %s", err, got.body)
	}
}

func FuzzReadCall(f *testing.F) {
	f.Add([]byte(`<Envelope><Body><get><part><authenticate><sessionKey>a</sessionKey></authenticate><params><ordersIds><item>x-1</item></ordersIds></params></part></get></Body></Envelope>`))
	f.Add([]byte(`<a:Envelope xmlns:a="b"><a:Body/></a:Envelope>`))
	f.Add([]byte("<?xml version=\"1.0\" encoding=\"iso-8859-2\"?><Envelope><Body><get/></Body></Envelope>"))
	f.Add([]byte(`<Envelope><Body><authenticate><authenticate><authenticate/></authenticate></authenticate></Body></Envelope>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := readCall(body)
		if err != nil {
			return
		}
		if c.method == "" || c.authenticate == nil || c.params == nil {
			t.Errorf("a call without a method or parts: %+v", c)
		}
		_, _ = readPaging(c.params)
		_ = readAddress(c.params)
		_, _ = readDecimal(c.params.value("quantity"))
	})
}
