package sandbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"octobridge/bridge/one/sandbox"
)

var exchanges = map[string]string{
	"CartOpened": "p-u-o-m-e-c-cartopened-klient", "ClientLogged": "p-u-o-m-e-c-clientlogged-klient", "OfferOpened": "p-u-o-m-e-o-offeropened-klient",
}

// webhook is a body that makes one with Basic credentials.
func webhook(name, kind, callback string) string {
	return fmt.Sprintf(`{"name":%q,"status":"ACTIVE","webhookType":{"name":%q,"exchangeName":%q},"callbackUrl":%q,"callbackAuthentication":{"type":"HTTP_BASIC","username":%q,"password":%q}}`,
		name, kind, exchanges[kind], callback, user, password)
}

func webhooksAddress(address string) string {
	return address + "/api/v1/webhooks" + integ + "webhooks"
}

// A webhook is made, read, replaced, tested and deleted; its password is shown to
// nobody.
func TestWebhook(t *testing.T) {
	b := newBridge(t)
	s, address := start(t, sandbox.Options{})
	place := webhooksAddress(address)
	made := ask(t, "POST", place, webhook("Carts", "CartOpened", b.URL+"/webhooks/one/cart-opened")).want(t, 201)
	id, _ := made.object(t)["webhookId"].(string)
	one := ask(t, "GET", place+"/"+id, "").want(t, 200)
	if made.body != one.body || strings.Contains(one.body, password) || at(t, one.object(t), "callbackAuthentication", "username") != user || at(t, one.object(t), "webhookType", "exchangeName") != exchanges["CartOpened"] {
		t.Errorf("the webhook is %s, then %s", made.body, one.body)
	}
	if r := ask(t, "POST", place+"/"+id+"/test", "").want(t, 200); at(t, r.object(t), "responseStatus") != json.Number("202") {
		t.Errorf("the test is answered %s", r.body)
	}
	if got := b.events(); len(got) != 1 || got[0] != (came{"/webhooks/one/cart-opened", "application/json", basic(), `{"message":"Test webhook","test":true}`}) {
		t.Errorf("the bridge got %+v", got)
	}
	paused := strings.Replace(webhook("Carts", "CartOpened", b.URL), `"ACTIVE"`, `"INACTIVE","webhookId":"`+id+`"`, 1)
	ask(t, "PUT", place+"/"+id, paused).want(t, 200)
	ask(t, "PUT", place+"/another", paused).want(t, 404)
	ask(t, "PUT", place+"/"+id, strings.Replace(paused, id, "another", 1)).want(t, 400)
	if all := s.Webhooks(); len(all) != 1 || all[0].Status != "INACTIVE" || all[0].ID != id || all[0].CallbackURL != b.URL || strings.Contains(fmt.Sprint(all), password) {
		t.Errorf("the webhooks are %+v", all)
	}
	ask(t, "DELETE", place+"/"+id, "").want(t, 204)
	for method, path := range map[string]string{"GET": "/" + id, "DELETE": "/" + id, "POST": "/" + id + "/test"} {
		ask(t, method, place+path, "").want(t, 404)
	}
	gone := ask(t, "POST", place, webhook("Gone", "OfferOpened", "http://127.0.0.1:1/x")).object(t)["webhookId"].(string)
	ask(t, "POST", place+"/"+gone+"/test", "").want(t, 502)
}

// An event brought the sandbox's credentials whatever the webhook had been given, so
// that a client could put any password into it and no test saw that.
func TestEventsBringTheWebhooksCredentials(t *testing.T) {
	b := newBridge(t)
	s, address := start(t, sandbox.Options{User: user, Password: password})
	s.SetBridge(b.URL)
	id := s.Webhooks()[0].ID
	changed := strings.Replace(webhook("Carts", "CartOpened", b.URL+"/webhooks/one/cart-opened"), password, "another-password", 1)
	ask(t, "PUT", webhooksAddress(address)+"/"+id, changed).want(t, 200)
	for kind, want := range map[sandbox.Kind]bool{sandbox.CartOpened: false, sandbox.ClientLogged: true} {
		if _, err := s.Send(t.Context(), sandbox.Event{Kind: kind, Customer: "org:1"}, sandbox.Data); err != nil {
			t.Fatal(err)
		}
		events := b.events()
		if got := events[len(events)-1]; (got.authorization == basic()) != want || got.authorization == "" {
			t.Errorf("%s brings %q", kind, got.authorization)
		}
	}
	none := strings.Replace(changed, `{"type":"HTTP_BASIC","username":"`+user+`","password":"another-password"}`, `{"type":"NONE"}`, 1)
	ask(t, "PUT", webhooksAddress(address)+"/"+id, none).want(t, 200)
	if _, err := s.Send(t.Context(), sandbox.Event{Kind: sandbox.CartOpened, Customer: "org:1"}, sandbox.Data); err != nil {
		t.Fatal(err)
	}
	if events := b.events(); events[len(events)-1].authorization != "" {
		t.Errorf("without authentication it brings %q", events[len(events)-1].authorization)
	}
}

