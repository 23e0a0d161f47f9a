package shopapi_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/shopapi"
)

// faults returns the pointers and details of a 422.
func faults(t *testing.T, got reply) map[string]string {
	t.Helper()
	var problem struct {
		Errors          []struct{ Pointer, Detail string }
		SafeToSendAgain string
	}
	if err := json.Unmarshal(got.body, &problem); err != nil || got.status != 422 || problem.SafeToSendAgain != "no" {
		t.Fatalf("answered %d %s, want 422", got.status, got.body)
	}
	found := map[string]string{}
	for _, fault := range problem.Errors {
		found[fault.Pointer] = fault.Detail
	}
	return found
}

func TestEveryFieldOfAnOrderArrives(t *testing.T) {
	s := start(t, 0)
	document := `{
		"reference":"R/1","customer":{"id":"7","email":"a@example.com"},"total":{"amount":129.90,"currency":"PLN"},"oct8neSession":"s",
		"recipient":{"firstName":"a","lastName":"b","firm":"c","taxNumber":"d","street":"e","zipCode":"f","city":"g","province":"h","country":"PL","phone":"i","phone2":"j","email":"k@example.com"},
		"pickupPointId":"P","courier":{"id":6,"name":"n","rule":"cheapest"},"paymentType":"tradecredit",
		"billing":{"lastName":"x","street":"e","zipCode":"f","city":"g","country":"PL"},"payer":{"firm":"y","street":"e","zipCode":"f","city":"g","country":"PL"},
		"products":[{"code":"1","codeType":"producer","quantity":"0.30","comment":"c","price":"19.90"}],
		"note":"n\nm","courierNote":"c","deliveryDate":"2026-11-30","attachments":[{"name":"l.pdf","content":"AAEC"}]}`
	if got := s.post("/orders", document); got.status != 201 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	stored, err := json.Marshal(s.shop.asked())
	if err != nil {
		t.Fatal(err)
	}
	// Amounts come back as texts; all else as it was.
	want := strings.NewReplacer("129.90", `"129.9"`, `"19.90"`, `"19.9"`, `"0.30"`, `"0.3"`).Replace(document)
	if diff := cmp.Diff(decoded(t, []byte(want)), decoded(t, stored)); diff != "" {
		t.Errorf("sent and arrived differ (-sent +arrived):\n%s", diff)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	s := start(t, 0)
	for body, want := range map[string]map[string]string{
		`{"recipient":{"zipcode":"1"}}`:      {"/recipient/zipcode": `did you mean "zipCode"`},
		`{"refrence":"1"}`:                   {"/refrence": `did you mean "reference"`},
		`{"Reference":"1"}`:                  {"/Reference": `did you mean "reference"`},
		`{"products":[{"qty":1},{"a/b":2}]}`: {"/products/0/qty": "known are code, codeType", "/products/1/a~1b": "known are"},
		`{"products":[{"quantity":true}]}`:   {"/products/0/quantity": "must be a number"},
		`{"products":[{"quantity":"NaN"}]}`:  {"/products/0/quantity": "must be a number"},
		`{"products":[{"quantity":"0x10"}]}`: {"/products/0/quantity": "must be a number"},
		`{"products":[{"quantity":1e999}]}`:  {"/products/0/quantity": "must be a number"},
		`{"products":[{"quantity":"1,5"}]}`:  {"/products/0/quantity": "must be a number"},
		`{"products":{}}`:                    {"/products": "must be a list"},
		`{"products":[null]}`:                {"/products/0": "must not be null"},
		`{"reference":5,"note":[]}`:          {"/reference": "must be a text", "/note": "must be a text"},
		`{"courier":{"id":1.5}}`:             {"/courier/id": "must be a whole number"},
		`{"attachments":[{"content":"%"}]}`:  {"/attachments/0/content": "is not base64"},
		`{"recipient":"Anna"}`:               {"/recipient": "must be an object"},
		`[]`:                                 {"": "must be an object"},
		`null`:                               {"": "must be an object"},
		`{}`:                                 {"/reference": "1 to 100"}, // of the interface
	} {
		t.Run(body, func(t *testing.T) {
			found := faults(t, s.post("/orders", body))
			for pointer, words := range want {
				if !strings.Contains(found[pointer], words) {
					t.Errorf("%q is said to be %q, want %q; all: %v", pointer, found[pointer], words, found)
				}
			}
			if len(found) != len(want) {
				t.Errorf("named are %v, want %v", found, want)
			}
		})
	}
}

// manyNames is an object of different names. 9 MB of them took 40 seconds of a
// processor's time, long past the time of the request, and half a gigabyte:
// beside each the nearest known name was looked for.
func manyNames(n int) string {
	var body strings.Builder
	for i := range n {
		fmt.Fprintf(&body, `{"%x":0,`[min(i, 1):], i)
	}
	return body.String() + `"x":0}`
}

func TestBodiesThatAreNoDocuments(t *testing.T) {
	s := start(t, 0)
	for name, body := range map[string]string{
		"cut":              `{"reference":"1"`,
		"something after":  smallOrder + `{}`,
		"garbage after":    smallOrder + `x`,
		"a name twice":     `{"reference":"1","reference":"2"}`,
		"twice, escaped":   `{"reference":"1","referenc\u0065":"2"}`,
		"twice, deep":      `{"recipient":{"city":"a","city":"b"}}`,
		"not UTF-8":        "{\"reference\":\"\xff\"}",
		"deep":             strings.Repeat(`{"recipient":`, 1000) + "1" + strings.Repeat("}", 1000),
		"deep lists":       strings.Repeat("[", 100000),
		"many values":      `{"products":[` + strings.Repeat("0,", 10_000) + `0]}`, // each takes up many times what it is written with
		"many names":       manyNames(10_000),
		"NaN":              `{"products":[{"quantity":NaN}]}`,
		"a comma too many": `{"reference":"1",}`,
		"single quotes":    `{'reference':'1'}`,
		"a mark of order":  "\ufeff{}",
		"blank":            "  ",
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.post("/orders", body); got.status != 400 || !strings.Contains(string(got.body), "urn:octobridge:problem:malformed") {
				t.Errorf("answered %d %s", got.status, got.body)
			}
		})
	}
	for _, headers := range [][]string{
		{"Content-Type", "application/json; charset=iso-8859-2"}, {"Content-Type", "text/json"}, {"Content-Type", ""},
		{"Content-Encoding", "gzip"}, {"Content-Type", "application/x-www-form-urlencoded"}, {"Content-Type", "multipart/form-data; boundary=x"},
	} {
		if got := s.send(request{method: "POST", path: "/orders", body: smallOrder, headers: headers}); got.status != 415 && !(headers[1] == "multipart/form-data; boundary=x" && got.status == 400) {
			t.Errorf("%v: answered %d %s", headers, got.status, got.body)
		}
	}
	if s.shop.asked() != nil {
		t.Errorf("the shop got %v", s.shop.asked())
	}
}

