package oct8ne_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"octobridge/internal/secret"
	"octobridge/oct8ne"
)

var errBoom = errors.New("boom: <b>hunter2</b>")

// TestFailuresKeepTheShape drives every method through every kind of failure,
// as JSON and as JSONP.
func TestFailuresKeepTheShape(t *testing.T) {
	var out []int
	failures := []struct {
		name   string
		hook   func(context.Context, *oct8ne.Request) error
		status int
		retry  string
		is     func(error) bool
	}{
		{"unavailable", func(context.Context, *oct8ne.Request) error {
			return fmt.Errorf("asking the wholesaler: %w", &oct8ne.Unavailable{RetryAfter: 90500 * time.Millisecond, Err: errBoom})
		}, 503, "91", func(err error) bool { return errors.Is(err, errBoom) }},
		{"unavailable, nobody knows how long", func(context.Context, *oct8ne.Request) error {
			return &oct8ne.Unavailable{Err: errBoom}
		}, 503, "30", func(err error) bool { return errors.Is(err, errBoom) }},
		{"a deadline of the adapter's own", func(context.Context, *oct8ne.Request) error {
			return fmt.Errorf("asking: %w", context.DeadlineExceeded)
		}, 503, "30", func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		{"any error", func(context.Context, *oct8ne.Request) error { return errBoom },
			500, "", func(err error) bool { return errors.Is(err, errBoom) }},
		{"panic", func(context.Context, *oct8ne.Request) error { panic(errBoom) }, 500, "", func(err error) bool {
			var p *oct8ne.Panic
			return errors.As(err, &p) && p.Value == any(errBoom) && strings.Contains(string(p.Stack), "failure_test.go") &&
				!strings.Contains(err.Error(), "hunter2")
		}},
		{"runtime panic", func(context.Context, *oct8ne.Request) error { _ = out[len(out)]; return nil }, 500, "",
			func(err error) bool { return strings.Contains(err.Error(), "index out of range") }},
		{"exit", func(context.Context, *oct8ne.Request) error { runtime.Goexit(); return nil }, 500, "",
			func(err error) bool { return strings.Contains(err.Error(), "ended its goroutine") }},
	}
	for _, failure := range failures {
		t.Run(failure.name, func(t *testing.T) {
			var mu sync.Mutex
			var reported []string
			base := mount(t, &fake{hook: failure.hook}, oct8ne.Options{OnError: func(_ context.Context, method string, err error) {
				mu.Lock()
				defer mu.Unlock()
				reported = append(reported, method)
				if !failure.is(err) {
					t.Errorf("OnError got %v", err)
				}
			}})
			for method, query := range every {
				plain := get(t, base+"/oct8ne/frame/"+method+"?"+query)
				if plain.status != failure.status || plain.body != empties[method] ||
					plain.header.Get("Retry-After") != failure.retry ||
					plain.header.Get("Cache-Control") != "private, no-store" {
					t.Errorf("%s: %+v", method, plain)
				}
				script := get(t, base+"/oct8ne/frame/"+method+"?callback=f&"+query)
				if script.status != 200 || script.body != "/**/f("+empties[method]+");" || script.header.Get("Retry-After") != "" {
					t.Errorf("%s as JSONP: %+v", method, script)
				}
				mu.Lock()
				if len(reported) != 2 || reported[0] != method {
					t.Errorf("%s: OnError was told of %v", method, reported)
				}
				reported = nil
				mu.Unlock()
			}
		})
	}
}

// direct serves requests without a connection, so that synctest's clock runs.
func direct(adapter oct8ne.Adapter, options oct8ne.Options) func(address string) *fasthttp.RequestCtx {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	options.APIToken = secret.New(token)
	oct8ne.Mount(app, adapter, options)
	handler := app.Handler()
	return func(address string) *fasthttp.RequestCtx {
		ctx := &fasthttp.RequestCtx{}
		ctx.Request.SetRequestURI(address)
		handler(ctx)
		return ctx
	}
}

// TestDeadlines measures, on a clock of its own, when an adapter that heeds
// nothing is given up.
func TestDeadlines(t *testing.T) {
	wants := map[string]time.Duration{"getOrders": 4 * time.Second, "getOrderDetails": 4 * time.Second, "checkSession": 6 * time.Second}
	for method, query := range every {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer func() {
					close(release)
					synctest.Wait()
				}()
				hang := &fake{hook: func(_ context.Context, r *oct8ne.Request) error {
					<-release
					r.SetCookie(&http.Cookie{Name: "late", Value: "1"})
					return nil
				}}
				var got error
				do := direct(hang, oct8ne.Options{OnError: func(_ context.Context, _ string, err error) { got = err }})
				began := time.Now()
				ctx := do("/oct8ne/frame/" + method + "?" + query)
				want := wants[method]
				if want == 0 {
					want = 8 * time.Second
				}
				if took := time.Since(began); took != want {
					t.Errorf("answered after %v, want %v", took, want)
				}
				if ctx.Response.StatusCode() != 503 || string(ctx.Response.Body()) != empties[method] ||
					len(ctx.Response.Header.Peek("Set-Cookie")) != 0 || string(ctx.Response.Header.Peek("Retry-After")) != "30" {
					t.Errorf("answered %v", ctx.Response.String())
				}
				var unavailable *oct8ne.Unavailable
				if !errors.As(got, &unavailable) || !errors.Is(got, context.DeadlineExceeded) {
					t.Errorf("OnError got %v", got)
				}
			})
		})
	}
}

