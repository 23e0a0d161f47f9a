package catalog_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// An import whose lock was lost, since the connection that held it broke, found at
// its next transaction that another instance had begun one, and then took back what
// that one had staged; had that one published meanwhile, it would have deleted what
// was published. It takes back nothing but its own.
func TestImportThatLostItsLockTakesBackNobodyElses(t *testing.T) {
	one, two := storetest.TwoInstances(t)
	first, second := open(t, one), open(t, two)
	first.take(iof.Full, version(1, 700))
	half := func(file string, between func()) io.Reader {
		return io.MultiReader(strings.NewReader(file[:len(file)/2]), calling{between}, strings.NewReader(file[len(file)/2:]))
	}
	staged, over := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	_, err := first.Import(t.Context(), iof.Full, half(version(2, 2000), func() {
		if err := storetest.BreakLocks(t.Context(), two); err != nil {
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
