package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	onesandbox "octobridge/bridge/one/sandbox"
)

// Three webhooks are created once: whoever runs the command again is told that they
// are there, and has no second ones.
func TestOneWebhooksAreCreatedOnce(t *testing.T) {
	s := sell(t)
	if code, out, errOut := asks(t, s.environ, "webhooks", "list"); code != exitNo || out != "" || !strings.Contains(errOut, "create all makes them") {
		t.Errorf("none: exit code %d: %s%s", code, out, errOut)
	}
	code, out, errOut := asks(t, s.environ, "webhooks", "create", "client-logged", "--name", "Logins", "--inactive", "--json")
	var said struct{ Webhooks []oneCreated }
	if err := json.Unmarshal([]byte(out), &said); err != nil || code != exitOK || len(said.Webhooks) != 1 || !said.Webhooks[0].Created || said.Webhooks[0].Webhook.ID == "" || said.Webhooks[0].Webhook.Status != "INACTIVE" {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out, errOut)
	}
	code, out, errOut = asks(t, s.environ, "webhooks", "create", "all")
	if code != exitOK || errOut != "" || strings.Count(out, "was created (ACTIVE)") != 2 || strings.Count(out, "is there already (INACTIVE)") != 1 || !strings.Contains(out, "octobridge one webhooks resume "+said.Webhooks[0].Webhook.ID) {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	code, out, _ = asks(t, s.environ, "webhooks", "create", "all")
	if code != exitOK || strings.Contains(out, "was created (") || strings.Count(out, "is there already") != 3 {
		t.Errorf("again: exit code %d: %s", code, out)
	}
	all := s.one.Webhooks()
	if len(all) != 3 || s.calls(onesandbox.CreateWebhook) != 3 {
		t.Fatalf("%d webhooks by %d calls: %+v", len(all), s.calls(onesandbox.CreateWebhook), all)
	}
	for _, webhook := range all {
		path := map[string]string{"CartOpened": "cart-opened", "ClientLogged": "client-logged", "OfferOpened": "offer-opened"}[webhook.Type]
		if webhook.CallbackURL != "http://127.0.0.1:9/webhooks/one/"+path || webhook.Auth != "HTTP_BASIC" || webhook.User != oneUser {
			t.Errorf("the webhook became %+v", webhook)
		}
	}
	code, out, errOut = asks(t, s.environ, "webhooks", "list")
	if code != exitOK || errOut != "" || strings.Count(out, "\n") != 4 || strings.Count(out, "user "+oneUser) != 3 {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	code, out, _ = asks(t, s.environ, "webhooks", "list", "--json")
	var list struct{ Webhooks []oneWebhookView }
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != exitOK || len(list.Webhooks) != 3 || list.Webhooks[0].Name != "Logins" || list.Webhooks[1].Name != "octobridge cart-opened" {
		t.Errorf("exit code %d, %v: %s", code, err, out)
	}
}

// A webhook that leads there and cannot do the work was called good: its events were
// refused, or taken for those of another kind.
func TestOneWebhookThatIsThereAndWrong(t *testing.T) {
	s := sell(t)
	s.one.SetBridge("http://127.0.0.1:9") // has a webhook for each event
	for _, c := range []struct {
		name    string
		environ []string
		says    string
	}{
		{"another user", s.with("ONE__WEBHOOK_USER=new"), "as the user \"" + oneUser + "\", who is not known here"},
		{"the old user", s.with("ONE__WEBHOOK_USER=new", "ONE__OLD_WEBHOOK_USER="+oneUser, "ONE__OLD_WEBHOOK_PASSWORD="+onePassword), ""},
		{"open by name", s.with("ONE__WEBHOOK_USER=", "ONE__WEBHOOK_PASSWORD=", "ONE__WEBHOOK_AUTH=none"), ""},
	} {
		code, out, errOut := asks(t, c.environ, "webhooks", "create", "all", "--json")
		if want := map[bool]int{true: exitOK, false: exitNo}[c.says == ""]; code != want || !strings.Contains(errOut, c.says) || strings.Contains(out, `"wrong"`) != (c.says != "") {
			t.Errorf("%s: exit code %d: %s%s", c.name, code, out, errOut)
		}
	}
	var told atomic.Value
	one := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("a second webhook was created")
		}
		_, _ = io.WriteString(w, told.Load().(string))
	}))
	t.Cleanup(one.Close)
	for webhook, says := range map[string]string{
		`"webhookType":{"name":"CartOpened"},"callbackAuthentication":{"type":"HTTP_BASIC","username":"` + oneUser + `"}`:     "sends CartOpened to the address of OfferOpened",
		`"webhookType":{"name":"OfferOpened BO"},"callbackAuthentication":{"type":"HTTP_BASIC","username":"` + oneUser + `"}`: "",
		`"webhookType":{"name":"OfferOpened"},"callbackAuthentication":{"type":"NONE"}`:                                       "without credentials",
		`"name":"x"`: "",
	} {
		told.Store(`[{"webhookId":"w1","status":"INACTIVE","callbackUrl":"http://127.0.0.1:9/webhooks/one/offer-opened",` + webhook + `}]`)
		code, out, errOut := asks(t, s.with("ONE__URL="+one.URL), "webhooks", "create", "offer-opened")
		if want := map[bool]int{true: exitOK, false: exitNo}[says == ""]; code != want || !strings.Contains(errOut, says) || strings.Contains(out, "resume w1") != (says == "") {
			t.Errorf("%s: exit code %d: %s%s", webhook, code, out, errOut)
		}
	}
}

