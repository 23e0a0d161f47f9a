package server_test

import (
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/server"
)

// TestClientAddresses: whatever a client writes into the header stands left of
// what the proxies add, and must not count.
func TestClientAddresses(t *testing.T) {
	trusting := []string{"127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"}
	for name, test := range map[string]struct {
		proxies []string
		headers []string
		want    string
	}{
		"no proxy":              {nil, []string{"203.0.113.9"}, "127.0.0.1"},
		"another proxy":         {[]string{"192.0.2.1"}, []string{"203.0.113.9"}, "127.0.0.1"},
		"one proxy":             {trusting, []string{"203.0.113.9"}, "203.0.113.9"},
		"no header":             {trusting, nil, "127.0.0.1"},
		"spoofed":               {trusting, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":           {trusting, []string{"198.51.100.1,203.0.113.9 ,10.1.2.3"}, "203.0.113.9"},
		"two lines":             {trusting, []string{"198.51.100.1, 203.0.113.9", "10.1.2.3"}, "203.0.113.9"},
		"all proxies":           {trusting, []string{"10.0.0.1, 10.0.0.2"}, "10.0.0.1"},
		"spoofed behind unread": {trusting, []string{"203.0.113.9, unknown, 10.0.0.2"}, "10.0.0.2"},
		"garbage":               {trusting, []string{"hunter2"}, "127.0.0.1"},
		"empty":                 {trusting, []string{""}, "127.0.0.1"},
		"port":                  {trusting, []string{"203.0.113.9:4711"}, "203.0.113.9"},
		"IPv6":                  {trusting, []string{"2001:db8:2::1, 2001:db8:1::1"}, "2001:db8:2::1"},
		"IPv6 with port":        {trusting, []string{"[2001:db8:2::1]:443"}, "2001:db8:2::1"},
		"IPv4 in IPv6":          {trusting, []string{"::ffff:203.0.113.9, ::ffff:10.0.0.1"}, "203.0.113.9"},
		"proxy in IPv6 form":    {[]string{"::ffff:127.0.0.0/104"}, []string{"203.0.113.9"}, "203.0.113.9"},
	} {
		t.Run(name, func(t *testing.T) {
			var s *running
			s = start(t, server.Options{TrustedProxies: test.proxies, Public: func(router fiber.Router) {
				router.Get("/who", func(c *fiber.Ctx) error { return c.SendString(s.ClientAddress(c).String() + " " + c.IP()) })
			}})
			var headers []string
			for _, line := range test.headers {
				headers = append(headers, "X-Forwarded-For", line)
			}
			if got := s.get("/who", headers...).body; got != test.want+" "+test.want {
				t.Errorf("ClientAddress and c.IP are %s, want %s", got, test.want)
			}
		})
	}
}

func TestProxiesThatAreNone(t *testing.T) {
	if _, err := server.New(server.Options{TrustedProxies: []string{"proxy.example"}}); err == nil {
		t.Error("a host name is taken for an address")
	}
}

func TestTheRateLimit(t *testing.T) {
	now := clock(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC))
	s := start(t, server.Options{RequestsPerMinute: 6, TrustedProxies: []string{"127.0.0.1"}, Now: now.now, Public: func(router fiber.Router) {
		router.Get("/", func(c *fiber.Ctx) error { return nil })
	}})
	from := func(client string) reply { return s.get("/", "X-Forwarded-For", client) }
	for i := range 6 {
		if got := from("203.0.113.1"); got.status != 200 {
			t.Fatalf("request %d gives %d", i+1, got.status)
		}
	}
	refused := from("203.0.113.1")
	problem(t, refused, 429)
	if got := refused.header.Get("Retry-After"); got != "10" {
		t.Errorf("Retry-After is %q, want 10 s: a sixth of a minute", got)
	}
	if got := from("203.0.113.2"); got.status != 200 {
		t.Errorf("another address gets %d", got.status)
	}
	if got := s.get("/healthz", "X-Forwarded-For", "203.0.113.1"); got.status != 200 {
		t.Errorf("a balancer's probe gets %d", got.status)
	}
	now.advance(9500 * time.Millisecond)
	if got := from("203.0.113.1"); got.status != 429 || got.header.Get("Retry-After") != "1" {
		t.Errorf("after 9.5 s: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	now.advance(500 * time.Millisecond)
	if a, b := from("203.0.113.1").status, from("203.0.113.1").status; a != 200 || b != 429 {
		t.Errorf("after 10 s one more is let in; got %d and %d", a, b)
	}
	for i := range 6 {
		from([]string{"2001:db8::1", "2001:db8::2:3"}[i%2])
	}
	if got := from("2001:db8::4"); got.status != 429 {
		t.Errorf("a subscriber's next IPv6 address gets %d", got.status)
	}
}

// Whoever has proved who it is sends as much as it likes, and uses up nothing of
// what others from the same address have.
func TestRequestsThatAreNotCounted(t *testing.T) {
	s := start(t, server.Options{
		RequestsPerMinute: 2,
		Unlimited:         func(c *fiber.Ctx) bool { return c.Path() == "/events" && c.Get("Authorization") == "known" },
		Public:            func(router fiber.Router) { router.Get("/events", func(c *fiber.Ctx) error { return nil }) },
	})
	for range 10 {
		if got := s.get("/events", "Authorization", "known"); got.status != 200 {
			t.Fatalf("got %d", got.status)
		}
	}
	for i, want := range []int{200, 200, 429} {
		if got := s.get("/events", "Authorization", "guessed"); got.status != want {
			t.Errorf("guess %d gets %d, want %d", i+1, got.status, want)
		}
	}
}

func TestNoRateLimit(t *testing.T) {
	s := start(t, server.Options{})
	for range 100 {
		if got := s.get("/nowhere"); got.status != 404 {
			t.Fatalf("got %d", got.status)
		}
	}
}