func TestReferencesInPaths(t *testing.T) {
	s := start(t, 0)
	for _, reference := range []string{
		"A-1", "2026/11/1", "/", "a/", "/a", "a/cancel", "cancel", "zażółć gęślą", "a b", "a+b", "a%2Fb", "100%", "?x=1#y", "a&b", "日本", "..", "a/../b", "A", "a", "'\"<>",
	} {
		s.shop.place(reference)
		path := "/orders/" + url.PathEscape(reference)
		if reference == ".." {
			path = "/orders/%2E%2E"
		}
		got := s.get(path)
		var order struct{ Reference string }
		if err := json.Unmarshal(got.body, &order); err != nil || got.status != 200 || order.Reference != reference {
			t.Errorf("GET %s: %d %q", path, got.status, order.Reference)
		}
		s.shop.orders[len(s.shop.orders)-1].State = "accepted"
		if got := s.post(path+"/cancel", ""); got.status != 200 {
			t.Errorf("POST %s/cancel: %d %s", path, got.status, got.body)
		}
		created := s.post("/orders", strings.Replace(smallOrder, `"2026/11/1"`, mustJSON(t, "new "+reference), 1))
		location, found := strings.CutPrefix(created.header.Get("Location"), publicURL+shopapi.Prefix)
		if created.status != 201 || !found {
			t.Fatalf("%q: %d, Location %q", reference, created.status, created.header.Get("Location"))
		}
		if got := s.get(location); got.status != 200 {
			t.Errorf("%q is not at its Location %s: %d", reference, location, got.status)
		}
	}
	// Proxies write slashes as they are.
	if got := s.get("/orders/2026/11/1"); got.status != 200 {
		t.Errorf("with plain slashes: %d", got.status)
	}
	if got := s.get("/orders/nobody"); got.status != 404 {
		t.Errorf("nobody's: %d", got.status)
	}
}

