package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/oct8ne/sandbox"
)

func TestUpdate(t *testing.T) {
	s, address := start(t, options())
	at := address + "/platformConnection/update"
	for query, want := range map[string]int{
		"?visitor=3847&what=cart":                                204,
		"?visitor=3847&what=wishlist":                            204,
		"?visitor=3847&what=user":                                204,
		"?visitor=3847&what=":                                    400,
		"?visitor=3847&what=orders":                              400,
		"?visitor=3847":                                          400,
		"?visitor=&what=cart":                                    400,
		"?what=cart":                                             400,
		"?visitor=a%20b&what=cart":                               400,
		"?visitor=%C4%85&what=cart":                              400,
		"?visitor=a%0Ab&what=cart":                               400,
		"?visitor=" + strings.Repeat("v", 200) + "&what=cart":    204,
		"?visitor=" + strings.Repeat("v", 201) + "&what=cart":    400,
		"?visitor=3847&what=cart&visitor=":                       204,
		"?visitor=%3Cscript%3Ealert(1)%3C%2Fscript%3E&what=cart": 204,
	} {
		before := len(s.Updates())
		got := ask(t, t.Context(), http.MethodPost, at+query, "")
		if got.status != want {
			t.Errorf("%s: status %d, want %d: %s", query, got.status, want, got.body)
		}
		if noted := len(s.Updates()) - before; noted != map[bool]int{true: 1}[want == 204] {
			t.Errorf("%s: %d updates noted", query, noted)
		}
		if want == 204 && got.body != "" {
			t.Errorf("%s: answered %q, want nothing", query, got.body)
		}
	}
	// In the body they are not where the document has them.
	if got := ask(t, t.Context(), http.MethodPost, at, "visitor=3847&what=cart"); got.status != 400 {
		t.Errorf("parameters in the body: status %d", got.status)
	}
	if got := ask(t, t.Context(), http.MethodGet, at+"?visitor=3847&what=cart", ""); got.status != 405 {
		t.Errorf("GET: status %d", got.status)
	}
	if got := s.Updates()[0]; got.At != began || got.Status != 204 {
		t.Errorf("noted as %+v", got)
	}
}

func TestUpdatesAreListedAndForgotten(t *testing.T) {
	s, address := start(t, options())
	if got := ask(t, t.Context(), http.MethodGet, address+"/_oct8ne/updates", ""); got.body != "[]" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("nothing came yet: %q %v", got.body, got.header)
	}
	for _, what := range []string{"cart", "user"} {
		ask(t, t.Context(), http.MethodPost, address+"/platformConnection/update?visitor=a1&what="+what, "")
	}
	want := `[{"visitor":"a1","what":"cart","at":"2026-11-22T10:00:00Z","status":204},{"visitor":"a1","what":"user","at":"2026-11-22T10:00:00Z","status":204}]`
	if got := ask(t, t.Context(), http.MethodGet, address+"/_oct8ne/updates", ""); got.body != want {
		t.Errorf("listed %s, want %s", got.body, want)
	}
	if got := ask(t, t.Context(), http.MethodDelete, address+"/_oct8ne/updates", ""); got.status != 204 || len(s.Updates()) != 0 {
		t.Errorf("status %d, %d updates are left", got.status, len(s.Updates()))
	}
}

