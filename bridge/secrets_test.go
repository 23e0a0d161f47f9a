package bridge_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/recorded"
)

var sentKey = regexp.MustCompile(`<(?:\w+:)?(systemKey|sessionKey|dropshippingKey)[^>]*>([^<]+)<`)

// echo is a wholesaler in trouble who writes what was asked into the failure,
// as servers in debugging do. It notes the keys that were sent.
type echo struct {
	network http.RoundTripper
	mood    int // which failure; below zero: of Authenticate, too; 0: none

	mu   sync.Mutex
	keys map[string]string // to their names
}

func (e *echo) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	_ = request.Body.Close()
	e.mu.Lock()
	for _, found := range sentKey.FindAllStringSubmatch(string(body), -1) {
		e.keys[found[2]] = found[1]
	}
	e.mu.Unlock()
	if e.mood == 0 || bytes.Contains(body, []byte("systemKey")) && e.mood > 0 {
		request.Body = io.NopCloser(bytes.NewReader(body))
		return e.network.RoundTrip(request)
	}
	asked := strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;").Replace(string(body))
	answers := []string{
		`<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>SOAP-ENV:Server</faultcode><faultstring>` + asked + `</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`,
		`<html><body>` + string(body) + `</body></html>`,
		string(body),
		string(body[:len(body)-len(body)/3]),
	}
	answer := answers[max(e.mood, -e.mood)%len(answers)]
	header := http.Header{"Content-Type": {"text/xml"}, "X-Debug": {asked}}
	if e.mood == 5 || e.mood == -5 {
		return nil, fmt.Errorf("malformed HTTP response %q", body)
	}
	return &http.Response{StatusCode: 500, Status: "500 " + asked, Header: header, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(answer)), Request: request}, nil
}

// The keys that are made for a session were not looked for: systemKey and
// sessionKey open the account as a password does. A wholesaler who repeats the
// request in a failure must not bring them into a log, a metric or an answer.
func TestKeysOfTheSessionAreNowhere(t *testing.T) {
	t.Parallel()
	wholesaler := sandbox.New(sandbox.Options{})
	address, err := wholesaler.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	network := &http.Transport{}
	t.Cleanup(func() {
		network.CloseIdleConnections()
		_ = wholesaler.Close()
	})
	for mood := -5; mood <= 5; mood++ {
		t.Run(fmt.Sprint("mood ", mood), func(t *testing.T) {
			t.Parallel()
			logs, transport := &recorded.Log{}, &echo{network: network, mood: mood, keys: map[string]string{}}
			runEchoed(t, address, logs, transport)
			names := map[string]bool{}
			for key, name := range transport.keys {
				names[name] = true
				text := logs.String()
				if at := strings.Index(text, key); at >= 0 {
					t.Errorf("the %s is in a log, a metric or an answer: …%s…", name, text[max(0, at-300):min(len(text), at+100)])
				}
			}
			if !names["systemKey"] || mood >= 0 && len(names) != 3 {
				t.Errorf("only these keys were seen, so the test proves too little: %v", names)
			}
		})
	}
}

// runEchoed runs a service over transport, asks it, and collects what it says.
func runEchoed(t *testing.T, wholesaler string, logs *recorded.Log, transport *echo) {
	service, err := bridge.NewService(t.Context(), bridge.ServiceOptions{
		Config: config.Config{
			Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1:8080", DataDir: t.TempDir(),
			IdoSell: config.IdoSell{
				URL: wholesaler, Login: sandbox.DemoLogin, Password: idosell.NewSecret(sandbox.DemoPassword), Timeout: time.Second,
				DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey), Timezone: "Europe/Warsaw", RequestsPerSecond: 100, InFlight: 4,
			},
			Shop:    config.Shop{Kind: "dropshipping", Locale: "pl-PL"},
			Pricing: config.Pricing{Source: "retail"},
			Oct8ne:  config.Oct8ne{APIToken: idosell.NewSecret("token")},
		},
		Logger:         slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OperatorListen: "127.0.0.1:0", Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	asking := &http.Transport{}
	client := &http.Client{Transport: asking, Timeout: 30 * time.Second}
	public := "http://" + service.Addr().String()
	addresses := []string{
		public + "/oct8ne/frame/search?search=kubek", public + "/oct8ne/frame/productInfo?productIds=1101",
		public + "/oct8ne/frame/getOrders?customerEmail=a@shop.example&apiToken=token",
	}
	for _, operator := range service.OperatorAddrs() {
		if operator.Network() == "tcp" {
			addresses = append(addresses, "http://"+operator.String()+"/metrics", "http://"+operator.String()+"/readyz")
		}
	}
	var group sync.WaitGroup // each waits for a deadline
	for _, address := range addresses {
		group.Go(func() {
			response, err := client.Get(address)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(logs, response.Body)
			_ = response.Body.Close()
		})
	}
	group.Wait()
	asking.CloseIdleConnections()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
