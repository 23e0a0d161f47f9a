package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/server"
)

const largeSize = 100_000

// large is a server whose /orders takes larger bodies than the rest.
type large struct {
	*running
	asked    chan string   // the Authorization headers that Allow was asked about
	entered  chan struct{} // a handler has begun with a body that begins with "wait"
	goOn     chan struct{} // lets it end
	minutes  atomic.Int64  // that the clock is ahead
	handlers atomic.Int64
}

func startLarge(t *testing.T, atOnce int) *large {
	l := &large{asked: make(chan string, 100), entered: make(chan struct{}, 10), goOn: make(chan struct{})}
	answerLength := func(c *fiber.Ctx) error {
		l.handlers.Add(1)
		if bytes.HasPrefix(c.Request().Body(), []byte("wait")) {
			l.entered <- struct{}{}
			<-l.goOn
		}
		return c.SendString(fmt.Sprint(len(c.Request().Body())))
	}
	l.running = start(t, server.Options{
		BodyBytes: 1000,
		Large: &server.LargeBodies{
			Method: http.MethodPost, Path: "/orders", Bytes: largeSize, AtOnce: atOnce,
			Allow: func(_ context.Context, authorization string) bool {
				l.asked <- authorization
				return authorization == "Bearer good"
			},
		},
		Now: func() time.Time { return time.Now().Add(time.Duration(l.minutes.Load()) * time.Minute) },
		Public: func(router fiber.Router) {
			router.Post("/orders", answerLength)
			router.Put("/orders", answerLength)
			router.Post("/others", answerLength)
		},
	})
	return l
}

func (l *large) post(size int, prefix string) reply {
	l.t.Helper()
	return l.do(http.MethodPost, "/orders?x=1", strings.NewReader(prefix+strings.Repeat("x", size-len(prefix))), "Authorization", "Bearer good")
}

// announce sends the header of a request whose body never comes, and returns the
// answer. A body that is refused is refused before it is read.
func (l *large) announce(method, path, token string, size int) string {
	l.t.Helper()
	return l.raw(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", method, path, token, size))
}

func TestOneRouteTakesLargeBodies(t *testing.T) {
	l := startLarge(t, 0)
	for name, send := range map[string]func() reply{
		"at the limit": func() reply { return l.post(largeSize, "") },
		"in chunks": func() reply {
			body := io.MultiReader(strings.NewReader(strings.Repeat("x", largeSize))) // of no known length
			return l.do(http.MethodPost, "/orders", body, "Authorization", "Bearer good")
		},
		"announced": func() reply {
			return l.do(http.MethodPost, "/orders", strings.NewReader(strings.Repeat("x", largeSize)), "Authorization", "Bearer good", "Expect", "100-continue")
		},
		"with a slash": func() reply {
			return l.do(http.MethodPost, "/Orders/", strings.NewReader(strings.Repeat("x", largeSize)), "Authorization", "Bearer good")
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := send(); got.status != http.StatusOK || got.body != fmt.Sprint(largeSize) {
				t.Errorf("answered %d %s", got.status, got.body)
			}
		})
	}
}

func TestLargeBodiesElsewhereAreRefused(t *testing.T) {
	l := startLarge(t, 0)
	for name, c := range map[string]struct {
		answer string
		status string
	}{
		"another path":      {l.announce("POST", "/others", "good", 1001), "413"},
		"another method":    {l.announce("PUT", "/orders", "good", 1001), "413"},
		"larger than large": {l.announce("POST", "/orders", "good", largeSize+1), "413"},
		"a wrong token":     {l.announce("POST", "/orders", "bad", 1001), "401"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.HasPrefix(c.answer, "HTTP/1.1 "+c.status) || !strings.Contains(c.answer, "application/problem+json") {
				t.Errorf("answered %s", c.answer)
			}
			if challenged := strings.Contains(c.answer, "Bearer realm="); challenged != (c.status == "401") {
				t.Errorf("it is challenged: %v\n%s", challenged, c.answer)
			}
		})
	}
	if l.handlers.Load() != 0 {
		t.Errorf("%d handlers ran", l.handlers.Load())
	}
}

// Small bodies need no proof, so that the proof is not asked for twice.
func TestSmallBodiesAreNotAskedAbout(t *testing.T) {
	l := startLarge(t, 0)
	if got := l.do(http.MethodPost, "/orders", strings.NewReader("small")); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	if len(l.asked) != 0 {
		t.Error("Allow was asked")
	}
}

func TestOnlySoManyLargeBodiesAtOnce(t *testing.T) {
	l := startLarge(t, 2)
	replies := make(chan reply, 2)
	for range 2 {
		go func() { replies <- l.post(largeSize, "wait") }()
	}
	for range 2 {
		<-l.entered
	}
	got := l.announce("POST", "/orders", "good", largeSize)
	if !strings.HasPrefix(got, "HTTP/1.1 503") || !strings.Contains(got, "Retry-After: 1") {
		t.Errorf("the third was answered %s", got)
	}
	if small := l.do(http.MethodPost, "/orders", strings.NewReader("small")); small.status != http.StatusOK {
		t.Errorf("a small one was answered %d", small.status)
	}
	l.minutes.Add(2) // the time to read them is over, but they are still held
	if got := l.announce("POST", "/orders", "good", largeSize); !strings.HasPrefix(got, "HTTP/1.1 503") {
		t.Errorf("later it was answered %s", got)
	}
	close(l.goOn)
	for range 2 {
		if got := <-replies; got.status != http.StatusOK {
			t.Errorf("one of the first was answered %d", got.status)
		}
	}
	if got := l.post(largeSize, ""); got.status != http.StatusOK {
		t.Errorf("afterwards one is answered %d", got.status)
	}
}

// A sender that goes away in the middle must not keep its place for ever.
func TestPlacesOfThoseWhoNeverSendAreFreed(t *testing.T) {
	l := startLarge(t, 1)
	// Two begin to send; whichever is first takes the place, and the other is
	// told that there is none.
	refused := make(chan string, 2)
	for range 2 {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		var reading sync.WaitGroup
		reading.Go(func() {
			if answer, _ := io.ReadAll(conn); len(answer) > 0 {
				refused <- string(answer)
			}
		})
		t.Cleanup(func() {
			_ = conn.Close()
			reading.Wait()
		})
		if _, err := fmt.Fprintf(conn, "POST /orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: %d\r\n\r\nbegin", largeSize); err != nil {
			t.Fatal(err)
		}
	}
	if answer := <-refused; !strings.HasPrefix(answer, "HTTP/1.1 503") {
		t.Errorf("the second was answered %s", answer)
	}
	l.minutes.Add(2)
	if got := l.post(largeSize, ""); got.status != http.StatusOK {
		t.Errorf("after the time for reading was over one is answered %d %s", got.status, got.body)
	}
}

func TestProblemWithExtraMembers(t *testing.T) {
	r := start(t, server.Options{Public: func(router fiber.Router) {
		router.Get("/taken", func(*fiber.Ctx) error {
			return &server.Problem{Status: http.StatusConflict, Title: "Taken", Extra: map[string]any{
				"reference": "A-1", "status": 999, "requestId": "forged", "detail": "forged", "errors": []string{"x"},
			}}
		})
	}})
	got := r.get("/taken")
	id := got.header.Get("X-Request-Id")
	want := `{"errors":["x"],"reference":"A-1","requestId":"` + id + `","status":409,"title":"Taken","type":"about:blank"}`
	if got.status != http.StatusConflict || got.body != want {
		t.Errorf("answered %d %s, want %s", got.status, got.body, want)
	}
}
