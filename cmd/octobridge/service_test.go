package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"octobridge/idosell/sandbox"
)

// patience is how long a process may take to start or to end.
const patience = 30 * time.Second

// process is a running octobridge.
type process struct {
	command *exec.Cmd
	out     *bufio.Reader
	errOut  *bytes.Buffer
}

// launch starts octobridge in a process of its own. It is killed at the end of
// the test where it still runs.
func launch(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	command := exec.Command("octobridge", args...)
	command.Env = append(cleanEnviron(), environ...)
	command.Dir = t.TempDir()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{command: command, out: bufio.NewReader(out), errOut: &bytes.Buffer{}}
	command.Stderr = p.errOut
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(patience, func() { command.Process.Kill() })
	t.Cleanup(func() {
		killer.Stop()
		if command.ProcessState == nil {
			command.Process.Kill()
			command.Wait()
		}
	})
	return p
}

// end asks the process to end and returns its exit code.
func (p *process) end(t *testing.T, signal os.Signal) string {
	t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, p.out); err != nil {
		t.Fatal(err)
	}
	return codeOf(p.command.Wait())
}

// get asks for an address and returns the status and the body.
func get(t *testing.T, address string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	response, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestDemo(t *testing.T) {
	demo := launch(t, nil, "demo", "--json", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0")
	line, err := demo.out.ReadString('\n')
	if err != nil {
		t.Fatalf("no first line: %v\n%s", err, demo.errOut)
	}
	var said struct {
		Adapter, Sandbox, Operator, APIToken, CustomerEmail, OrderReference string
		Login, Password, DropshippingKey                                    string
	}
	if err := json.Unmarshal([]byte(line), &said); err != nil {
		t.Fatalf("the first line is no JSON object: %v\n%s", err, line)
	}

	if status, body := get(t, said.Adapter+"/search?search=kubek&pageSize=2"); status != 200 || !strings.Contains(body, "Kubek") {
		t.Errorf("search: %d %s", status, body)
	}
	orders := said.Adapter + "/getOrders?customerEmail=" + said.CustomerEmail + "&apiToken=" + said.APIToken
	if status, body := get(t, orders); status != 200 || !strings.Contains(body, said.OrderReference) {
		t.Errorf("getOrders: %d %s", status, body)
	}
	if status, body := get(t, said.Operator+"/metrics"); status != 200 || !strings.Contains(body, "# HELP ") {
		t.Errorf("metrics: %d %.200s", status, body)
	}

	// The account that it prints can ask the wholesaler, and the adapter keeps
	// the contract.
	p := &program{out: io.Discard, errOut: io.Discard, environ: []string{
		"OCTOBRIDGE_IDOSELL__URL=" + said.Sandbox, "OCTOBRIDGE_IDOSELL__LOGIN=" + said.Login,
		"OCTOBRIDGE_IDOSELL__PASSWORD=" + said.Password, "OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=" + said.DropshippingKey,
	}}
	if code := p.run(t.Context(), []string{"search", "kubek"}); code != exitOK {
		t.Errorf("search with the account of the demo: exit code %d", code)
	}
	base := strings.TrimSuffix(said.Adapter, "/oct8ne/frame")
	code, out, _ := run(t, "conformance", base, "--change", "--api-token", said.APIToken,
		"--customer-email", said.CustomerEmail, "--order-reference", said.OrderReference)
	if code != exitOK {
		t.Errorf("conformance of the demo: exit code %d\n%s", code, out)
	}

	if code := demo.end(t, syscall.SIGINT); code != "0" {
		t.Errorf("exit code %s after SIGINT, want 0\n%s", code, demo.errOut)
	}
}

func TestDemoForPeople(t *testing.T) {
	demo := launch(t, nil, "demo", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--kind", "wholesale")
	var said strings.Builder
	for !strings.Contains(said.String(), "Ctrl-C") {
		line, err := demo.out.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: %s%s", err, said.String(), demo.errOut)
		}
		said.WriteString(line)
	}
	tries := 0
	for line := range strings.Lines(said.String()) {
		if strings.HasPrefix(line, "  curl ") || strings.HasPrefix(line, "  octobridge conformance ") {
			tries++
		}
	}
	if tries != 6 {
		t.Errorf("%d lines to try, want 6:\n%s", tries, said.String())
	}
	if code := demo.end(t, syscall.SIGTERM); code != "0" {
		t.Errorf("exit code %s after SIGTERM, want 0\n%s", code, demo.errOut)
	}
}

func TestServe(t *testing.T) {
	_, environ := wholesaler(t.Cleanup)
	address := freeAddress(t)
	folder := filepath.Join(t.TempDir(), "data")
	environ = append(environ,
		"OCTOBRIDGE_LISTEN="+address, "OCTOBRIDGE_PUBLIC_URL=http://"+address, "OCTOBRIDGE_DATA_DIR="+folder,
		"OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=retail",
	)
	service := launch(t, environ, "serve", "--log-format", "json")
	await(t, service, "http://"+address+"/readyz")
	if status, body := get(t, "http://"+address+"/oct8ne/frame/getAdapterInfo"); status != 200 || !strings.Contains(body, `"apiVersion":"2.4"`) {
		t.Errorf("getAdapterInfo: %d %s", status, body)
	}
	if status, body := get(t, "http://"+address+"/metrics"); status != 404 {
		t.Errorf("the public listener answers /metrics: %d %.100s", status, body)
	}

	// A second one on the same folder or port says what stands in its way.
	second := launch(t, environ, "serve")
	if _, err := io.Copy(io.Discard, second.out); err != nil {
		t.Fatal(err)
	}
	if code := codeOf(second.command.Wait()); code != "5" {
		t.Errorf("a second service: exit code %s, want 5\n%s", code, second.errOut)
	}
	if lines := strings.Count(second.errOut.String(), "\n"); lines < 1 || lines > 2 {
		t.Errorf("a second service says:\n%s", second.errOut)
	}

	if code := service.end(t, syscall.SIGTERM); code != "0" {
		t.Errorf("exit code %s after SIGTERM, want 0\n%s", code, service.errOut)
	}
	for _, secret := range []string{sandbox.DemoPassword, sandbox.DemoDropshippingKey} {
		if strings.Contains(service.errOut.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
	for line := range strings.Lines(service.errOut.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
	}
}

// freeAddress returns an address on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address := server.Listener.Addr().String()
	server.Listener.Close()
	return address
}

// await asks for an address until it answers 200, or the process has ended.
func await(t *testing.T, p *process, address string) {
	t.Helper()
	client := http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-retry.C {
		response, err := client.Get(address)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		} else if _, refused := errors.AsType[*net.OpError](err); !refused {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s is not ready in %s", address, patience)
}

func TestSandbox(t *testing.T) {
	started := launch(t, nil, "sandbox", "--listen", "127.0.0.1:0")
	line, err := started.out.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "The wholesaler listens on http://127.0.0.1:") {
		t.Fatalf("%q, %v\n%s", line, err, started.errOut)
	}
	address := strings.TrimSpace(strings.TrimPrefix(line, "The wholesaler listens on "))
	if status, body := get(t, address+"/_sandbox/calls"); status != 200 || strings.TrimSpace(body) != "{}" {
		t.Errorf("calls: %d %s", status, body)
	}
	if code := started.end(t, os.Interrupt); code != "0" {
		t.Errorf("exit code %s after SIGINT, want 0\n%s", code, started.errOut)
	}
}

// A port that somebody has is this machine's trouble, not the wholesaler's.
func TestPortTaken(t *testing.T) {
	taken := httptest.NewServer(nil)
	t.Cleanup(taken.Close)
	address := taken.Listener.Addr().String()
	for _, args := range [][]string{
		{"sandbox", "--listen", address},
		{"demo", "--listen", address, "--sandbox-listen", "127.0.0.1:0"},
		{"demo", "--listen", "127.0.0.1:0", "--sandbox-listen", address},
	} {
		if code, out, errOut := run(t, args...); code != exitMachine || out != "" || !strings.Contains(errOut, address) {
			t.Errorf("%q: exit code %d, %q, %q", args, code, out, errOut)
		}
	}
}
