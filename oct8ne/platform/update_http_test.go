package platform_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/oct8ne/platform"
)

// start runs an updater; the function that it returns ends it.
func start(t testing.TB, options platform.UpdaterOptions) (*platform.Updater, func()) {
	t.Helper()
	u, err := platform.NewUpdater(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { u.Run(ctx) })
	return u, func() {
		cancel()
		running.Wait()
	}
}

// The request is the document's: POST, everything in the query, an empty body.
func TestUpdateRequest(t *testing.T) {
	requests := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- fmt.Sprintf("%s %s %q %d%v", r.Method, r.RequestURI, body, r.ContentLength, r.TransferEncoding)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	seen := make(chan string, 2)
	u, stop := start(t, platform.UpdaterOptions{BackofficeURL: server.URL + "/", Observe: func(outcome string) { seen <- outcome }})
	defer stop()

	u.Update("3847 &what=user", "wishlist")
	if got, want := <-requests, `POST /platformConnection/update?visitor=3847+%26what%3Duser&what=wishlist "" 0[]`; got != want {
		t.Errorf("the request is\n%s\nwant\n%s", got, want)
	}
	if got := <-seen; got != platform.OutcomeRefused { // and the redirect is not followed
		t.Errorf("outcome %s, want %s", got, platform.OutcomeRefused)
	}
	select {
	case got := <-requests:
		t.Errorf("one more request: %s", got)
	default:
	}
}

// The value of a visitor's cookie may stand in a buffer that is used again.
func TestUpdateKeepsNoBuffer(t *testing.T) {
	oct8ne := &told{began: time.Now()}
	seen := make(chan string, 1)
	u, stop := start(t, platform.UpdaterOptions{BackofficeURL: backoffice, Transport: oct8ne, Observe: func(outcome string) { seen <- outcome }})
	defer stop()
	buffer := []byte("anna cart")
	u.Update(unsafeString(buffer[:4]), unsafeString(buffer[5:]))
	copy(buffer, "xxxx xxxx")
	if got := <-seen; got != platform.OutcomeSent {
		t.Fatalf("outcome %s", got)
	}
	if got := oct8ne.heard()[0]; !strings.HasSuffix(got, " anna cart") {
		t.Errorf("oct8ne heard %q", got)
	}
}

// An oct8ne that takes connections and answers nothing slows nothing down: not
// Update, nor, much, the end.
func TestOct8neThatHangs(t *testing.T) {
	release := make(chan struct{})
	reached := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached <- struct{}{}
		<-release
	}))
	defer server.Close()
	defer close(release)
	seen := &outcomes{}
	u, stop := start(t, platform.UpdaterOptions{BackofficeURL: server.URL, Wait: time.Millisecond, Observe: seen.observe})

	for n := range 4 { // every worker is taken
		u.Update(fmt.Sprintf("first-%d", n), "cart")
		<-reached
	}
	const calls = 20_000
	began := time.Now()
	for n := range calls {
		u.Update(fmt.Sprintf("visitor-%d", n), "cart")
	}
	if took := time.Since(began); took > 2*time.Second { // 0.02 s here; 0.1 ms a call is allowed
		t.Errorf("%d calls took %v while oct8ne hangs", calls, took)
	}
	began = time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the end took %v, want about a second", took)
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	total := 0
	for _, n := range seen.count {
		total += n
	}
	if total != calls+4 || seen.count[platform.OutcomeFull] != calls+4-4096 || seen.count[platform.OutcomeSent] != 0 {
		t.Errorf("outcomes %v of %d calls", seen.count, calls+4)
	}
}

// Many goroutines tell of many visitors while oct8ne fails now and then: every call
// has one outcome, and oct8ne hears of every visitor after the last change.
func TestUpdateByManyAtOnce(t *testing.T) {
	var mu sync.Mutex
	heard, refused, answered := map[string]int{}, map[string]bool{}, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		// Nobody twice in a row: who is refused three times is rightly given up.
		visitor := r.URL.Query().Get("visitor")
		if answered++; answered%7 == 0 && !refused[visitor] {
			refused[visitor] = true
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		refused[visitor] = false
		heard[visitor]++
	}))
	defer server.Close()
	const people, visitors, rounds = 8, 20, 50
	done := make(chan struct{}, people*visitors*rounds)
	seen := &outcomes{}
	u, stop := start(t, platform.UpdaterOptions{BackofficeURL: server.URL, Wait: time.Millisecond, Observe: func(outcome string) {
		seen.observe(outcome)
		done <- struct{}{}
	}})
	defer stop()
	var telling sync.WaitGroup
	for range people {
		telling.Go(func() {
			for range rounds {
				for n := range visitors {
					u.Update(fmt.Sprintf("visitor-%d", n), "cart")
				}
			}
		})
	}
	telling.Wait()
	for range people * visitors * rounds {
		<-done
	}
	mu.Lock()
	defer mu.Unlock()
	if len(heard) != visitors {
		t.Errorf("oct8ne heard of %d visitors, want %d", len(heard), visitors)
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if seen.count[platform.OutcomeSent]+seen.count[platform.OutcomeMerged] < people*visitors*rounds*9/10 {
		t.Errorf("outcomes %v", seen.count)
	}
}

func TestNewUpdaterChecksTheAddress(t *testing.T) {
	for address, ok := range map[string]bool{
		platform.BackofficeURL("eu"): true, platform.BackofficeURL("us"): true, "http://127.0.0.1:1": true, "http://localhost": true, "http://[::1]:1/": true,
		"": false, "backoffice.oct8ne.com": false, "http://backoffice.oct8ne.com": false, "ftp://127.0.0.1": false,
		"https://user:hunter2@backoffice.example": false, "https://backoffice.example?x=1": false, "http://127.0.0.1.example": false,
	} {
		_, err := platform.NewUpdater(platform.UpdaterOptions{BackofficeURL: address})
		if (err == nil) != ok {
			t.Errorf("%q: error %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats a password: %v", err)
		}
	}
}

func TestRunIsCalledOnce(t *testing.T) {
	u, stop := start(t, platform.UpdaterOptions{BackofficeURL: backoffice})
	stop()
	defer func() {
		if recover() == nil {
			t.Error("a second Run does not panic")
		}
	}()
	u.Run(t.Context())
}

func TestRegions(t *testing.T) {
	for region, want := range map[string][2]string{
		"eu": {"https://backoffice-eu.oct8ne.com", "static-eu.oct8ne.com"},
		"EU": {"https://backoffice-eu.oct8ne.com", "static-eu.oct8ne.com"},
		"us": {"https://backoffice.oct8ne.com", "static.oct8ne.com"},
	} {
		if got := [2]string{platform.BackofficeURL(region), platform.StaticServer(region)}; got != want {
			t.Errorf("%s: %q, want %q", region, got, want)
		}
	}
}