// TestTheContextEnds has an adapter that heeds its context.
func TestTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{hook: func(ctx context.Context, _ *oct8ne.Request) error {
			<-ctx.Done()
			return errors.New("gave up")
		}}
		do := direct(f, oct8ne.Options{Timeout: time.Second})
		if ctx := do("/oct8ne/frame/search?search=a"); ctx.Response.StatusCode() != 503 {
			t.Errorf("answered %v", ctx.Response.String())
		}
		synctest.Wait()
	})
}

func TestTooManyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := &fake{hook: func(context.Context, *oct8ne.Request) error { <-release; return nil }}
		do := direct(f, oct8ne.Options{MaxCalls: 2, Timeout: time.Second})
		for range 2 {
			do("/oct8ne/frame/search?search=a") // abandoned, and still running
		}
		began := time.Now()
		if ctx := do("/oct8ne/frame/getCart"); ctx.Response.StatusCode() != 503 || string(ctx.Response.Body()) != empties["getCart"] {
			t.Errorf("a third call: %v", ctx.Response.String())
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("a third call was refused after %v, want at once", took)
		}
		close(release)
		synctest.Wait()
		if ctx := do("/oct8ne/frame/getCart"); ctx.Response.StatusCode() != 200 {
			t.Errorf("after the others ended: %v", ctx.Response.String())
		}
	})
}

func TestStaleAnswers(t *testing.T) {
	f := &fake{hook: func(_ context.Context, r *oct8ne.Request) error {
		r.MarkStale(95 * time.Second)
		r.MarkStale(10 * time.Second)
		return nil
	}}
	base := mount(t, f, oct8ne.Options{})
	for _, callback := range []string{"", "&callback=f"} {
		a := get(t, base+"/oct8ne/frame/search?search=a"+callback)
		if a.status != 200 || a.header.Get("Warning") != `110 - "Response is Stale"` || a.header.Get("Age") != "95" {
			t.Errorf("%+v", a)
		}
	}
	f.hook = nil
	if a := get(t, base+"/oct8ne/frame/search?search=a"); a.header.Get("Warning") != "" || a.header.Get("Age") != "" {
		t.Errorf("a fresh answer: %+v", a)
	}
}

func TestCookiesAndPersonalAnswers(t *testing.T) {
	f := &fake{hook: func(_ context.Context, r *oct8ne.Request) error {
		r.SetCookie(&http.Cookie{Name: "__Host-octobridge", Value: "v", Path: "/", Secure: true, HttpOnly: true,
			SameSite: http.SameSiteLaxMode, Partitioned: true, MaxAge: 60})
		r.SetCookie(&http.Cookie{Name: "second", Value: "w"})
		r.SetCookie(&http.Cookie{Name: "bad name\r\n", Value: "x"})
		return nil
	}}
	base := mount(t, f, oct8ne.Options{})
	a := get(t, base+"/oct8ne/frame/search?search=a")
	want := []string{"__Host-octobridge=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax; Partitioned", "second=w"}
	if got := a.header.Values("Set-Cookie"); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("Set-Cookie: %q, want %q", got, want)
	}
	if got := a.header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("an answer with a cookie: Cache-Control %q", got)
	}
	f.hook = func(_ context.Context, r *oct8ne.Request) error { r.MarkPersonal(); return nil }
	if got := get(t, base+"/oct8ne/frame/search?search=a").header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("a personal answer: Cache-Control %q", got)
	}
}

func TestMountNeedsAnAdapter(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a nil adapter was mounted")
		}
	}()
	oct8ne.Mount(fiber.New(), nil, oct8ne.Options{})
}
