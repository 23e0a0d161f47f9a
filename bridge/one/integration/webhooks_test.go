package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/one/integration"
	"octobridge/internal/secret"
)

const webhookPassword = `pass"word/żółw+1234567`

func newWebhook() integration.NewWebhook {
	return integration.NewWebhook{
		Name: "octobridge carts", Type: integration.WebhookType{Name: "CartOpened"}, Callback: "https://bridge.example/webhooks/one/cart-opened",
		User: "one", Password: secret.New(webhookPassword),
	}
}

// list returns the ids of all webhooks that a client lists.
func list(t *testing.T, client *integration.Client) (ids []string) {
	t.Helper()
	for webhook, err := range client.Webhooks(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, webhook.ID)
	}
	return ids
}

// Whatever way an ONe pages, every webhook is listed once, with few calls more than
// it takes.
func TestWebhookPages(t *testing.T) {
	all := make([]string, 250)
	for i := range all {
		all[i] = fmt.Sprintf(`{"webhookId":"w%03d","name":"n"}`, i)
	}
	type paging struct {
		first int    // the number of the first page
		most  int    // a page's size at most
		form  string // of the page
		whole bool   // pages are ignored
		gone  bool   // beyond the last page is 404
		calls int
	}
	for name, how := range map[string]paging{
		"bare lists":                    {most: 100, form: "%[1]s", calls: 3},
		"content and last":              {most: 100, form: `{"content":%[1]s,"last":%[2]v}`, calls: 3},
		"items and the number of pages": {most: 100, form: `{"items":%[1]s,"totalPages":%[3]d}`, calls: 3},
		"data and the number of all":    {most: 100, form: `{"data":%[1]s,"totalElements":"%[4]d"}`, calls: 3},
		"pages of fewer than asked for": {most: 20, form: `{"webhooks":%[1]s}`, calls: 13},
		"pages that fit exactly":        {most: 50, form: `{"results":%[1]s}`, calls: 6},
		"counted from one":              {first: 1, most: 100, form: "%[1]s", calls: 4},
		"counted from one, exactly":     {first: 1, most: 50, form: "%[1]s", calls: 7},
		"all on every page":             {most: 250, form: "%[1]s", whole: true, calls: 3},
		"nothing beyond the last":       {most: 50, form: "%[1]s", gone: true, calls: 6},
	} {
		t.Run(name, func(t *testing.T) {
			one := serve(t, func(w http.ResponseWriter, r *http.Request) {
				query := r.URL.Query()
				number, err1 := strconv.Atoi(query.Get("pageNumber"))
				size, err2 := strconv.Atoi(query.Get("pageSize"))
				if err1 != nil || err2 != nil || size != 100 {
					t.Errorf("the query is %v", query)
				}
				size = min(size, how.most)
				if how.whole {
					number, size = 0, len(all)
				}
				from := min(max(number-how.first, 0)*size, len(all))
				to := min(from+size, len(all))
				if how.gone && from == len(all) {
					answers(http.StatusNotFound, "")(w, r)
					return
				}
				page := "[" + strings.Join(all[from:to], ",") + "]"
				answers(http.StatusOK, fmt.Sprintf(how.form, page, to == len(all), (len(all)+size-1)/size, len(all)))(w, r)
			})
			ids := list(t, connect(t, one.URL))
			want := make([]string, len(all))
			for i := range want {
				want[i] = fmt.Sprintf("w%03d", i)
			}
			if !slices.Equal(ids, want) {
				t.Errorf("%d webhooks were listed: %v", len(ids), ids)
			}
			if got := len(one.all()); got != how.calls {
				t.Errorf("it took %d calls, want %d", got, how.calls)
			}
		})
	}
}