// Only the newest 10,000 are kept, so that a demonstration may go on for ever.
func TestUpdatesAreBounded(t *testing.T) {
	s := sandbox.New(options())
	defer s.Close()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	s.Mount(app)
	for i := range 10_050 {
		what := "cart"
		if i >= 10_000 {
			what = "user"
		}
		request, err := http.NewRequest(http.MethodPost, "http://oct8ne.example/platformConnection/update?visitor=v&what="+what, nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := app.Test(request, -1); err != nil || response.StatusCode != 204 {
			t.Fatalf("update %d: %v, %v", i, response, err)
		}
	}
	if got := s.Updates(); len(got) != 10_000 || got[9949].What != "cart" || got[9950].What != "user" {
		t.Errorf("%d are kept, or not the newest", len(got))
	}
}

func TestWait(t *testing.T) {
	s, address := start(t, options())
	done := make(chan error, 1)
	go func() {
		done <- s.Wait(t.Context(), func(updates []sandbox.Update) bool { return len(updates) == 2 })
	}()
	for range 2 {
		ask(t, t.Context(), http.MethodPost, address+"/platformConnection/update?visitor=a&what=cart", "")
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Wait(ctx, func(updates []sandbox.Update) bool { return len(updates) == 3 })
	if err == nil || !strings.Contains(err.Error(), "2 updates") {
		t.Errorf("the end of the context: %v", err)
	}
}

// A platform that hangs has heard of the update, and says nothing.
func TestHang(t *testing.T) {
	for name, end := range map[string]func(*sandbox.Server){
		"until it is let go": func(s *sandbox.Server) { s.Hang(false) },
		"until it is closed": (*sandbox.Server).Close,
	} {
		t.Run(name, func(t *testing.T) {
			s, address := start(t, options())
			s.Hang(true)
			s.Hang(true) // twice is as once
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if got, err := try(t, ctx, http.MethodPost, address+"/platformConnection/linkup", ""); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("linkup answered %d while it hangs (%v)", got.status, err)
			}
			answer := make(chan reply, 1)
			go func() {
				got, err := try(t, t.Context(), http.MethodPost, address+"/platformConnection/update?visitor=a&what=cart", "")
				if err != nil {
					t.Error(err)
				}
				answer <- got
			}()
			if err := s.Wait(t.Context(), func(updates []sandbox.Update) bool { return len(updates) == 1 && updates[0].Status == 0 }); err != nil {
				t.Fatal(err)
			}
			select {
			case got := <-answer:
				t.Fatalf("answered %d while it hangs", got.status)
			default:
			}
			end(s)
			if got := <-answer; got.status != 503 {
				t.Errorf("status %d after it hung", got.status)
			}
		})
	}
}

func TestFail(t *testing.T) {
	s, address := start(t, options())
	s.Fail(http.StatusBadGateway)
	for _, call := range []string{"/platformConnection/update?visitor=a&what=cart", "/platformConnection/linkup"} {
		if got := ask(t, t.Context(), http.MethodPost, address+call, ""); got.status != 502 {
			t.Errorf("%s: status %d", call, got.status)
		}
	}
	if got := s.Updates(); len(got) != 1 || got[0].Status != 502 {
		t.Errorf("noted %+v", got)
	}
	s.Fail(0)
	if got := ask(t, t.Context(), http.MethodPost, address+"/platformConnection/update?visitor=a&what=cart", ""); got.status != 204 {
		t.Errorf("after the failure: status %d", got.status)
	}
}

func TestLinkUp(t *testing.T) {
	good := url.Values{"email": {"Owner@shop.example"}, "pass": {"an-invented-password"}, "platform": {"Custom"}, "urlDomain": {"https://shop.example"}, "statusPlatform": {"true"}}
	with := func(name, value string) url.Values {
		values := url.Values{}
		for key, all := range good {
			values[key] = all
		}
		values.Set(name, value)
		return values
	}
	cases := map[string]struct {
		form   url.Values
		status int
		linked bool
	}{
		"as documented":      {good, 200, true},
		"not enabled":        {with("statusPlatform", "false"), 200, true},
		"wrong password":     {with("pass", "guessed"), 200, false},
		"no password":        {with("pass", ""), 200, false},
		"another's e-mail":   {with("email", "guest@shop.example"), 200, false},
		"address without //": {with("urlDomain", "shop.example"), 400, false},
		"another scheme":     {with("urlDomain", "ftp://shop.example"), 400, false},
		"no platform":        {with("platform", ""), 400, false},
		"status yes":         {with("statusPlatform", "yes"), 400, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, address := start(t, options())
			got := ask(t, t.Context(), http.MethodPost, address+"/platformConnection/linkup", c.form.Encode())
			if got.status != c.status {
				t.Fatalf("status %d, want %d: %s", got.status, c.status, got.body)
			}
			host := strings.TrimPrefix(address, "http://") + "/"
			var answer map[string]string
			if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
				t.Fatal(err)
			}
			if !c.linked {
				if answer["message"] == "" || len(answer) != 1 || strings.Contains(got.body, token) || len(s.LinkUps()) != 0 {
					t.Errorf("refused with %s", got.body)
				}
				return
			}
			if answer["apiToken"] != token || answer["licenseId"] != license || answer["server"] != host || answer["urlStatic"] != host || len(answer) != 4 {
				t.Errorf("answered %s", got.body)
			}
			want := sandbox.LinkUp{At: began, Platform: "Custom", URLDomain: "https://shop.example", Enabled: c.form.Get("statusPlatform") == "true"}
			if links := s.LinkUps(); len(links) != 1 || links[0] != want {
				t.Errorf("noted %+v", links)
			}
		})
	}
	t.Run("in the query", func(t *testing.T) {
		_, address := start(t, options())
		if got := ask(t, t.Context(), http.MethodPost, address+"/platformConnection/linkup?"+good.Encode(), ""); got.status != 400 {
			t.Errorf("status %d: a password in an address must not work", got.status)
		}
	})
	t.Run("in PascalCase", func(t *testing.T) {
		pascal := options()
		pascal.PascalCase = true
		_, address := start(t, pascal)
		got := ask(t, t.Context(), http.MethodPost, address+"/platformConnection/linkup", good.Encode())
		if !strings.Contains(got.body, `"ApiToken":"`+token) || !strings.Contains(got.body, `"UrlStatic":`) {
			t.Errorf("answered %s", got.body)
		}
	})
	t.Run("nobody may", func(t *testing.T) {
		_, address := start(t, sandbox.Options{})
		if got := ask(t, t.Context(), http.MethodPost, address+"/platformConnection/linkup", with("email", "").Encode()); !strings.Contains(got.body, "message") {
			t.Errorf("answered %s", got.body)
		}
	})
}
