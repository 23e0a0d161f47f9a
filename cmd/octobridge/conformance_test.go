package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
	"octobridge/oct8ne"
)

const adapterToken = "0123456789abcdef0123456789abcdef"

// adapter serves the bridge's adapter over a sandbox and returns its address.
func adapter(t *testing.T) string {
	t.Helper()
	wholesaler := httptest.NewServer(sandbox.New(sandbox.Options{}))
	t.Cleanup(wholesaler.Close)
	client, err := idosell.New(idosell.Config{
		URL: wholesaler.URL, Login: sandbox.DemoLogin, Password: secret.New(sandbox.DemoPassword),
		DropshippingKey: secret.New(sandbox.DemoDropshippingKey), Budget: idosell.NewBudget(1000, 16),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	shown, err := bridge.NewAdapter(bridge.AdapterOptions{
		Upstream: client, ShopKind: bridge.Dropshipping, Prices: bridge.PricesRetail,
		PublicURL: address, UpstreamURL: wholesaler.URL, Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shown.Close() })
	if err := shown.LoadOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10})
	oct8ne.Mount(app, shown, oct8ne.Options{APIToken: secret.New(adapterToken), Origins: []string{address}})
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	t.Cleanup(func() {
		app.Shutdown()
		<-served
	})
	return address
}

// run runs the program in this process.
func run(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr strings.Builder
	p := &program{out: &stdout, errOut: &stderr}
	code = p.run(t.Context(), args)
	return code, stdout.String(), stderr.String()
}

func TestConformanceOfTheBridge(t *testing.T) {
	address := adapter(t)
	code, out, errOut := run(t, "conformance", address, "--api-token", adapterToken,
		"--customer-email", sandbox.DemoCustomerEmail, "--order-reference", sandbox.DemoReference)
	if code != exitOK {
		t.Errorf("exit code %d, want 0\n%s%s", code, out, errOut)
	}
	if !strings.Contains(out, ", 0 failed, ") {
		t.Errorf("no counts in:\n%s", out)
	}
	if strings.Contains(out+errOut, adapterToken) {
		t.Error("the apiToken is shown")
	}
}

// An adapter that answers the same to everything breaks rules: they are named
// with the request and what came, and the code says no.
func TestConformanceNamesWhatFailed(t *testing.T) {
	stubborn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<h1>It works!</h1>"))
	}))
	t.Cleanup(stubborn.Close)

	code, out, errOut := run(t, "conformance", stubborn.URL, "--api-token", adapterToken)
	if code != exitNo {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, want := range []string{"FAILED  ", "\n  request GET ", "It works!", " failed, "} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if !strings.Contains(errOut, " rules failed\n") {
		t.Errorf("standard error: %q", errOut)
	}
	if strings.Contains(out+errOut, adapterToken) {
		t.Error("the apiToken is shown")
	}

	code, out, _ = run(t, "conformance", stubborn.URL, "--json")
	var report struct {
		Verdict string
		Failed  int
		Results []struct{ ID, Outcome, Request string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitNo {
		t.Fatalf("exit code %d, %v:\n%s", code, err, out)
	}
	failed := 0
	for _, result := range report.Results {
		if result.Outcome == "failed" {
			failed++
		}
	}
	if report.Verdict != "failed" || failed == 0 || failed != report.Failed {
		t.Errorf("verdict %q, %d failed, counted %d", report.Verdict, report.Failed, failed)
	}

	code, out, _ = run(t, "conformance", stubborn.URL, "--all")
	if code != exitNo || !strings.Contains(out, "\nnot applicable  ") || !strings.HasPrefix(out, "Outcome ") {
		t.Errorf("exit code %d, --all prints:\n%s", code, out)
	}
}

func TestConformanceOfNothing(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	code, out, errOut := run(t, "conformance", closed.URL)
	if code != exitUpstream || out != "" || !strings.Contains(errOut, "nothing answers there") {
		t.Errorf("exit code %d, standard output %q, standard error %q", code, out, errOut)
	}
	for _, args := range [][]string{
		{"conformance"},
		{"conformance", "ftp://shop.example"},
		{"conformance", closed.URL, "--api-token", "a", "--api-token-file", "b"},
		{"conformance", closed.URL, "--api-token-file", t.TempDir()},
	} {
		if code, _, errOut := run(t, args...); code != exitUsage || !strings.Contains(errOut, "octobridge conformance --help") {
			t.Errorf("%q: exit code %d, standard error %q", args, code, errOut)
		}
	}
}
