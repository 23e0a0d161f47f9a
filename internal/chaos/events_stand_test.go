package chaos

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"octobridge/bridge"
	"octobridge/bridge/one"
	onesandbox "octobridge/bridge/one/sandbox"
	"octobridge/idosell/sandbox"
)

// What the stand's service is told. The credentials are nobody's.
const (
	eventUser     = "one-events"
	eventPassword = "a password of the tests"
	tokenKeyID    = "chaos"
	tokenKey      = "an identity key of the tests that is long enough"
)

// requestsPerMinute is the default of limits.requests_per_minute: what one address
// may send that does not prove who it is.
const requestsPerMinute = 1200

// stand is a folder and an address at which one service process after another runs,
// with a wholesaler, an ONe and an oct8ne around it.
type stand struct {
	t        *testing.T
	dir      string
	address  string // of the service, "http://127.0.0.1:28123"
	settings []string
	seller   *onesandbox.Server
	client   *http.Client // ONe's, that sends the events
	running  *process

	mu   sync.Mutex
	told map[string]int // updates that oct8ne got, by visitor and what, "chat-1 cart"
}

// newStand makes a stand. More settings go behind its own.
func newStand(t *testing.T, settings ...string) *stand {
	t.Helper()
	s := &stand{t: t, dir: t.TempDir(), address: "http://127.0.0.1:" + freePort(t), told: map[string]int{}}
	wholesaler := sandbox.New(sandbox.Options{Orders: []sandbox.SeedOrder{}})
	upstream, err := wholesaler.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = wholesaler.Close() })
	s.seller = onesandbox.New(onesandbox.Options{})
	api, err := s.seller.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.seller.Close() })
	oct8ne := httptest.NewServer(http.HandlerFunc(s.update))
	t.Cleanup(oct8ne.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	s.client = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	s.settings = append([]string{
		"OCTOBRIDGE_LISTEN=" + strings.TrimPrefix(s.address, "http://"), "OCTOBRIDGE_PUBLIC_URL=" + s.address, "OCTOBRIDGE_DATA_DIR=" + s.dir,
		"OCTOBRIDGE_IDOSELL__URL=" + upstream, "OCTOBRIDGE_IDOSELL__LOGIN=" + sandbox.DemoLogin, "OCTOBRIDGE_IDOSELL__PASSWORD=" + sandbox.DemoPassword,
		"OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=" + sandbox.DemoDropshippingKey,
		"OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=none",
		"OCTOBRIDGE_OCT8NE__BACKOFFICE_URL=" + oct8ne.URL, "OCTOBRIDGE_VISITORS__JWT_KEYS=" + tokenKeyID + "=" + tokenKey,
		"OCTOBRIDGE_ONE__URL=" + api, "OCTOBRIDGE_ONE__TENANT=" + onesandbox.DemoTenant, "OCTOBRIDGE_ONE__API_AUTH=" + onesandbox.DemoAPIAuth,
		"OCTOBRIDGE_ONE__WEBHOOK_USER=" + eventUser, "OCTOBRIDGE_ONE__WEBHOOK_PASSWORD=" + eventPassword,
	}, settings...)
	return s
}

// freePort is a port on which nobody listens, and which no outgoing connection gets
// by chance while the service is dead: those have higher ones.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000)))
		if err != nil {
			continue
		}
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		_ = listener.Close()
		return port
	}
	t.Fatal("no port from 20000 to 29999 can be listened on")
	return ""
}

// start starts the service, by a plan that says when it dies.
func (s *stand) start(p plan) *process {
	s.t.Helper()
	p.DataDir, p.Settings = s.dir, s.settings
	if dir := os.Getenv("OCTOTEST_CHAOS_LOGS"); dir != "" {
		p.Log = filepath.Join(dir, strings.ReplaceAll(s.t.Name(), "/", "-")+".log")
	}
	if s.running = start(s.t, p); s.running == nil {
		s.t.Fatal("the service died before it was ready")
	}
	return s.running
}

// stop ends the service as an operator does, and wants it to end well. A connection
// that was opened and never used would keep it for as long as shutdown_grace.
func (s *stand) stop() {
	s.t.Helper()
	s.client.CloseIdleConnections()
	if err := s.running.command.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	<-s.running.gone
	if code := s.running.command.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the service ended with status %d", code)
	}
}

// update is oct8ne's address for updates (API 2.4, "Real-time update of the oct8ne
// widget").
func (s *stand) update(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/platformConnection/update" {
		s.mu.Lock()
		s.told[r.URL.Query().Get("visitor")+" "+r.URL.Query().Get("what")]++
		s.mu.Unlock()
	}
	w.WriteHeader(http.StatusNoContent)
}

// updates are what oct8ne was told so far.
func (s *stand) updates() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := make(map[string]int, len(s.told))
	for about, n := range s.told {
		told[about] = n
	}
	return told
}

// visit has a customer of ONe's sign in to the shop and begin a chat.
func (s *stand) visit(chat, oneCustomer string) {
	s.t.Helper()
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: s.client.Transport}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "shop-" + chat, "one_customer_id": oneCustomer, "aud": s.address, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	})
	token.Header["kid"] = tokenKeyID
	text, err := token.SignedString([]byte(tokenKey))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, call := range []struct{ method, path, body string }{
		{http.MethodPost, "/visitor/identify", `{"token":"` + text + `"}`},
		{http.MethodGet, "/oct8ne/frame/customerData?locale=pl-PL&currency=PLN", ""},
	} {
		request, err := http.NewRequestWithContext(s.t.Context(), call.method, s.address+call.path, strings.NewReader(call.body))
		if err != nil {
			s.t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Origin", s.address)
		request.AddCookie(&http.Cookie{Name: "oct8ne-visitor", Value: chat})
		response, err := browser.Do(request)
		if err != nil {
			s.t.Fatal(err)
		}
		answer, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode >= 300 {
			s.t.Fatalf("%s %s: %s %s", call.method, call.path, response.Status, answer)
		}
	}
}

// post sends an event once, with credentials or without, and returns the status of
// the answer; an error says that there was none.
func (s *stand) post(ctx context.Context, kind one.Kind, body, password string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address+one.WebhookPath+string(kind), strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if password != "" {
		request.SetBasicAuth(eventUser, password)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode, nil
}

// allWorked waits until no event is new any more, as an operator asks for it, and
// returns how many there are in each state.
func (s *stand) allWorked() map[string]int64 {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		answer, err := s.running.client.OneEvents(ctx, bridge.OneEventQuery{Limit: 1})
		if err != nil {
			s.t.Fatal(err)
		}
		if answer.Counts[string(one.Waiting)] == 0 {
			return answer.Counts
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("events are not worked: %v", answer.Counts)
		}
	}
}