func TestWebhooksEnd(t *testing.T) {
	// New webhooks without end.
	n := 0
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		answers(http.StatusOK, fmt.Sprintf(`[{"webhookId":"%d"}]`, n))(w, r)
	})
	client := connect(t, one.URL)
	count := 0
	var last error
	for _, err := range client.Webhooks(context.Background()) {
		if last = err; err == nil {
			count++
		}
	}
	if count != 1000 || last == nil || !strings.Contains(last.Error(), "more than 1000 pages") {
		t.Errorf("%d webhooks, then %v", count, last)
	}
	// Broken off by the caller, and by the context.
	before := len(one.all())
	for range client.Webhooks(context.Background()) {
		break
	}
	if got := len(one.all()) - before; got != 1 {
		t.Errorf("after breaking off there were %d calls", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	count = 0
	for _, err := range client.Webhooks(ctx) {
		if err != nil {
			checkFailure(t, "a cancelled list", err, integration.KindCanceled, integration.SendAgainYes)
			continue
		}
		count++
		cancel()
	}
	cancel()
	if count != 1 {
		t.Errorf("%d webhooks after the context ended", count)
	}
}

func TestReadWebhooks(t *testing.T) {
	got, err := integration.ReadWebhooks([]byte(`{"content":[{"webhookId":"w1","name":"Koszyk","status":"ACTIVE","webhookType":{"name":"CartOpened","exchangeName":"p-u-o-m-e-c-cartopened-klient"},
		"callbackUrl":"https://bridge.example/","callbackAuthentication":{"type":"HTTP_BASIC","username":"one","password":"never read"}},{"id":7,"webhookType":"ClientLogged"}]}`))
	want := []integration.Webhook{
		{ID: "w1", Name: "Koszyk", Status: integration.Active, Type: integration.WebhookType{Name: "CartOpened", Exchange: "p-u-o-m-e-c-cartopened-klient"}, Callback: "https://bridge.example/", Auth: "HTTP_BASIC", User: "one"},
		{ID: "7", Type: integration.WebhookType{Name: "ClientLogged"}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, body := range []string{"", "{}", "7", `{"content":{}}`, `[1]`, `{"content":["w1"]}`, "[", "\xff"} {
		if got, err := integration.ReadWebhooks([]byte(body)); err == nil {
			t.Errorf("%q is read as %v", body, got)
		}
	}
}

func TestCreateWebhook(t *testing.T) {
	const exchange = "p-u-o-m-e-c-cartopened-klient"
	for name, test := range map[string]struct {
		answer string
		id     string
		status integration.WebhookStatus
	}{
		"the webhook":   {`{"webhookId":"w9","status":"INACTIVE"}`, "w9", integration.Inactive},
		"its id":        {`"w9"`, "w9", integration.Active},
		"without words": {``, "", integration.Active},
	} {
		one := serve(t, answers(http.StatusCreated, test.answer))
		got, err := connect(t, one.URL).CreateWebhook(context.Background(), newWebhook())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := integration.Webhook{ID: test.id, Name: "octobridge carts", Status: test.status, Type: integration.WebhookType{Name: "CartOpened", Exchange: exchange},
			Callback: "https://bridge.example/webhooks/one/cart-opened", Auth: "HTTP_BASIC", User: "one"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		checkJSON(t, one.all()[0].body, map[string]any{
			"name": "octobridge carts", "status": "ACTIVE", "callbackUrl": "https://bridge.example/webhooks/one/cart-opened",
			"webhookType":            map[string]any{"name": "CartOpened", "exchangeName": exchange},
			"callbackAuthentication": map[string]any{"type": "HTTP_BASIC", "username": "one", "password": webhookPassword},
		})
	}
	one := serve(t, answers(http.StatusCreated, `{made}`))
	_, err := connect(t, one.URL).CreateWebhook(context.Background(), newWebhook())
	checkFailure(t, "an answer that is none", err, integration.KindUnreadable, integration.SendAgainUnknown)

	one = serve(t, answers(http.StatusCreated, ``))
	open := newWebhook()
	open.User, open.Password, open.Status = "", secret.String{}, integration.Inactive
	open.Type = integration.WebhookType{Name: "OrderPlaced", Exchange: "p-u-o-m-o"}
	if made, err := connect(t, one.URL).CreateWebhook(context.Background(), open); err != nil || made.Auth != "NONE" {
		t.Errorf("an open webhook: %+v, %v", made, err)
	}
	checkJSON(t, one.all()[0].body, map[string]any{
		"name": "octobridge carts", "status": "INACTIVE", "callbackUrl": "https://bridge.example/webhooks/one/cart-opened",
		"webhookType": map[string]any{"name": "OrderPlaced", "exchangeName": "p-u-o-m-o"}, "callbackAuthentication": map[string]any{"type": "NONE"},
	})
}

func checkJSON(t *testing.T, body string, want map[string]any) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the body (-want +got):\n%s", diff)
	}
}

func TestCreateWebhookRefuses(t *testing.T) {
	one := serve(t, answers(http.StatusCreated, ``))
	client := connect(t, one.URL)
	for name, change := range map[string]func(*integration.NewWebhook){
		"no name":       func(w *integration.NewWebhook) { w.Name = "" },
		"status":        func(w *integration.NewWebhook) { w.Status = "PAUSED" },
		"no type":       func(w *integration.NewWebhook) { w.Type.Name = "" },
		"unknown type":  func(w *integration.NewWebhook) { w.Type.Name = "CartClosed" },
		"no address":    func(w *integration.NewWebhook) { w.Callback = "" },
		"http":          func(w *integration.NewWebhook) { w.Callback = "http://bridge.example/" },
		"user within":   func(w *integration.NewWebhook) { w.Callback = "https://a:b@bridge.example/" },
		"no user":       func(w *integration.NewWebhook) { w.User = "" },
		"no password":   func(w *integration.NewWebhook) { w.Password = secret.String{} },
		"file":          func(w *integration.NewWebhook) { w.Callback = "file://bridge.example/etc" },
		"broken escape": func(w *integration.NewWebhook) { w.Callback = "https://bridge.example/%zz" },
	} {
		webhook := newWebhook()
		change(&webhook)
		_, err := client.CreateWebhook(context.Background(), webhook)
		checkFailure(t, name, err, integration.KindRequest, integration.SendAgainNo)
	}
	if got := len(one.all()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// ONe replaces the whole webhook: all of it goes back, also what is not known here.
func TestSetWebhookStatus(t *testing.T) {
	const basic = `{"webhookId":"w1","name":"n","status":"ACTIVE","callbackUrl":"https://bridge.example/","retries":9007199254740993,
		"callbackAuthentication":{"type":"HTTP_BASIC","username":"one","password":"***"}}`
	one := serve(t, answers(http.StatusOK, basic))
	client := connect(t, one.URL)
	if err := client.SetWebhookStatus(context.Background(), "w1", integration.Inactive,
		integration.Credentials{User: "old", Password: secret.New("another-password")}, integration.Credentials{User: "one", Password: secret.New(webhookPassword)}); err != nil {
		t.Fatal(err)
	}
	got := one.all()
	if len(got) != 2 || got[1].method != http.MethodPut {
		t.Fatalf("the requests are %+v", got)
	}
	if !strings.Contains(got[1].body, "9007199254740993") {
		t.Errorf("a number was changed on the way: %s", got[1].body)
	}
	checkJSON(t, strings.Replace(got[1].body, "9007199254740993", "1", 1), map[string]any{
		"webhookId": "w1", "name": "n", "status": "INACTIVE", "callbackUrl": "https://bridge.example/", "retries": 1.0,
		"callbackAuthentication": map[string]any{"type": "HTTP_BASIC", "username": "one", "password": webhookPassword},
	})

	ours := []integration.Credentials{{User: "one", Password: secret.New(webhookPassword)}}
	for name, test := range map[string]struct {
		body   string
		status integration.WebhookStatus
		known  []integration.Credentials
		kind   integration.Kind
		calls  int
	}{
		"without its password":       {basic, integration.Active, nil, integration.KindRequest, 1},
		"its authentication is gone": {`{"callbackUrl":"https://bridge.example/"}`, integration.Active, ours, integration.KindRequest, 1},
		// Our password went under the name of whoever the webhook is of, and locked
		// them out; without a name, ONe may take it for no authentication at all.
		"its user is hidden":      {strings.Replace(basic, `"username":"one",`, "", 1), integration.Inactive, ours, integration.KindRequest, 1},
		"it is another's":         {strings.Replace(basic, `"one"`, `"two"`, 1), integration.Inactive, ours, integration.KindRequest, 1},
		"another authentication":  {strings.Replace(basic, "HTTP_BASIC", "OAUTH2", 1), integration.Inactive, ours, integration.KindRequest, 1},
		"no webhook":              {`{"webhookId":"w1"}`, integration.Active, nil, integration.KindUnreadable, 1},
		"empty":                   {``, integration.Active, nil, integration.KindUnreadable, 1},
		"a status that ONe lacks": {basic, "PAUSED", ours, integration.KindRequest, 0},
	} {
		one := serve(t, answers(http.StatusOK, test.body))
		err := connect(t, one.URL).SetWebhookStatus(context.Background(), "w1", test.status, test.known...)
		again := integration.SendAgainNo
		if test.body == "" {
			again = integration.SendAgainYes
		}
		checkFailure(t, name, err, test.kind, again)
		if got := len(one.all()); got != test.calls {
			t.Errorf("%s: %d calls, want %d", name, got, test.calls)
		}
		if strings.Contains(test.body, "callbackAuth") && test.calls == 1 && !errors.Is(err, integration.ErrCredentials) {
			t.Errorf("%s: %v does not say that credentials lack", name, err)
		}
	}
}
