package idoselltest_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"octobridge/idosell"
	"octobridge/idosell/idoselltest"
	"octobridge/idosell/record"
	"octobridge/idosell/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watched is a test that may fail without failing the one that runs it.
type watched struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	logs     []string
	cleanups []func()
}

// watch runs a test and returns what it told.
func watch(t *testing.T, test func(t testing.TB)) *watched {
	t.Helper()
	w := &watched{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for i := len(w.cleanups) - 1; i >= 0; i-- {
				w.cleanups[i]()
			}
		}()
		test(w)
	}()
	<-done
	return w
}

func (w *watched) Helper()          {}
func (w *watched) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }
func (w *watched) Errorf(text string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Sprintf(text, args...))
}
func (w *watched) Fatalf(text string, args ...any) {
	w.Errorf(text, args...)
	runtime.Goexit()
}
func (w *watched) Logf(text string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.logs = append(w.logs, fmt.Sprintf(text, args...))
}

// wholesaler is a sandbox, and the configuration of a client of it.
func wholesaler(t *testing.T) idosell.Config {
	t.Helper()
	server := sandbox.New(sandbox.Options{})
	listener := httptest.NewServer(server)
	t.Cleanup(func() { listener.Close(); server.Close() })
	return idosell.Config{URL: listener.URL, Login: sandbox.DemoLogin, Password: idosell.NewSecret(sandbox.DemoPassword),
		DropshippingKey: idosell.NewSecret(sandbox.DemoDropshippingKey), Budget: idosell.NewBudget(1e6, 8)}
}

func supplier(t testing.TB, client *idosell.Client) {
	t.Helper()
	answer, err := client.Supplier(t.Context())
	if err != nil {
		t.Errorf("the supplier: %v", err)
		return
	}
	if answer.CountryID != "PL" || answer.Name == "" {
		t.Errorf("the supplier is %+v", answer)
	}
}

// The documentation's test is the one that runs.
func TestTheDocumentationsTestRuns(t *testing.T) {
	source, err := os.ReadFile("six_lines_test.go")
	if err != nil {
		t.Fatal(err)
	}
	documentation, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, test, _ := strings.Cut(string(source), "\nfunc ")
	shown := "//\tfunc " + strings.ReplaceAll(strings.TrimSpace(test), "\n", "\n//\t")
	if !strings.Contains(string(documentation), shown+"\n") {
		t.Errorf("doc.go shows another test than six_lines_test.go:\n%s", shown)
	}
	if lines := strings.Count(strings.TrimSpace(test), "\n") - 1; lines != 6 {
		t.Errorf("it has %d lines, want 6", lines)
	}
}

func TestOneTestRecordsAndReplays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "supplier")
	config := wholesaler(t)
	t.Setenv(idoselltest.Variable, "1")
	recorded := watch(t, func(t testing.TB) { supplier(t, idoselltest.Record(t, dir, config)) })
	if len(recorded.failures) > 0 || len(recorded.logs) != 1 || !strings.HasPrefix(recorded.logs[0], "2 exchanges were recorded in "+dir) {
		t.Errorf("recording tells %q %q", recorded.failures, recorded.logs)
	}
	again := watch(t, func(t testing.TB) { supplier(t, idoselltest.Record(t, dir, config)) })
	if len(again.failures) != 1 || !strings.Contains(again.failures[0], "holds a recording already") {
		t.Errorf("recording once more tells %q", again.failures)
	}
	for _, off := range []string{"", "0", "true"} {
		t.Setenv(idoselltest.Variable, off)
		replayed := watch(t, func(t testing.TB) {
			supplier(t, idoselltest.Record(t, dir, idosell.Config{Now: func() time.Time { return time.Date(2040, 2, 29, 23, 59, 0, 0, time.UTC) }}))
		})
		if len(replayed.failures) > 0 || len(replayed.logs) > 0 {
			t.Errorf("replaying tells %q %q", replayed.failures, replayed.logs)
		}
	}
	if files, err := record.ReadAll(dir); err != nil || len(files) != 2 {
		t.Errorf("%d exchanges, %v", len(files), err)
	}
}