func mustJSON(t *testing.T, text string) string {
	t.Helper()
	written, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

func TestSameOrderAgain(t *testing.T) {
	s := start(t, 0)
	first := s.post("/orders", smallOrder)
	again := s.post("/orders", smallOrder)
	if first.status != 201 || again.status != 200 || string(first.body) != string(again.body) {
		t.Errorf("first %d, again %d:\n%s\n%s", first.status, again.status, first.body, again.body)
	}
	other := s.post("/orders", strings.Replace(smallOrder, `"quantity":1`, `"quantity":3`, 1))
	if other.status != 409 || !strings.Contains(string(other.body), `"reference":"2026/11/1"`) || !strings.Contains(string(other.body), `"safeToSendAgain":"no"`) {
		t.Errorf("another: %d %s", other.status, other.body)
	}
	// It was stored, and then the answer was lost: the shop is told to send it again.
	s.shop.failOnce = errors.New("the connection broke during the commit")
	third := strings.Replace(smallOrder, "2026/11/1", "2026/11/2", 1)
	lost := s.post("/orders", third)
	if lost.status != 503 || lost.header.Get("Retry-After") == "" || !strings.Contains(string(lost.body), `"safeToSendAgain":"yes"`) || !strings.Contains(string(lost.body), "Send the same order again") {
		t.Errorf("lost: %d %v %s", lost.status, lost.header, lost.body)
	}
	if got := s.post("/orders", third); got.status != 200 {
		t.Errorf("sent again: %d %s", got.status, got.body)
	}
}

func TestSafeToSendAgain(t *testing.T) {
	s := start(t, 0)
	s.shop.place("A")
	address := `{"lastName":"N","street":"P","zipCode":"0","city":"W","country":"PL"}`
	unknown := &shopapi.UpstreamError{RetryAfter: 90 * time.Second, SendAgain: shopapi.SendAgainUnknown, Err: errors.New("x")}
	for _, c := range []struct {
		request
		err  error
		want string
	}{
		{request{method: "POST", path: "/orders/A/cancel"}, unknown, "unknown"},
		{request{method: "PUT", path: "/addresses/12", body: address}, unknown, "yes"},
		{request{method: "PUT", path: "/addresses/12", body: address}, &shopapi.UpstreamError{Refused: true, SendAgain: shopapi.SendAgainNo, Err: errors.New("x")}, "no"},
		{request{method: "GET", path: "/orders"}, errors.New("x"), "yes"},
	} {
		s.shop.failWith(c.err)
		got := s.send(c.request)
		if !strings.Contains(string(got.body), `"safeToSendAgain":"`+c.want+`"`) {
			t.Errorf("%s %s: %s, want %s", c.method, c.path, got.body, c.want)
		}
		if errors.Is(c.err, unknown) && got.header.Get("Retry-After") != "90" {
			t.Errorf("%s %s: Retry-After %q", c.method, c.path, got.header.Get("Retry-After"))
		}
	}
}

// What the account pays is nowhere without the scope for it, and is with it.
func TestPurchasePricesNeedTheirScope(t *testing.T) {
	s := start(t, 0)
	s.shop.place("A")
	blind := s.token("blind", shopapi.OrdersRead, shopapi.OrdersWrite, shopapi.CatalogRead, shopapi.AddressesRead)
	withPrice := strings.Replace(smallOrder, `"quantity":1`, `"quantity":1,"price":"7331.07"`, 1)
	seen := 0
	for _, r := range []request{
		{method: "GET", path: "/availability?code=1"}, {method: "POST", path: "/availability", body: `{"products":[{"code":"1","quantity":1}]}`},
		{method: "GET", path: "/couriers"}, {method: "POST", path: "/couriers", body: good[3].body},
		{method: "GET", path: "/products?search=x"}, {method: "GET", path: "/orders"}, {method: "GET", path: "/orders/A"},
		{method: "POST", path: "/orders", body: withPrice}, {method: "GET", path: "/addresses?reference=A"},
	} {
		if got := s.send(r); strings.Contains(string(got.body), "7331.07") {
			seen++
		}
		r.token = blind
		if got := s.send(r); got.status/100 != 2 || strings.Contains(string(got.body), "7331") {
			t.Errorf("%s %s shows it: %d %s", r.method, r.path, got.status, got.body)
		}
	}
	if seen != 6 {
		t.Errorf("with the scope %d answers show it, want 6", seen)
	}
}

func TestContentsOfAttachmentsStay(t *testing.T) {
	s := start(t, 0)
	content := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a label", 500_000)))
	order := strings.Replace(smallOrder, `"products"`, `"attachments":[{"name":"label.pdf","content":"`+content+`"}],"products"`, 1)
	got := s.post("/orders", order)
	if got.status != 201 || strings.Contains(string(got.body), content[:100]) || !strings.Contains(string(got.body), `"attachments":[{"name":"label.pdf"}]`) {
		t.Errorf("answered %d, %d bytes", got.status, len(got.body))
	}
	if arrived := s.shop.asked().(shopapi.NewOrder); len(arrived.Attachments) != 1 || len(arrived.Attachments[0].Content) != 3_500_000 {
		t.Error("the attachment did not arrive whole")
	}
}

func TestPagesOfOrders(t *testing.T) {
	s := start(t, 0)
	for i := range 7 {
		s.shop.place(fmt.Sprintf("R-%d", i))
	}
	s.shop.place("other")
	var references []string
	path := "/orders?reference=R-&limit=3"
	for pages := 0; path != ""; pages++ {
		got := s.get(path)
		var page struct {
			Orders []struct{ Reference string }
			Next   string
		}
		if err := json.Unmarshal(got.body, &page); err != nil || got.status != 200 || len(page.Orders) > 3 || pages > 3 {
			t.Fatalf("page %d: %d %s", pages, got.status, got.body)
		}
		for _, order := range page.Orders {
			references = append(references, order.Reference)
		}
		if path = ""; page.Next != "" {
			path = "/orders?reference=R-&limit=2&cursor=" + page.Next
			if got := s.get("/orders?reference=other&cursor=" + page.Next); got.status != 422 {
				t.Errorf("the cursor of another list is answered %d", got.status)
			}
		}
	}
	if want := []string{"R-6", "R-5", "R-4", "R-3", "R-2", "R-1", "R-0"}; !cmp.Equal(references, want) {
		t.Errorf("listed %v, want %v", references, want)
	}
}

func TestFiltersOfOrders(t *testing.T) {
	s := start(t, 0)
	got := s.get("/orders?email=A%40example.com&parcel=P1&reference=2026%2F&state=failed,unknown&status=placed&progress=delivered&since=2026-11-01&until=2026-11-22T12:00:00%2B01:00&limit=200")
	if got.status != 200 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	want := shopapi.Query{
		Email: "A@example.com", Parcel: "P1", Reference: "2026/", States: []string{"failed", "unknown", "placed"}, Progress: []string{"delivered"},
		Since: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC), Limit: 201,
	}
	if diff := cmp.Diff(want, s.shop.asked()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	for query, pointer := range map[string]string{
		"limit=0": "?limit", "limit=201": "?limit", "limit=x": "?limit", "state=gone": "?state", "stat=failed": "?stat", "since=yesterday": "?since",
		"until=9999-01-01": "?until", "email=a&email=b": "?email", "cursor=": "?cursor", "cursor=AAAA": "?cursor", "email=%00": "?email", "email=%ff": "?email",
	} {
		if found := faults(t, s.get("/orders?"+query)); found[pointer] == "" {
			t.Errorf("%s: %v", query, found)
		}
	}
}

func TestMethods(t *testing.T) {
	s := start(t, 0)
	s.shop.place("A")
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"HEAD", "/orders/A", 200, ""},
		{"HEAD", "/orders/nobody", 404, ""},
		{"OPTIONS", "/orders", 204, "POST, GET, HEAD, OPTIONS"},
		{"OPTIONS", "/orders/A", 204, "GET, HEAD, OPTIONS"},
		{"OPTIONS", "/orders/A/cancel", 204, "POST, OPTIONS"},
		{"DELETE", "/orders/A", 405, "GET, HEAD, OPTIONS"},
		{"POST", "/orders/A", 405, "GET, HEAD, OPTIONS"},
		{"GET", "/addresses/12", 405, "PUT, OPTIONS"},
		{"GET", "/nothing", 404, ""},
	} {
		got := s.send(request{method: c.method, path: c.path})
		if got.status != c.status || (c.method == "HEAD" && len(got.body) > 0) {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, got.status, got.body, c.status)
		}
		if c.allow != "" && !sameWords(got.header.Values("Allow"), c.allow) {
			t.Errorf("%s %s: Allow %q, want %q", c.method, c.path, got.header.Values("Allow"), c.allow)
		}
	}
}

// sameWords says whether lists with commas hold the same words.
func sameWords(lines []string, want string) bool {
	words := map[string]bool{}
	for word := range strings.SplitSeq(strings.Join(lines, ", "), ", ") {
		words[word] = true
	}
	wanted := strings.Split(want, ", ")
	for _, word := range wanted {
		if !words[word] {
			return false
		}
	}
	return len(words) == len(wanted)
}
