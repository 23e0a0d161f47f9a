package bridge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge"
	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/internal/secret"
)

// secretPrice is an amount that the account pays and that nobody sees unasked.
const secretPrice = "98765.4321"

func pricedOrder(reference string) orders.Order {
	price := idosell.OptionalDecimal{Decimal: decimal.RequireFromString(secretPrice), Valid: true}
	return orders.Order{
		Request: orders.Request{
			Reference: reference, Lines: []orders.Line{{Code: "1101", Quantity: decimal.NewFromInt(2), Price: price}},
			Attachments: []orders.Attachment{{Name: "label.pdf", Content: []byte("a label")}},
		},
		State: orders.Placed, Progress: orders.Dispatched, Courier: "DPD",
		Goods:   []orders.Goods{{ProductID: 1101, Code: "1101", Quantity: decimal.NewFromInt(2), Gross: price}},
		Parcels: []orders.Parcel{{Number: "0000123U"}, {Number: "77", TrackingURL: "https://courier.example/77"}},
	}
}

// What the account pays leaves only for those who ask for it, and the desk's own
// orders are not changed by leaving it out.
func TestOperatorsSeePricesWhenTheyAsk(t *testing.T) {
	book := &desk{}
	book.add(pricedOrder("SH-1"))
	_, mux := overSocket(t, bridge.OperatorParts{Orders: book})
	for _, path := range []string{"order?reference=SH-1", "orders?reference=SH"} {
		for suffix, want := range map[string]bool{"": false, "&prices=false": false, "&prices=true": true} {
			answer := httptest.NewRecorder()
			mux.ServeHTTP(answer, httptest.NewRequest("GET", "/operator/v1/"+path+suffix, nil))
			body := answer.Body.String()
			if answer.Code != 200 || strings.Contains(body, secretPrice) != want {
				t.Errorf("%s: %d, prices shown %v, want %v", path+suffix, answer.Code, !want, want)
			}
			if answer.Header().Get("Cache-Control") != "no-store" || strings.Contains(body, "YSBsYWJlbA") {
				t.Errorf("%s: kept by caches, or with the contents of attachments: %v %s", path+suffix, answer.Header(), body)
			}
		}
	}
	if !book.orders[0].Goods[0].Gross.Valid || !book.orders[0].Request.Lines[0].Price.Valid || len(book.orders[0].Request.Attachments[0].Content) == 0 {
		t.Error("the order itself was changed")
	}
}