func TestARecordingRefusesToChangeAnything(t *testing.T) {
	config := wholesaler(t)
	lines := idosell.BasketImport{Lines: []idosell.Line{{Code: "1101", Quantity: one()}}}
	change := func(options ...idoselltest.Option) error {
		var err error
		told := watch(t, func(w testing.TB) {
			client := idoselltest.Record(w, filepath.Join(t.TempDir(), "basket"), config, append(options, idoselltest.Always())...)
			_, err = client.ImportBasket(t.Context(), lines)
		})
		if len(told.failures) > 0 {
			t.Errorf("it tells %q", told.failures)
		}
		return err
	}
	if failure, ok := errors.AsType[*idosell.Error](change()); !ok || failure.Kind != idosell.KindRequest {
		t.Errorf("a change is answered with %v", failure)
	}
	if err := change(idoselltest.AllowWrites()); err != nil {
		t.Error(err)
	}
}

func one() idosell.Decimal {
	d, err := idosell.ParseDecimal("1")
	if err != nil {
		panic(err)
	}
	return d
}

// No secret of the configuration is in a recording.
func TestWhatIsConfiguredIsNotRecorded(t *testing.T) {
	config := wholesaler(t)
	dir := filepath.Join(t.TempDir(), "supplier")
	watch(t, func(t testing.TB) { supplier(t, idoselltest.Record(t, dir, config, idoselltest.Always())) })
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) != 6 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{config.Login, config.Password.Reveal(), config.DropshippingKey.Reveal(), idosell.PasswordDigest(config.Password).Reveal()} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds a secret", file)
			}
		}
	}
}

func TestARequestThatWasNotRecordedFailsTheTest(t *testing.T) {
	told := watch(t, func(w testing.TB) {
		client := idoselltest.Replay(w, "testdata/orders")
		for range 2 {
			if _, err := client.Basket(t.Context()); err == nil {
				t.Error("no error")
			}
		}
	})
	if len(told.failures) != 1 || !strings.HasPrefix(told.failures[0], "testdata/orders: the replay has no answer to this request of Basket/get: this gate was never recorded") {
		t.Errorf("it tells %q", told.failures)
	}
	if len(told.logs) != 1 || !strings.Contains(told.logs[0], "recorded, and not asked for: 2 Orders/get") {
		t.Errorf("it logs %q", told.logs)
	}
}

func TestWhatIsAskedAfterTheTestIsNotTold(t *testing.T) {
	var ask func() error
	told := watch(t, func(w testing.TB) {
		transport := idoselltest.Transport(w, "testdata/orders")
		ask = func() error {
			_, err := transport.RoundTrip(httptest.NewRequest("GET", "https://replay.invalid/?gate=Basket/get/1/soap", nil))
			return err
		}
	})
	if _, ok := errors.AsType[*record.NoMatchError](ask()); !ok {
		t.Error("no error")
	}
	if len(told.failures) > 0 {
		t.Errorf("it tells %q", told.failures)
	}
}

func TestWhatKeepsAReplayFromBeginning(t *testing.T) {
	for name, test := range map[string]func(testing.TB){
		"no folder":       func(w testing.TB) { idoselltest.Replay(w, filepath.Join(t.TempDir(), "nothing")) },
		"an empty folder": func(w testing.TB) { idoselltest.Transport(w, t.TempDir()) },
		"a wrong address": func(w testing.TB) {
			idoselltest.Replay(w, "testdata/orders", func(c *idosell.Config) { c.URL = "ftp://x" })
		},
		"nothing to record": func(w testing.TB) {
			idoselltest.Record(w, filepath.Join(t.TempDir(), "new"), idosell.Config{}, idoselltest.Always())
		},
	} {
		t.Run(name, func(t *testing.T) {
			if told := watch(t, test); len(told.failures) != 1 || !strings.HasPrefix(told.failures[0], "idoselltest: ") {
				t.Errorf("it tells %q", told.failures)
			}
		})
	}
}
