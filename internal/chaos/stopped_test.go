package chaos

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"octobridge/bridge/orders"
	"octobridge/idosell/sandbox"
)

// patience is how long the service gives a call: see orderRules in bridge.
const patience = callTimeout + time.Second

// A process is stopped (SIGSTOP, a laptop's lid, a machine that is moved) right
// before a change is sent to the wholesaler, and goes on long after anybody else
// may have proven that the order was not placed: it must not be sent then. The
// time of the call was over, but the request went out before that was noticed.
func TestStoppedBeforeACall(t *testing.T) {
	for gate, step := range map[string]string{"Dropshipping/placeOrder": "before call place-order", "Dropshipping/basketImport": "before call import-basket"} {
		t.Run(step, func(t *testing.T) {
			var sum tally
			r := newRun(t, 3, &sum)
			r.wholesaler.SetMoods(sandbox.Moods{})
			r.references = r.references[:1]
			dir := t.TempDir()
			p := start(t, plan{Wholesaler: r.address, DataDir: dir, StopAt: step, Log: r.log(0)})
			r.processes = []*process{p}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			placing := make(chan error, 1)
			go func() { _, _, err := p.client.Place(ctx, r.order(0)); placing <- err }()
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for stopped := false; !stopped; {
				select {
				case <-tick.C:
					_, err := os.Stat(filepath.Join(dir, stepFile))
					stopped = err == nil
				case <-ctx.Done():
					t.Fatal("the process does not get there")
				}
			}
			long := time.NewTimer(patience + 500*time.Millisecond)
			defer long.Stop()
			<-long.C
			if n := r.wholesaler.Calls()[gate]; n != 0 {
				t.Fatalf("%d calls before it was to go on", n)
			}
			began := time.Now()
			if err := p.command.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			for first := time.Duration(0); ; {
				<-tick.C
				if first == 0 && r.wholesaler.Calls()[gate] > 0 {
					if first = time.Since(began); first < settle {
						t.Fatalf("sent %v after it went on", first)
					}
				}
				shown, err := p.client.Order(ctx, r.references[0], false)
				if err == nil && shown.State == orders.Placed {
					break
				}
				if ctx.Err() != nil {
					t.Fatalf("the order does not come to an end: %s", r.story())
				}
			}
			if err := <-placing; err != nil {
				t.Error(err)
			}
			r.judge()
		})
	}
}