func TestWebhookRefuses(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	good := webhook("Carts", "CartOpened", "https://bridge.example/webhooks/one/cart-opened")
	for _, change := range [][2]string{
		{`"name":"Carts",`, ``}, {`"Carts"`, `""`}, {`"Carts"`, `7`}, {`"ACTIVE"`, `"active"`}, {exchanges["CartOpened"], exchanges["OfferOpened"]}, {`"CartOpened"`, `"cartOpened"`},
		{`https://bridge.example`, `ftp://bridge.example`}, {`https://bridge.example`, ``}, {`https://`, `https://u:p@`}, {`HTTP_BASIC`, `BEARER`}, {`HTTP_BASIC`, `NONE`},
		{`,"password":"` + password + `"`, ``}, {`"status"`, `"more":1,"status"`}, {`"username":"one"`, `"username":""`}, {`{"name":"Carts"`, `{"webhookId":"x","name":"Carts"`},
	} {
		body := strings.Replace(good, change[0], change[1], 1)
		if body == good {
			t.Fatalf("%q is not in %s", change[0], good)
		}
		ask(t, "POST", webhooksAddress(address), body).want(t, 400)
	}
	if len(s.Webhooks()) != 0 {
		t.Error("a refused webhook was kept")
	}
	ask(t, "POST", webhooksAddress(address), good).want(t, 201)
	// Without credentials the type is NONE.
	if _, bare, _ := strings.Cut(good, `"callbackAuthentication"`); bare == "" {
		t.Fatal("the body has no authentication")
	}
	none := strings.Replace(good, `,"username":"one","password":"`+password+`"`, ``, 1)
	ask(t, "POST", webhooksAddress(address), strings.Replace(none, "HTTP_BASIC", "NONE", 1)).want(t, 201)
}

// The list comes in pages, in both forms, and can be searched.
func TestWebhookPages(t *testing.T) {
	for _, bare := range []bool{false, true} {
		_, address := start(t, sandbox.Options{BareLists: bare})
		var names []string
		for i := range 5 {
			names = append(names, fmt.Sprintf("Hook %d", i))
			ask(t, "POST", webhooksAddress(address), webhook(names[i], "ClientLogged", "https://bridge.example/")).want(t, 201)
		}
		var got []string
		for page, want := range []int{2, 2, 1, 0} {
			r := ask(t, "GET", fmt.Sprintf("%s?pageNumber=%d&pageSize=2", webhooksAddress(address), page), "").want(t, 200)
			var list []any
			if bare {
				r.decode(t, &list)
			} else {
				o := r.object(t)
				list, _ = o["content"].([]any)
				if o["totalElements"] != json.Number("5") || o["totalPages"] != json.Number("3") || o["last"] != (page >= 2) || o["number"] != json.Number(fmt.Sprint(page)) {
					t.Errorf("page %d says %v", page, o)
				}
			}
			if len(list) != want {
				t.Errorf("page %d has %d webhooks, want %d", page, len(list), want)
			}
			for _, w := range list {
				got = append(got, at(t, w, "name").(string))
			}
		}
		if !slices.Equal(got, names) {
			t.Errorf("the pages hold %v", got)
		}
		if r := ask(t, "GET", webhooksAddress(address)+"?search=HOOK+3", "").want(t, 200); strings.Count(r.body, "webhookId") != 1 || !strings.Contains(r.body, "Hook 3") {
			t.Errorf("the search found %s", r.body)
		}
		for _, wrong := range []string{"search=ab", "pageSize=0", "pageSize=101", "pageNumber=-1", "pageNumber=x"} {
			ask(t, "GET", webhooksAddress(address)+"?"+wrong, "").want(t, 400)
		}
	}
}

func TestWebhookTypes(t *testing.T) {
	_, address := start(t, sandbox.Options{})
	var types []struct{ Name, ExchangeName string }
	ask(t, "GET", webhooksAddress(address)+"/types", "").want(t, 200).decode(t, &types)
	got := map[string]string{}
	for _, one := range types {
		got[one.Name] = one.ExchangeName
	}
	if fmt.Sprint(got) != fmt.Sprint(exchanges) || len(types) != 3 {
		t.Errorf("the types are %v", types)
	}
}

// When the bridge's address is known, its three webhooks are there, and move with it.
func TestWebhooksOfTheBridge(t *testing.T) {
	s := sandbox.New(sandbox.Options{User: user, Password: password})
	t.Cleanup(func() { _ = s.Close() })
	if len(s.Webhooks()) != 0 {
		t.Error("there are webhooks of a bridge that nobody knows")
	}
	for _, bridge := range []string{"http://127.0.0.1:8080/", "https://bridge.example"} {
		s.SetBridge(bridge)
		all := s.Webhooks()
		if len(all) != 3 {
			t.Fatalf("there are %d webhooks", len(all))
		}
		for i, kind := range []string{"cart-opened", "client-logged", "offer-opened"} {
			if all[i].CallbackURL != strings.TrimSuffix(bridge, "/")+"/webhooks/one/"+kind || all[i].Auth != "HTTP_BASIC" || all[i].User != user || all[i].Exchange != exchanges[all[i].Type] {
				t.Errorf("a webhook is %+v", all[i])
			}
		}
	}
}
