package idoselltest

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"octobridge/idosell"
	"octobridge/idosell/record"
)

// Replay returns a client that is answered from the recording in dir. Nothing is
// dialled. The client is closed when the test ends. What the test asks for and the
// recording does not hold fails the test, with the nearest recorded request and how
// it differs; what was recorded and never asked for is logged.
//
// The client needs no keys and no address. change may set what else a test wants of
// its configuration: the gate table that the recording was made with, a clock, a
// logger. Dates in a request are matched as record.Replay says.
func Replay(t testing.TB, dir string, change ...func(*idosell.Config)) *idosell.Client {
	t.Helper()
	var config idosell.Config
	for _, c := range change {
		c(&config)
	}
	return replaying(t, dir, config)
}

// replaying is a client with a configuration, of which the transport is replaced and
// what is missing is made up.
func replaying(t testing.TB, dir string, config idosell.Config) *idosell.Client {
	t.Helper()
	if config.URL == "" {
		config.URL = "https://replay.invalid" // of a domain that never exists (RFC 2606)
	}
	if config.Login == "" {
		config.Login = "replay"
	}
	if config.Password.Empty() && config.PasswordDigest.Empty() {
		config.Password = idosell.NewSecret("replay")
	}
	if config.DropshippingKey.Empty() {
		config.DropshippingKey = idosell.NewSecret("replay")
	}
	config.Transport = Transport(t, dir, func(options *record.ReplayOptions) {
		options.Gates, options.Now = config.Gates, config.Now
	})
	config.Budget = idosell.NewBudget(manyCalls, atOnce) // nobody is to be spared
	config.Sessions = nil                                // a replay's session is nobody else's
	return newClient(t, config)
}

// manyCalls a second, and atOnce at the same time, is more than a test makes.
const (
	manyCalls = 1e6
	atOnce    = 64
)

func newClient(t testing.TB, config idosell.Config) *idosell.Client {
	t.Helper()
	client, err := idosell.New(config)
	if err != nil {
		t.Fatalf("idoselltest: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Transport returns the transport of Replay, for a test that makes its client itself
// or asks CustomerAPI in another way: set it as idosell.Config.Transport. change may
// set the gate table and the clock.
func Transport(t testing.TB, dir string, change ...func(*record.ReplayOptions)) http.RoundTripper {
	t.Helper()
	var options record.ReplayOptions
	for _, c := range change {
		c(&options)
	}
	options.Dir, options.Exchanges = dir, nil
	replay, err := record.NewReplay(options)
	if err != nil {
		t.Fatalf("idoselltest: %v", err)
	}
	out := &transport{t: t, dir: dir, replay: replay, told: map[string]bool{}}
	t.Cleanup(out.end)
	return out
}

// transport tells a test what its replay lacks.
type transport struct {
	t      testing.TB
	dir    string
	replay *record.Replay

	mu    sync.Mutex
	told  map[string]bool
	ended bool
}

func (r *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	r.t.Helper()
	response, err := r.replay.RoundTrip(request)
	if none, ok := errors.AsType[*record.NoMatchError](err); ok {
		r.tell(none.Error())
	}
	return response, err
}

// tell fails the test, once for each text; a test that has ended cannot fail.
func (r *transport) tell(text string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || r.told[text] {
		return
	}
	r.told[text] = true
	r.t.Errorf("%s: %s", r.dir, text)
}

// mostLogged is how many exchanges that were not asked for are named.
const mostLogged = 20

func (r *transport) end() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	left := r.replay.Unplayed()
	if len(left) == 0 {
		return
	}
	more := ""
	if len(left) > mostLogged {
		left, more = left[:mostLogged], " and more"
	}
	r.t.Logf("%s: recorded, and not asked for: %s%s", r.dir, strings.Join(left, ", "), more)
}
