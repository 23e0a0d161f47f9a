package idosell_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/idosell"
	"octobridge/internal/recorded"
)

// The account that the tests use.
const (
	login           = "sklep"
	password        = "hasło-zażółć-7Q"
	dropshippingKey = "DKEY-9f2c71"
)

// wholesaler is a real HTTP server that answers with what a test tells it to,
// and counts what it is asked.
type wholesaler struct {
	*httptest.Server
	mu       sync.Mutex
	calls    map[string]int // by gate and method
	requests []string       // bodies, in order
	answers  map[string]http.HandlerFunc
	keys     int // session keys handed out
	valid    map[string]bool
	logs     recorded.Log
}

func newWholesaler(t *testing.T) *wholesaler {
	t.Helper()
	w := &wholesaler{calls: map[string]int{}, answers: map[string]http.HandlerFunc{}, valid: map[string]bool{}}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	w.answer("Authenticate/authenticate", func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.keys++
		key := "SESSION-" + strings.Repeat("k", w.keys)
		w.valid[key] = true
		io.WriteString(rw, envelope(`<sessionKey xsi:type="xsd:string">`+key+`</sessionKey><sessionLifeTime>900</sessionLifeTime>`))
	})
	return w
}

func (w *wholesaler) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	gate := r.URL.Query().Get("gate")
	if parts := strings.Split(gate, "/"); len(parts) > 2 {
		gate = strings.Join(append(parts[:2:2], parts[4:]...), "/")
	}
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	w.calls[gate]++
	w.requests = append(w.requests, string(body))
	answer := w.answers[gate]
	w.mu.Unlock()
	if answer == nil {
		http.NotFound(rw, r)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rw.Header().Set("Content-Type", "text/xml; charset=utf-8")
	answer(rw, r)
}

// answer sets what a gate answers.
func (w *wholesaler) answer(gate string, with http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[gate] = with
}

// says makes a gate answer with a body.
func (w *wholesaler) says(gate, body string) {
	w.answer(gate, func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, body) })
}

// guarded makes a gate answer with a body to those with a valid session key and
// with fault 1 to others.
func (w *wholesaler) guarded(gate, body string) {
	w.answer(gate, func(rw http.ResponseWriter, r *http.Request) {
		request, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		known := false
		for key := range w.valid {
			known = known || strings.Contains(string(request), ">"+key+"<")
		}
		w.mu.Unlock()
		if !known {
			io.WriteString(rw, fault(1, "Błąd logowania"))
			return
		}
		io.WriteString(rw, body)
	})
}

// revoke ends all sessions at the wholesaler's.
func (w *wholesaler) revoke() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.valid = map[string]bool{}
}

func (w *wholesaler) count(gate string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[gate]
}

func (w *wholesaler) lastRequest() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests[len(w.requests)-1]
}

// client returns a client of w. change adapts its configuration.
func (w *wholesaler) client(t *testing.T, change ...func(*idosell.Config)) *idosell.Client {
	t.Helper()
	config := idosell.Config{
		URL:             w.URL,
		Login:           login,
		Password:        idosell.NewSecret(password),
		DropshippingKey: idosell.NewSecret(dropshippingKey),
		Budget:          idosell.NewBudget(1e6, 64),
		Logger:          slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&config)
	}
	client, err := idosell.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

const envelopeHead = `<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns1="gate" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/"
 SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><SOAP-ENV:Body><ns1:methodResponse><response xsi:type="ns1:responseType">
<authenticate xsi:type="ns1:authenticateType"><sessionKey xsi:type="xsd:string">echo_iai</sessionKey></authenticate>
`

const envelopeTail = `</response></ns1:methodResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>`

const noFault = `<errors xsi:type="ns1:errorsType"><faultCode xsi:type="xsd:int">0</faultCode><faultString xsi:type="xsd:string"></faultString></errors>`

// envelope is a successful answer with results.
func envelope(results string) string {
	return envelopeHead + noFault + `<results xsi:type="ns1:resultsType">` + results + `</results>` + envelopeTail
}

// listed is a successful answer with a list of items, each given as the elements
// of one item.
func listed(total string, items ...string) string {
	var b strings.Builder
	for _, item := range items {
		b.WriteString(`<item xsi:type="ns1:itemType">` + item + `</item>`)
	}
	return envelopeHead + noFault + `<results xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="ns1:itemType[1]">` + b.String() + `</results>` + total + envelopeTail
}

// fault is an answer with a fault code.
func fault(code int, text string) string {
	return envelopeHead + `<errors><faultCode>` + string(rune('0'+code)) + `</faultCode><faultString>` + text + `</faultString></errors>` + envelopeTail
}