// What could send ONe's credentials over the network in the open, or nowhere, is
// refused before anything is created.
func TestOneWebhooksThatWouldBeWrong(t *testing.T) {
	s := sell(t)
	for _, c := range []struct {
		name    string
		environ []string
		args    []string
		says    string
	}{
		{"no such event", s.environ, []string{"create", "cart"}, `"cart" is none of cart-opened, client-logged, offer-opened, all`},
		{"no event", s.environ, []string{"create"}, "accepts 1 arg"},
		{"no name", s.environ, []string{"create", "all", "--name", " "}, "--name is empty"},
		{"in the open", s.with("PUBLIC_URL=http://bridge.example"), []string{"create", "all"}, "public_url"},
		{"no address", s.with("PUBLIC_URL="), []string{"create", "all"}, "public_url"},
		{"no credentials", s.with("ONE__WEBHOOK_USER=", "ONE__WEBHOOK_PASSWORD="), []string{"create", "all"}, "one.webhook_user"},
		{"this machine alone", s.with("ONE__URL=https://one.invalid"), []string{"create", "all"}, "which ONe cannot reach"},
		{"two tests", s.environ, []string{"test", "cart-opened", "--by-one", "x"}, "name one kind of event"},
		{"no test", s.environ, []string{"test"}, "name one kind of event"},
		{"all at once", s.environ, []string{"test", "all"}, `"all" is none of cart-opened, client-logged, offer-opened`},
	} {
		code, out, errOut := asks(t, c.environ, append([]string{"webhooks"}, c.args...)...)
		if code != exitUsage || out != "" || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: exit code %d, %q is missing in: %s%s", c.name, code, c.says, out, errOut)
		}
	}
	if n := len(s.one.Calls()); n != 0 {
		t.Errorf("ONe was called %d times", n)
	}
	s.one.Fail(onesandbox.CreateWebhook, onesandbox.Trouble{ActThenDrop: true})
	code, _, errOut := asks(t, s.environ, "webhooks", "create", "cart-opened")
	if code != exitUpstream || !strings.Contains(errOut, "octobridge one webhooks list shows whether it is there") || !strings.Contains(errOut, "safe to send again: unknown") || s.calls(onesandbox.CreateWebhook) != 1 {
		t.Errorf("no answer: exit code %d, %d calls: %s", code, s.calls(onesandbox.CreateWebhook), errOut)
	}
}