func TestOperatorShowsAnOrder(t *testing.T) {
	const reference = `Zamówienie 7/2026 #1?&"%2F`
	book := &desk{events: map[int64][]orders.Event{1: {{Kind: orders.EventStep, State: orders.Accepted, Text: "Taken"}}}}
	order := pricedOrder(reference)
	order.State, order.Progress, order.Reason = orders.Unknown, "", orders.Reason{Code: orders.ReasonNotProven, Text: "Nobody knows."}
	book.add(order)
	client, _ := overSocket(t, bridge.OperatorParts{Orders: book})
	got, err := client.Order(t.Context(), reference, false)
	if err != nil {
		t.Fatal(err)
	}
	if got.Request.Reference != reference || got.Reason.Text != "Nobody knows." || len(got.Timeline) != 1 || got.Timeline[0].Text != "Taken" {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(got.Advice, "settle REF --as placed") || !strings.Contains(got.Advice, "--as not-placed") {
		t.Errorf("advice: %q", got.Advice)
	}
	if want := "https://tracktrace.dpd.com.pl/parcelDetails?p1=0000123U"; got.Parcels[0].TrackingURL != want || got.Parcels[1].TrackingURL != "https://courier.example/77" {
		t.Errorf("parcels: %+v, want the courier's page %s, then the platform's", got.Parcels, want)
	}
	_, err = client.Order(t.Context(), "nothing", false)
	if refused, ok := errors.AsType[*bridge.OperatorError](err); !ok || refused.Status != 404 || refused.Code != "order-not-found" {
		t.Errorf("an order that there is not: %v", err)
	}
}

// Every order comes once, newest first, however many pages that takes, and the
// desk is never asked for more than a page and one.
func TestOperatorReadsAllPages(t *testing.T) {
	book := &desk{}
	for i := range 950 {
		book.add(orders.Order{Request: orders.Request{Reference: fmt.Sprint("SH-", i+1)}, State: orders.Accepted})
	}
	client, _ := overSocket(t, bridge.OperatorParts{Orders: book})
	for limit, want := range map[int]int{0: 950, 1: 1, 200: 200, 201: 201, 949: 949, 950: 950, 2000: 950} {
		var got []string
		for order, err := range client.Orders(t.Context(), bridge.OrderFilter{Limit: limit}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, order.Request.Reference)
		}
		if len(got) != want || got[0] != "SH-950" || got[want-1] != fmt.Sprint("SH-", 951-want) {
			t.Errorf("limit %d: %d orders, from %s to %s", limit, len(got), got[0], got[len(got)-1])
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != want {
			t.Errorf("limit %d: some came twice", limit)
		}
	}
	for _, asked := range book.asked {
		if !strings.Contains(asked, "Limit:") || strings.Contains(asked, "Limit:0") {
			t.Errorf("asked without a bound: %s", asked)
		}
	}
}

// A status is a state or a progress, "cancelled" both: any of those asked for
// may match, each order comes once.
func TestOperatorFindsByStatus(t *testing.T) {
	book := &desk{}
	for i, order := range []orders.Order{
		{State: orders.Placed, Progress: orders.InPreparation}, {State: orders.Placed, Progress: orders.Dispatched},
		{State: orders.Placed, Progress: orders.CancelledBySupplier}, {State: orders.Cancelled}, {State: orders.Failed}, {State: orders.Unknown},
	} {
		order.Request.Reference = fmt.Sprint(i + 1)
		book.add(order)
	}
	client, _ := overSocket(t, bridge.OperatorParts{Orders: book})
	for statuses, want := range map[string]string{
		"": "6 5 4 3 2 1", "placed": "3 2 1", "dispatched": "2", "in_preparation dispatched": "2 1", "cancelled": "4 3",
		"placed dispatched": "3 2 1", "failed dispatched": "5 2", "unknown cancelled dispatched": "6 4 3 2", "delivered": "",
	} {
		for _, limit := range []int{0, 1} {
			var got []string
			for order, err := range client.Orders(t.Context(), bridge.OrderFilter{Status: strings.Fields(statuses), Limit: limit}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, order.Request.Reference)
			}
			wanted := strings.Fields(want)
			if limit > 0 && len(wanted) > limit {
				wanted = wanted[:limit]
			}
			if !slices.Equal(got, wanted) {
				t.Errorf("%q, limit %d: %v, want %v", statuses, limit, got, wanted)
			}
		}
	}
}

func TestOperatorFilterTravelsWhole(t *testing.T) {
	book := &desk{}
	client, _ := overSocket(t, bridge.OperatorParts{Orders: book})
	warsaw := time.FixedZone("", 3600)
	for range client.Orders(t.Context(), bridge.OrderFilter{
		Email: "Anna+1@example.com", Parcel: "00 1&2", Reference: "SH/1", Open: true, Limit: 3, Status: []string{"failed"},
		Since: time.Date(2026, 11, 1, 0, 0, 0, 5000, warsaw), Until: time.Date(2026, 11, 2, 0, 0, 0, 0, warsaw),
	}) {
		t.Error("there are no orders")
	}
	want := fmt.Sprintf("list %+v", orders.Query{
		Email: "Anna+1@example.com", Parcel: "00 1&2", Reference: "SH/1", Open: true, Limit: 4, States: []orders.State{orders.Failed},
		Since: time.Date(2026, 10, 31, 23, 0, 0, 5000, time.UTC), Until: time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC),
	})
	if len(book.asked) != 1 || book.asked[0] != want {
		t.Errorf("asked %q\nwant  %q", book.asked, want)
	}
}

