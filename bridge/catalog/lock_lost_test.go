package catalog_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// An import whose lock was lost, since the connection that held it broke, found at
// its next transaction that another instance had begun one, and then took back what
// that one had staged; had that one published meanwhile, it would have deleted what
// was published. It takes back nothing but its own.
func TestImportThatLostItsLockTakesBackNobodyElses(t *testing.T) {
	options := storetest.Postgres(t)
	var both [2]*fixture
	for i := range both {
		s, err := store.Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		both[i] = open(t, s)
	}
	first, second := both[0], both[1]
	first.take(iof.Full, version(1, 700))
	half := func(file string, between func()) io.Reader {
		return io.MultiReader(strings.NewReader(file[:len(file)/2]), calling{between}, strings.NewReader(file[len(file)/2:]))
	}
	staged, over := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	_, err := first.Import(t.Context(), iof.Full, half(version(2, 2000), func() {
		if _, err := second.store.DB().ExecContext(t.Context(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
			WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
			t.Error(err)
		}
		go func() {
			_, err := second.Import(context.WithoutCancel(t.Context()), iof.Full, half(version(3, 2000), func() {
				close(staged)
				<-over
			}), catalog.ImportOptions{})
			done <- err
		}()
		<-staged
	}), catalog.ImportOptions{})
	close(over)
	if err == nil || !strings.Contains(err.Error(), "another import has begun meanwhile") {
		t.Errorf("the one that lost its lock: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("the one that took over: %v", err)
	}
	second.load()
	if n := second.Index().Len(); n != 2000 {
		t.Errorf("%d products", n)
	}
	if n := second.count("catalog_products WHERE until = 9223372036854775807"); n != 2000 {
		t.Errorf("%d rows in force", n)
	}
}