func TestOneWebhooksArePausedAndResumed(t *testing.T) {
	s := sell(t)
	s.one.SetBridge("http://127.0.0.1:9")
	webhook := s.one.Webhooks()[0]
	for _, c := range []struct{ use, status, says string }{
		{"pause", "INACTIVE", "is paused"}, {"pause", "INACTIVE", "is paused"}, {"resume", "ACTIVE", "sends events"},
	} {
		code, out, errOut := asks(t, s.environ, "webhooks", c.use, webhook.ID)
		if got := s.one.Webhooks()[0]; code != exitOK || got.Status != c.status || got.CallbackURL != webhook.CallbackURL || got.User != oneUser || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit code %d, the webhook is %+v: %s%s", c.use, code, got, out, errOut)
		}
	}
	if n := s.calls(onesandbox.UpdateWebhook); n != 2 {
		t.Errorf("it was changed %d times: once each was needed", n)
	}
	// ONe replaced the password with the one that it was given: events still get in.
	service, environ := s.listen(t)
	if status, err := s.one.Send(t.Context(), onesandbox.Event{Kind: onesandbox.CartOpened, Customer: "org:1", Cart: "7"}, onesandbox.Data); status != 204 || err != nil {
		t.Errorf("an event is answered %d, %v", status, err)
	}
	worked(t, service)
	if code, _, errOut := asks(t, environ, "webhooks", "pause", "no-such"); code != exitNo || !strings.Contains(errOut, "ONe has no webhook") {
		t.Errorf("not there: exit code %d: %s", code, errOut)
	}
	// The password of another's webhook is not known: ours must not take its place.
	before := s.calls(onesandbox.UpdateWebhook)
	code, _, errOut := asks(t, s.with("ONE__WEBHOOK_USER=somebody-else"), "webhooks", "pause", webhook.ID)
	if code != exitNo || !strings.Contains(errOut, "credentials of its own") || s.calls(onesandbox.UpdateWebhook) != before {
		t.Errorf("another's: exit code %d: %s", code, errOut)
	}
	code, _, errOut = asks(t, s.with("ONE__WEBHOOK_USER=new", "ONE__OLD_WEBHOOK_USER="+oneUser, "ONE__OLD_WEBHOOK_PASSWORD="+onePassword), "webhooks", "pause", webhook.ID)
	if code != exitOK || s.one.Webhooks()[0].Status != "INACTIVE" {
		t.Errorf("with the old credentials: exit code %d: %s", code, errOut)
	}
}