func TestOperatorActs(t *testing.T) {
	book := &desk{}
	client, _ := overSocket(t, bridge.OperatorParts{Orders: book})
	ctx := t.Context()
	order, created, err := client.Place(ctx, orders.Request{Reference: "SH-1", Note: "first"})
	if err != nil || !created || order.State != orders.Accepted {
		t.Fatalf("placed %+v, %v, %v", order, created, err)
	}
	if _, created, err = client.Place(ctx, orders.Request{Reference: "SH-1", Note: "first"}); err != nil || created {
		t.Errorf("the same again: created %v, %v", created, err)
	}
	for code, request := range map[string]orders.Request{
		"reference-taken": {Reference: "SH-1", Note: "second"}, "invalid-order": {},
	} {
		_, _, err := client.Place(ctx, request)
		refused, ok := errors.AsType[*bridge.OperatorError](err)
		if !ok || refused.Code != code || refused.SendAgain != "no" || refused.Detail == "" || code == "invalid-order" && refused.Field != "reference" {
			t.Errorf("%s: %#v", code, err)
		}
	}
	book.asked = nil
	if _, err := client.Cancel(ctx, "SH-1"); err != nil {
		t.Error(err)
	}
	if _, err := client.Retry(ctx, "SH-1", true); err != nil {
		t.Error(err)
	}
	if _, err := client.Retry(ctx, "SH-1", false); err != nil {
		t.Error(err)
	}
	if _, err := client.Settle(ctx, "SH-1", orders.SettledPlaced, "demoshop-7"); err != nil {
		t.Error(err)
	}
	if _, err := client.Settle(ctx, "SH-1", orders.SettledNotPlaced, ""); err != nil {
		t.Error(err)
	}
	want := []string{"cancel SH-1 by an operator", "retry SH-1 by an operator, accept true", "retry SH-1 by an operator, accept false",
		`settle SH-1 by an operator as placed "demoshop-7"`, `settle SH-1 by an operator as not-placed ""`}
	if !slices.Equal(book.asked, want) {
		t.Errorf("asked %q\nwant  %q", book.asked, want)
	}
	for _, wrong := range []struct{ as, id string }{{"maybe", ""}, {"", ""}, {"not-placed", "demoshop-7"}} {
		_, err := client.Settle(ctx, "SH-1", orders.Verdict(wrong.as), wrong.id)
		if refused, ok := errors.AsType[*bridge.OperatorError](err); !ok || refused.Status != 422 {
			t.Errorf("settled as %q with %q: %v", wrong.as, wrong.id, err)
		}
	}
	if len(book.asked) != len(want) {
		t.Errorf("a verdict that there is not came through: %q", book.asked)
	}
	for status, cause := range map[int]error{
		404: orders.ErrNotFound, 409: fmt.Errorf("cancel: %w", orders.ErrTooLate), 500: errors.New("the disk is full"),
		502: &idosell.Error{Gate: "Orders/cancel", Kind: idosell.KindTimeout, SendAgain: idosell.SendAgainUnknown},
	} {
		book.err = cause
		_, err := client.Cancel(ctx, "SH-1")
		refused, ok := errors.AsType[*bridge.OperatorError](err)
		if !ok || refused.Status != status || !strings.Contains(refused.Detail, cause.Error()) {
			t.Errorf("%v: %#v", cause, err)
		}
		if status == 502 && refused.SendAgain != "unknown" {
			t.Errorf("%v may be sent again: %q", cause, refused.SendAgain)
		}
	}
}

func TestOperatorAsksTheQueues(t *testing.T) {
	q := &queues{}
	client, _ := overSocket(t, bridge.OperatorParts{Tokens: tokenBook{q}, Notices: noticeBook{q}, Jobs: jobBook{q}})
	ctx := t.Context()
	token, about, err := client.CreateToken(ctx, "shop", []string{"orders:read", "orders:write"})
	if err != nil || token != "obt_once" || about.Name != "shop" || len(about.Scopes) != 2 || about.ID != 3 {
		t.Errorf("token %q %+v, %v", token, about, err)
	}
	tokens, err := client.Tokens(ctx)
	webhooks, err2 := client.Webhooks(ctx, bridge.WebhookQuery{State: "failed", Subject: "SH/1", Limit: 7})
	alerts, err3 := client.Alerts(ctx)
	jobs, err4 := client.Jobs(ctx, bridge.JobQuery{Kind: "place"})
	count, err5 := client.ResendFailedWebhooks(ctx)
	if err := errors.Join(err, err2, err3, err4, err5, client.RevokeToken(ctx, "shop"), client.ResendWebhook(ctx, "msg_1"), client.RetryJob(ctx, 8), client.CancelJob(ctx, 9)); err != nil {
		t.Error(err)
	}
	if tokens == nil || len(tokens) != 0 || len(webhooks) != 1 || webhooks[0].LastStatus != 503 || len(alerts) != 1 || alerts[0].RaisedAt.Unix() != 9 || len(jobs) != 1 || jobs[0].ID != 8 || count != 4 {
		t.Errorf("got %+v %+v %+v %+v %d", tokens, webhooks, alerts, jobs, count)
	}
	want := []string{"create shop [orders:read orders:write]", "list", "webhooks {State:failed Subject:SH/1 Limit:7}", "alerts",
		"jobs {Kind:place State: Limit:100}", "resend failed", "revoke shop", "resend msg_1", "retry 8", "cancel 9"}
	if !slices.Equal(q.asked, want) {
		t.Errorf("asked %q\nwant  %q", q.asked, want)
	}
	q.err = fmt.Errorf("jobs: %w", bridge.ErrNotThere)
	if refused, ok := errors.AsType[*bridge.OperatorError](client.RetryJob(ctx, 1)); !ok || refused.Status != 404 {
		t.Errorf("a job that there is not: %v", refused)
	}
	q.err = &bridge.OperatorRefusal{Sentence: "the name is taken"}
	if _, _, err := client.CreateToken(ctx, "shop", nil); err == nil || err.Error() != "the name is taken" {
		t.Errorf("a name that is taken: %v", err)
	}
	// What the service does not have is not "there is no such thing".
	if _, err := client.Order(ctx, "SH-1", false); err == nil || !strings.Contains(err.Error(), "does not have that") {
		t.Errorf("a part that is missing: %v", err)
	}
}

