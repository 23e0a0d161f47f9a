package main

import (
	"bytes"
	"context"
	"database/sql"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/orders"
	"octobridge/bridge/server"
	"octobridge/bridge/store"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

// looks is a queue that only remembers which orders are to be looked at.
type looks chan int64

func (l looks) Enqueue(_ context.Context, _ *sql.Tx, _ string, id int64, _ time.Time) error {
	select {
	case l <- id:
	default: // the next tick looks at every order anyway
	}
	return nil
}

// operated is a running service with its operator socket: real orders, on SQLite,
// against a sandbox.
type operated struct {
	wholesaler *sandbox.Server
	orders     *orders.Service
	environ    []string // under which octobridge asks it, and its wholesaler
}

// operate starts a service whose orders are placed at once.
func operate(t testing.TB, desk func(*orders.Service) bridge.OrderDesk) *operated {
	t.Helper()
	folder, err := os.MkdirTemp("", "op") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	o := &operated{}
	o.wholesaler, o.environ = wholesaler(t.Cleanup)
	o.environ = append(o.environ, "OCTOBRIDGE_DATA_DIR="+folder)
	address, _ := strings.CutPrefix(o.environ[0], "OCTOBRIDGE_IDOSELL__URL=")
	client, err := idosell.New(idosell.Config{
		URL: address, Login: sandbox.DemoLogin, Password: secret.New(sandbox.DemoPassword),
		DropshippingKey: secret.New(sandbox.DemoDropshippingKey), Budget: idosell.NewBudget(10000, 16),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	database, err := store.Open(t.Context(), store.Options{DataDir: filepath.Join(folder, "db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })
	queue := make(looks, 1000)
	if o.orders, err = orders.New(t.Context(), orders.Options{
		Store: database, Wholesaler: client, Jobs: queue,
		Rules: orders.Rules{Settle: time.Second, CallTimeout: 2 * time.Second, Unavailable: orders.StopUnavailable, FollowFor: time.Hour, StuckAfter: time.Hour},
	}); err != nil {
		t.Fatal(err)
	}
	var asked bridge.OrderDesk = o.orders
	if desk != nil {
		asked = desk(o.orders)
	}
	mux := http.NewServeMux()
	bridge.MountOperator(mux, bridge.OperatorParts{
		Orders: asked,
		Example: func(ctx context.Context) (orders.Request, error) {
			return bridge.ExampleOrder(ctx, client, "", time.Now())
		},
	})
	listener, err := net.Listen("unix", filepath.Join(folder, server.SocketName))
	if err != nil {
		t.Fatal(err)
	}
	serving := &http.Server{Handler: mux}
	working, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = serving.Serve(listener) })
	running.Go(func() { o.work(working, queue) })
	t.Cleanup(func() {
		stop()
		_ = serving.Close()
		running.Wait()
	})
	return o
}

// work looks at orders that were queued, and at those that wait every now and
// then.
func (o *operated) work(ctx context.Context, queue looks) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var ids []int64
		select {
		case <-ctx.Done():
			return
		case id := <-queue:
			ids = append(ids, id)
		case <-tick.C:
			open, _ := o.orders.List(ctx, orders.Query{Open: true})
			for _, order := range open {
				ids = append(ids, order.ID)
			}
		}
		for _, id := range ids {
			_, _ = o.orders.Work(ctx, id)
		}
	}
}

// run runs octobridge in this process.
func (o *operated) run(t testing.TB, input string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr strings.Builder
	p := &program{in: strings.NewReader(input), out: &stdout, errOut: &stderr, environ: o.environ}
	code = p.run(t.Context(), args)
	return code, stdout.String(), stderr.String()
}

// serve starts `octobridge serve` in a process of its own and returns the
// environment under which octobridge asks it, and its wholesaler. It ends with
// the test.
func serve(t *testing.T) (environ []string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "op") // as in operate
	if err != nil {
		t.Fatal(err)
	}
	_, environ = wholesaler(t.Cleanup)
	address := freeAddress(t)
	environ = append(environ,
		"OCTOBRIDGE_LISTEN="+address, "OCTOBRIDGE_PUBLIC_URL=http://"+address, "OCTOBRIDGE_DATA_DIR="+folder,
		"OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=retail",
	)
	command := exec.Command("octobridge", "serve")
	command.Env = append(cleanEnviron(), environ...)
	command.Dir = folder
	log := &bytes.Buffer{}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("the service ended with %v:\n%s", err, log)
		}
		_ = os.RemoveAll(folder)
	})
	await(t, nil, "http://"+address+"/readyz")
	return environ
}