// The test goes the way that ONe's events go, and says what is in the way.
func TestOneWebhooksAreTried(t *testing.T) {
	s := sell(t)
	service, environ := s.listen(t)
	code, out, errOut := asks(t, environ, "webhooks", "test", "cart-opened")
	if code != exitOK || !strings.Contains(out, "answers 204") || errOut != "" {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	worked(t, service)
	if code, out, _ := asks(t, environ, "events", "list", "--flagged"); code != exitOK || !strings.Contains(out, "cart-opened") || !strings.Contains(out, "empty") {
		t.Errorf("what the test left: exit code %d: %s", code, out)
	}
	code, _, errOut = asks(t, changed(environ, "ONE__WEBHOOK_PASSWORD=another"), "webhooks", "test", "cart-opened")
	if code != exitNo || !strings.Contains(errOut, "answers 401") || !strings.Contains(errOut, "restart it after a change") {
		t.Errorf("another password: exit code %d: %s", code, errOut)
	}
	code, _, errOut = asks(t, s.with("PUBLIC_URL=http://127.0.0.1:1"), "webhooks", "test", "cart-opened")
	if code != exitUpstream || !strings.Contains(errOut, "nobody answers at http://127.0.0.1:1/webhooks/one/cart-opened") {
		t.Errorf("nobody there: exit code %d: %s", code, errOut)
	}

	webhook := s.one.Webhooks()[0]
	code, out, errOut = asks(t, environ, "webhooks", "test", "--by-one", webhook.ID)
	if code != exitOK || !strings.Contains(out, "events list") || len(s.one.Deliveries()) != 1 {
		t.Errorf("by ONe: exit code %d, %d deliveries: %s%s", code, len(s.one.Deliveries()), out, errOut)
	}
	if code, _, errOut := asks(t, environ, "webhooks", "test", "--by-one", "no-such"); code != exitNo || !strings.Contains(errOut, "ONe has no webhook") {
		t.Errorf("by ONe, not there: exit code %d: %s", code, errOut)
	}
}

// A shop that only receives events has no access to ONe's integration API: the test
// of its own address asked for the address and the key of that.
func TestOneWebhookTestNeedsNoONe(t *testing.T) {
	service, environ := sell(t).listen(t)
	for _, keys := range [][]string{{"ONE__URL=", "ONE__TENANT=", "ONE__API_AUTH="}, {"ONE__TENANT="}} {
		code, out, errOut := asks(t, changed(environ, keys...), "webhooks", "test", "cart-opened")
		if code != exitOK || errOut != "" || !strings.Contains(out, "answers 204") {
			t.Errorf("without %q: exit code %d: %s%s", keys, code, out, errOut)
		}
	}
	code, _, errOut := asks(t, changed(environ, "ONE__API_AUTH="), "webhooks", "test", "--by-one", "x")
	if code != exitUsage || !strings.Contains(errOut, "one.api_auth") {
		t.Errorf("by ONe: exit code %d: %s", code, errOut)
	}
	worked(t, service)
}

// A redirection is not followed: the credentials would go where nobody wanted them.
func TestOneWebhookTestStaysWhereItIs(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirection was followed") }))
	t.Cleanup(elsewhere.Close)
	for status, says := range map[int]string{307: "redirects", 404: "public_url leads elsewhere", 429: "try again", 500: "see its log", 418: "no answer of this bridge's"} {
		public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, password, ok := r.BasicAuth()
			if body := r.ContentLength; r.Method != "POST" || r.URL.Path != "/webhooks/one/offer-opened" || user != oneUser || password != onePassword || !ok || body > 0 {
				t.Errorf("%s %s with %d bytes came", r.Method, r.URL.Path, body)
			}
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(status)
		}))
		code, out, errOut := asks(t, sell(t).with("PUBLIC_URL="+public.URL), "webhooks", "test", "offer-opened", "--json")
		public.Close()
		if code != exitNo || !strings.Contains(errOut, says) || !strings.Contains(out, `"ok": false`) {
			t.Errorf("%d: exit code %d: %s%s", status, code, out, errOut)
		}
	}
}

func TestSameAddress(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://bridge.example/webhooks/one/cart-opened", "https://BRIDGE.example:443/webhooks/one/cart-opened/", true},
		{"http://127.0.0.1/webhooks/one/cart-opened", "http://127.0.0.1:80/Webhooks/one/Cart-Opened", true},
		{"https://bridge.example/webhooks/one/cart-opened", "https://bridge.example/webhooks/one/offer-opened", false},
		{"https://bridge.example/webhooks/one/cart-opened", "https://bridge.example:8443/webhooks/one/cart-opened", false},
		{"https://bridge.example/webhooks/one/cart-opened", "http://bridge.example/webhooks/one/cart-opened", false},
		{"", "https://bridge.example/webhooks/one/cart-opened", false},
		{"https://bridge.example/%zz", "https://bridge.example/%zz", true},
	} {
		if got := sameAddress(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: same %v, want %v", c.a, c.b, got, c.same)
		}
	}
}