// Only what is understood whole is done: a filter or a field that is not known
// would otherwise list or place something else than was meant.
func TestOperatorRefusesWhatItDoesNotUnderstand(t *testing.T) {
	book, q := &desk{}, &queues{}
	book.add(pricedOrder("SH-1"))
	_, mux := overSocket(t, bridge.OperatorParts{Orders: book, Notices: noticeBook{q}, Jobs: jobBook{q}})
	const js = "application/json"
	for _, test := range []struct {
		method, path, kind, body string
		status                   int
	}{
		{"GET", "orders?e-mail=a", "", "", 422}, {"GET", "orders?limit=0", "", "", 422}, {"GET", "orders?limit=201", "", "", 422},
		{"GET", "orders?status=sent", "", "", 422}, {"GET", "orders?since=yesterday", "", "", 422}, {"GET", "orders?before=-1", "", "", 422},
		{"GET", "orders?open=maybe", "", "", 422}, {"GET", "order", "", "", 404}, {"GET", "jobs?limit=many", "", "", 422},
		{"POST", "order/retry", "", `{"reference":"SH-1"}`, 415}, {"POST", "order/retry", "text/plain", `{"reference":"SH-1"}`, 415},
		{"POST", "order/retry", js, `{"reference":"SH-1","acceptchange":true}`, 422}, {"POST", "order/retry", js, `{"reference":"SH-1"}{}`, 422},
		{"POST", "order/retry", js, `{"reference":"SH-1"`, 422}, {"POST", "order/cancel", js, `"SH-1"`, 422},
		{"POST", "order/cancel", js, `{"reference":"` + strings.Repeat("x", 70_000) + `"}`, 413},
		{"POST", "webhooks/resend", js, `{}`, 422}, {"POST", "webhooks/resend", js, `{"id":"1","failed":true}`, 422},
		{"GET", "order/retry", "", "", 405}, {"GET", "nothing", "", "", 404},
	} {
		request := httptest.NewRequest(test.method, "/operator/v1/"+test.path, strings.NewReader(test.body))
		if test.kind != "" {
			request.Header.Set("Content-Type", test.kind)
		}
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		if answer.Code != test.status {
			t.Errorf("%s %s %.60s: %d, want %d: %s", test.method, test.path, test.body, answer.Code, test.status, answer.Body)
		}
		var problem struct{ Detail, Title string }
		if test.status != 405 && test.path != "nothing" && (json.Unmarshal(answer.Body.Bytes(), &problem) != nil || problem.Detail == "" || problem.Title == "") {
			t.Errorf("%s %s: no problem: %s", test.method, test.path, answer.Body)
		}
	}
	for _, asked := range append(book.asked, q.asked...) {
		if asked != "get " {
			t.Errorf("something was done: %s", asked)
		}
	}
}

func TestOperatorAddressesOfClients(t *testing.T) {
	token := secret.New("a-token-for-operators-0123456789")
	for address, want := range map[string]string{
		"https://octobridge.example": "", "http://127.0.0.1:8081": "", "http://localhost:1/": "",
		"http://octobridge.example": "use https://", "octobridge.example": "not a URL", "ftp://octobridge.example": "not a URL",
		"https://u:p@octobridge.example": "not a URL", "https://octobridge.example/path": "leave the rest out", "https://octobridge.example?a=b": "leave the rest out",
	} {
		client, err := bridge.NewOperatorClient(bridge.OperatorAddress{URL: address, Token: token})
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", address, err, want)
		case err == nil:
			client.Close()
		}
	}
	if _, err := bridge.NewOperatorClient(bridge.OperatorAddress{URL: "https://octobridge.example"}); err == nil || !strings.Contains(err.Error(), "wants a token") {
		t.Errorf("without a token: %v", err)
	}
}

