package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/server"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
)

const childVariable = "OCTOTEST_CHAOS_CHILD"

// stepFile is where a process says, in its folder, at which step it was killed or
// stopped.
const stepFile = "step"

// plan is what a service process is told: where its things are, and when it
// dies.
type plan struct {
	Wholesaler string
	DataDir    string // of its socket, and of SQLite
	Database   string // PostgreSQL; empty: SQLite
	KillAt     int64  // the step, counted from the start, at which it kills itself; 0: never
	KillStep   string // the step, by its name, at which it kills itself; empty: never
	StopAt     string // the step, by its name, at which it stops itself until it is told to go on; empty: never
	Log        string // file; empty: none
	// Settings are the whole configuration, as the environment gives it to `octobridge
	// serve`, with the defaults of that: Wholesaler and Database mean nothing then. Nil:
	// that of the orders' tests.
	Settings []string
}

// The times are short, and their order is that of real life: a call ends before
// the wholesaler's orders have settled.
const (
	callTimeout = 400 * time.Millisecond
	settle      = 700 * time.Millisecond
	budget      = 500 // calls a second
)

// TestMain is the service process where it was started as one.
func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		var p plan
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			panic(err)
		}
		if err := p.serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	if atOnce := flag.Lookup("test.parallel"); atOnce.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = atOnce.Value.Set("12") // most of a run is waiting
	}
	os.Exit(m.Run())
}

// configuration is that of the service, with its listener where one is open already.
func (p plan) configuration() (config.Config, net.Listener, error) {
	if p.Settings != nil {
		loaded, err := config.Load(config.Options{Environ: p.Settings, Scope: config.Serve})
		if err != nil {
			return config.Config{}, nil, err
		}
		return loaded.Config, nil, nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return config.Config{}, nil, err
	}
	return config.Config{
		PublicURL: "http://" + listener.Addr().String(), DataDir: p.DataDir, Database: idosell.NewSecret(p.Database),
		IdoSell: config.IdoSell{URL: p.Wholesaler, Login: sandbox.DemoLogin, Password: idosell.NewSecret(sandbox.DemoPassword),
			DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey), Timezone: "Europe/Warsaw", RequestsPerSecond: budget, InFlight: 8, Timeout: callTimeout},
		Shop:    config.Shop{Kind: "dropshipping", Locale: "pl-PL", Currency: "PLN", ProductURL: "https://shop.example/{id}"},
		Pricing: config.Pricing{Source: "none"},
		Orders:  config.Orders{Settle: settle, Couriers: []string{"*=6"}},
	}, listener, nil
}

// serve is the service as `octobridge serve` runs it, but for a hook that kills
// the process with SIGKILL before or after a call to the wholesaler or a commit.
func (p plan) serve() error {
	configuration, listener, err := p.configuration()
	if err != nil {
		return err
	}
	logger := slog.New(slog.DiscardHandler)
	if p.Log != "" {
		file, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer file.Close()
		logger = slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	var steps atomic.Int64
	var stopped atomic.Bool
	service, err := bridge.NewService(context.Background(), bridge.ServiceOptions{
		Config: configuration,
		Logger: logger, Listener: listener,
		Step: func(step string) {
			logger.Debug("step", "step", step)
			if step == p.StopAt && stopped.CompareAndSwap(false, true) {
				_ = os.WriteFile(filepath.Join(p.DataDir, stepFile), []byte(step), 0o600)
				began := time.Now()
				_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
				for time.Since(began) < callTimeout { // it takes a moment; it is over when this process goes on
				}
			}
			if steps.Add(1) == p.KillAt || step == p.KillStep {
				_ = os.WriteFile(filepath.Join(p.DataDir, stepFile), []byte(step), 0o600)
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // it takes a moment
			}
		},
	})
	if err != nil {
		return err
	}
	if err := service.Listen(); err != nil {
		return err
	}
	fmt.Println("ready")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return service.Run(ctx)
}

// process is a running service process.
type process struct {
	command *exec.Cmd
	client  *bridge.OperatorClient
	gone    chan struct{} // closed when it has ended
}

// start starts a service process and waits until it can be asked. Nil: it died
// before.
func start(t *testing.T, p plan) *process {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	c := &process{command: exec.Command(os.Args[0]), gone: make(chan struct{})}
	c.command.Env = append(os.Environ(), childVariable+"="+string(text))
	var complaints strings.Builder
	c.command.Stderr = &complaints
	output, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, output)
		_ = c.command.Wait()
		close(c.gone)
	}()
	// Before its folder is removed, which was made before it: a process that still
	// writes there would put files back.
	t.Cleanup(c.kill)
	if line != "ready\n" {
		<-c.gone
		if complaints.Len() > 0 {
			t.Fatalf("the service does not start: %s", complaints.String())
		}
		return nil
	}
	if c.client, err = bridge.NewOperatorClient(bridge.OperatorAddress{Socket: filepath.Join(p.DataDir, server.SocketName)}); err != nil {
		t.Fatal(err)
	}
	return c
}

// kill ends the process as a power cut would.
func (c *process) kill() {
	_ = c.command.Process.Kill()
	<-c.gone
	if c.client != nil {
		c.client.Close()
	}
}

// alive says whether the process has not ended.
func (c *process) alive() bool {
	select {
	case <-c.gone:
		return false
	default:
		return true
	}
}
