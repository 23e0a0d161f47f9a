package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	onesandbox "octobridge/bridge/one/sandbox"
	"octobridge/bridge/server"
	"octobridge/bridge/store"
	"octobridge/internal/secret"
)

// What ONe's events bring in these tests, and what no output may hold.
const (
	oneUser     = "one-of-the-tests"
	onePassword = "0a-password-that-nobody-sees"
)

// seller is an ONe that answers as ours does, and the environment under which
// octobridge asks it.
type seller struct {
	one     *onesandbox.Server
	address string
	environ []string
}

// sell starts an ONe.
func sell(t testing.TB) *seller {
	t.Helper()
	s := &seller{one: onesandbox.New(onesandbox.Options{User: oneUser, Password: onePassword})}
	t.Cleanup(func() { _ = s.one.Close() })
	address, err := s.one.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = address
	s.environ = []string{
		"OCTOBRIDGE_ONE__URL=" + address, "OCTOBRIDGE_ONE__TENANT=" + onesandbox.DemoTenant, "OCTOBRIDGE_ONE__API_AUTH=" + onesandbox.DemoAPIAuth,
		"OCTOBRIDGE_ONE__WEBHOOK_USER=" + oneUser, "OCTOBRIDGE_ONE__WEBHOOK_PASSWORD=" + onePassword,
		"OCTOBRIDGE_PUBLIC_URL=http://127.0.0.1:9", "OCTOBRIDGE_ONE__TIMEOUT=2s",
	}
	return s
}

// with is the environment with some keys changed, "ONE__TENANT=x", or taken out,
// "ONE__TENANT=".
func (s *seller) with(keys ...string) []string { return changed(s.environ, keys...) }

func changed(environ []string, keys ...string) []string {
	environ = append([]string{}, environ...)
	for _, key := range keys {
		name, value, _ := strings.Cut("OCTOBRIDGE_"+key, "=")
		environ = slices.DeleteFunc(environ, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
		if value != "" {
			environ = append(environ, name+"="+value)
		}
	}
	return environ
}

// asks runs octobridge in this process. None of the secrets may be in what it
// prints.
func asks(t testing.TB, environ []string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr strings.Builder
	p := &program{out: &stdout, errOut: &stderr, environ: environ}
	code = p.run(t.Context(), append([]string{"one"}, args...))
	for _, hidden := range []string{onePassword, onesandbox.DemoAPIAuth, "fedcba9876543210"} {
		if strings.Contains(stdout.String()+stderr.String(), hidden) {
			t.Errorf("one %q prints a secret:\n%s%s", args, stdout.String(), stderr.String())
		}
	}
	return code, stdout.String(), stderr.String()
}

// calls counts the calls of an operation that ONe got.
func (s *seller) calls(operation onesandbox.Operation) (count int) {
	for _, call := range s.one.Calls() {
		if call.Operation == operation {
			count++
		}
	}
	return count
}

// listen starts a service that receives ONe's events, works them, and answers its
// operators on a socket. It returns the environment under which it is asked.
func (s *seller) listen(t testing.TB) (service *one.Service, environ []string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "op") // as in operate
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	database, err := store.Open(t.Context(), store.Options{DataDir: filepath.Join(folder, "db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })
	loaded, err := config.Load(config.Options{Environ: s.environ, Scope: config.ONe})
	if err != nil {
		t.Fatal(err)
	}
	client, err := integration.New(bridge.OneClientConfig(loaded.Config.One))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	service, err = one.New(t.Context(), one.Options{
		Store: database, Offers: client, Credentials: []one.Credentials{{User: oneUser, Password: secret.New(onePassword)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	public, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(folder, server.SocketName))
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	service.Mount(app)
	mux := http.NewServeMux()
	bridge.MountOperator(mux, bridge.OperatorParts{One: service})
	operators := &http.Server{Handler: mux}
	working, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = app.Listener(public) })
	running.Go(func() { _ = operators.Serve(socket) })
	running.Go(func() { _ = service.Run(working) })
	t.Cleanup(func() {
		stop()
		_ = app.Shutdown()
		_ = operators.Close()
		running.Wait()
	})
	address := "http://" + public.Addr().String()
	s.one.SetBridge(address)
	return service, s.with("DATA_DIR="+folder, "PUBLIC_URL="+address)
}

// worked waits until no event of a service is to be worked any more.
func worked(t testing.TB, service *one.Service) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-look.C {
		counts, err := service.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if counts[one.Waiting] == 0 {
			return
		}
	}
	t.Fatalf("events still wait after %s", patience)
}