// What stands between an operator and the service is said in a sentence each.
func TestOperatorsAreToldWhyNobodyAnswers(t *testing.T) {
	token := "a-token-for-operators-0123456789"
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the token went to another address: %v", r.Header)
	}))
	t.Cleanup(elsewhere.Close)
	answers := map[string]func(http.ResponseWriter, *http.Request){
		"not an octobridge of this version": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"HTTP status 404":                   func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) },
		"HTTP status 302":                   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"its own machine only":              func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"refuses the operator token": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+token {
				t.Errorf("the token was not sent: %v", r.Header)
			}
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"status":401,"detail":"no"}`)
		},
		"did not answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for want, answer := range answers {
		service := httptest.NewServer(http.HandlerFunc(answer))
		client, err := bridge.NewOperatorClient(bridge.OperatorAddress{URL: service.URL, Token: secret.New(token)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Order(t.Context(), "SH-1", false)
		if down, ok := errors.AsType[*bridge.OperatorDown](err); !ok || !strings.Contains(down.Error(), want) || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "SH-1") {
			t.Errorf("got %v, want %q", err, want)
		}
		client.Close()
		service.Close()
	}
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(cut.Close)
	client, err := bridge.NewOperatorClient(bridge.OperatorAddress{URL: cut.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	_, err = client.Cancel(t.Context(), "SH-1")
	if down, ok := errors.AsType[*bridge.OperatorDown](err); !ok || !down.Sent || !strings.Contains(err.Error(), "it may have done") {
		t.Errorf("a change without an answer: %v", err)
	}

	dead, err := url.Parse(cut.URL)
	if err != nil {
		t.Fatal(err)
	}
	cut.Close()
	for _, address := range []bridge.OperatorAddress{{Socket: filepath.Join(t.TempDir(), "operator.sock")}, {URL: "http://" + dead.Host}} {
		client, err := bridge.NewOperatorClient(address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Cancel(t.Context(), "SH-1")
		if down, ok := errors.AsType[*bridge.OperatorDown](err); !ok || down.Sent || !strings.Contains(err.Error(), `"octobridge serve"`) {
			t.Errorf("nobody there: %v", err)
		}
		client.Close()
	}
}

// An order that has not had its turn names the one before it, shown alone and in
// the list; the others, and those that say themselves why they wait, do not.
func TestOperatorSeesWhatAnOrderWaitsBehind(t *testing.T) {
	now := time.Now().Truncate(time.Second).UTC()
	book := &desk{ahead: "A", until: now.Add(time.Minute)}
	for _, order := range []orders.Order{
		{Request: orders.Request{Reference: "A"}, State: orders.Verified, Reason: orders.Reason{Code: orders.ReasonBasketForeign}},
		{Request: orders.Request{Reference: "B"}, State: orders.Accepted},
		{Request: orders.Request{Reference: "C"}, State: orders.Unknown, Reason: orders.Reason{Code: orders.ReasonOutcomeUnknown}},
		{Request: orders.Request{Reference: "D"}, State: orders.Placed},
		{Request: orders.Request{Reference: "E"}, State: orders.Accepted, Account: "another"},
	} {
		book.add(order)
	}
	client, _ := overSocket(t, bridge.OperatorParts{Orders: book})
	for order, err := range client.Orders(t.Context(), bridge.OrderFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		shown, err := client.Order(t.Context(), order.Request.Reference, false)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"B": "A"}[order.Request.Reference]
		if order.HeldUpBy != want || shown.HeldUpBy != want || strings.Contains(shown.Advice, "HELD") != (want != "") {
			t.Errorf("%s waits behind %q, in the list %q, want %q: %s", order.Request.Reference, shown.HeldUpBy, order.HeldUpBy, want, shown.Advice)
		}
		if waits := strings.Contains("ABC", order.Request.Reference); waits != shown.NextAt.Equal(book.until) {
			t.Errorf("%s is looked at at %s", order.Request.Reference, shown.NextAt)
		}
	}
}
