package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
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
		{"conformance", closed.URL, "--cookie-file", t.TempDir()},
		{"conformance", closed.URL, "--cookie-file", filepath.Join(t.TempDir(), "none")},
	} {
		if code, _, errOut := run(t, args...); code != exitUsage || !strings.Contains(errOut, "octobridge conformance --help") {
			t.Errorf("%q: exit code %d, standard error %q", args, code, errOut)
		}
	}
}

// The cookies of a file reach the adapter with what is asked for a visitor, and
// nothing else; neither they nor who the visitor is are shown.
func TestConformanceAsASignedInVisitor(t *testing.T) {
	const cookie, name = "S3cretOfAVisitor.x-1", "Genowefa Przykładowa"
	var with, without atomic.Int32
	stubborn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := r.Header.Get("Cookie")
		switch {
		case sent == "lang=pl; __Host-octobridge="+cookie:
			with.Add(1)
		case sent == "":
			without.Add(1)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprintf(w, `{"id":"4711","firstName":%q,"lastName":null,"email":null,"wishlist":[],"cart":[],"sent":%q}`, name, sent)
	}))
	t.Cleanup(stubborn.Close)
	file := filepath.Join(t.TempDir(), "cookies.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# of a browser\r\nlang=pl\r\n\r\n  __Host-octobridge=" + cookie + "  \n")
	for _, more := range [][]string{nil, {"--json"}, {"--all", "--change"}} {
		code, out, errOut := run(t, append([]string{"conformance", stubborn.URL, "--cookie-file", file}, more...)...)
		if code != exitNo || strings.Contains(out+errOut, cookie) || strings.Contains(out+errOut, name) || !strings.Contains(out, secret.Redacted) {
			t.Errorf("%q: exit code %d\n%s%s", more, code, out, errOut)
		}
	}
	if with.Load() == 0 || without.Load() == 0 {
		t.Errorf("%d requests with the cookies, %d without", with.Load(), without.Load())
	}
	asked := with.Load() + without.Load()
	for text, want := range map[string]string{
		"": "holds no cookie", "# nothing\n": "holds no cookie", "a=b\n" + cookie + "\n": "line 2 ", "=" + cookie: "line 1 ", cookie + "=": "line 1 ",
		"a=" + cookie + ";b=c": "cookie 1 ", strings.Repeat("a="+cookie+"\n", 4000): "64 kB",
	} {
		write(text)
		code, out, errOut := run(t, "conformance", stubborn.URL, "--cookie-file", file)
		if code != exitUsage || out != "" || !strings.Contains(errOut, want) || strings.Contains(errOut, cookie) {
			t.Errorf("%.40q: exit code %d, %s%s", text, code, out, errOut)
		}
	}
	if now := with.Load() + without.Load(); now != asked {
		t.Errorf("%d requests were made with files that are refused", now-asked)
	}
}
