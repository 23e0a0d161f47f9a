package integration_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"octobridge/bridge/one/integration"
)

// closer is an ONe that answers reads and keeps the connection, and that reads a
// change to its end and closes the connection without a word: the moment at which
// nobody knows. With stale it closes the connection right after the answer to a
// read, as servers do with idle ones.
type closer struct {
	stale    bool
	listener net.Listener
	ended    sync.WaitGroup
	mu       sync.Mutex
	conns    int
	changes  []string // methods
	reused   int      // changes that were not their connection's first request
}

func closing(t *testing.T, stale bool) *closer {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &closer{stale: stale, listener: listener}
	c.ended.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.conns++
			c.mu.Unlock()
			c.ended.Go(func() { c.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		c.ended.Wait()
	})
	return c
}

func (c *closer) talk(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for n := 0; ; n++ {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		if request.Method != http.MethodGet {
			c.mu.Lock()
			c.changes = append(c.changes, request.Method)
			if n > 0 {
				c.reused++
			}
			c.mu.Unlock()
			return
		}
		body := `{"id":"o1","callbackUrl":"https://bridge.example/"}`
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 51\r\n\r\n"+body); err != nil || c.stale {
			return
		}
	}
}

// A change that was read and not answered is never sent twice: not by this package,
// not by resty, and not by net/http, which does so with what it takes for
// repeatable when a connection that was used before breaks.
func TestChangeIsSentOnce(t *testing.T) {
	type call func(context.Context, *integration.Client) error
	for name, change := range map[string]call{
		"add": func(ctx context.Context, c *integration.Client) error {
			return c.AddConfigurableProducts(ctx, "k1", cableInCart(t))
		},
		"transfer": func(ctx context.Context, c *integration.Client) error { return c.TransferFailed(ctx, "o1", "why") },
		"create": func(ctx context.Context, c *integration.Client) error {
			_, err := c.CreateWebhook(ctx, newWebhook())
			return err
		},
		"test": func(ctx context.Context, c *integration.Client) error { return c.TestWebhook(ctx, "w1") },
		"status": func(ctx context.Context, c *integration.Client) error {
			return c.SetWebhookStatus(ctx, "w1", integration.Inactive)
		},
	} {
		for _, reuse := range []bool{false, true} {
			where := "on its own connection"
			if reuse {
				where = "on a reused connection"
			}
			t.Run(name+" "+where, func(t *testing.T) {
				one := closing(t, false)
				client := connect(t, "http://"+one.listener.Addr().String(), func(c *integration.Config) {
					if reuse {
						own := http.DefaultTransport.(*http.Transport).Clone()
						t.Cleanup(own.CloseIdleConnections)
						c.Transport = own
					}
				})
				ctx := context.Background()
				if _, err := client.Offer(ctx, "o1"); err != nil {
					t.Fatal(err)
				}
				checkFailure(t, name, change(ctx, client), integration.KindNetwork, integration.SendAgainUnknown)
				one.mu.Lock()
				defer one.mu.Unlock()
				if len(one.changes) != 1 {
					t.Errorf("the change arrived %d times: %v", len(one.changes), one.changes)
				}
				if reused := one.reused == 1; reused != reuse {
					t.Errorf("the connection was reused: %v, want %v", reused, reuse)
				}
			})
		}
	}
}

// A change does not go over a connection that may be dead already: what nobody knows
// would be said of calls that never left.
func TestChangeHasAConnectionOfItsOwn(t *testing.T) {
	one := closing(t, true)
	client := connect(t, "http://"+one.listener.Addr().String())
	for range 20 {
		if _, err := client.Offer(context.Background(), "o1"); err != nil {
			t.Fatal(err)
		}
		err := client.TransferFailed(context.Background(), "o1", "why")
		checkFailure(t, "TransferFailed", err, integration.KindNetwork, integration.SendAgainUnknown)
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if len(one.changes) != 20 || one.reused != 0 {
		t.Errorf("%d changes arrived, %d of them on a used connection", len(one.changes), one.reused)
	}
	// Nor over one that a change was answered on.
	var mu sync.Mutex
	from := map[string]bool{}
	kind := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		from[r.RemoteAddr] = true
		w.WriteHeader(http.StatusNoContent)
	})
	client = connect(t, kind.URL)
	for range 5 {
		if err := client.TransferFailed(context.Background(), "o1", "why"); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(from) != 5 {
		t.Errorf("5 changes came over %d connections", len(from))
	}
}

// tripper looks at requests as net/http would get them.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Without GetBody net/http has nothing to send a second time.
func TestBodiesCannotBeReplayed(t *testing.T) {
	looked := 0
	client := connect(t, "https://api.one.example", func(c *integration.Config) {
		c.Transport = tripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet {
				looked++
				if r.Body == nil || r.GetBody != nil || r.Header.Get("Idempotency-Key") != "" || r.Header.Get("X-Idempotency-Key") != "" {
					t.Errorf("%s can be replayed", r.Method)
				}
			}
			return nil, io.ErrUnexpectedEOF
		})
	})
	// A transport that does not tell how far it came leaves the outcome open.
	err := client.AddConfigurableProducts(context.Background(), "k1", cableInCart(t))
	checkFailure(t, "AddConfigurableProducts", err, integration.KindNetwork, integration.SendAgainUnknown)
	if looked != 1 {
		t.Errorf("%d changes were sent", looked)
	}
}
