package chaos

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"octobridge/idosell/sandbox"
)

// A thousand orders are accepted while the wholesaler is down. When it is back all
// of them are placed, once each, in their order and within the budget of calls.
func TestAThousandOrdersThroughAnOutage(t *testing.T) {
	count := 1000
	if testing.Short() {
		count = 50
	}
	var sum tally
	r := newRun(t, 1, &sum)
	r.wholesaler.SetMoods(sandbox.Moods{Trouble: sandbox.Trouble{HTML: true, Status: 503}})
	r.references, r.codes = nil, codes(t, 1)
	for i := range count {
		r.references = append(r.references, fmt.Sprintf("SH-%04d", i))
	}
	p := start(t, plan{Wholesaler: r.address, DataDir: t.TempDir(), Log: r.log(0)})
	r.processes = []*process{p}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for i := range r.references {
		request := r.order(0)
		request.Reference = r.references[i]
		if _, created, err := p.client.Place(ctx, request); err != nil || !created {
			t.Fatalf("accept %s: created %v, %v", r.references[i], created, err)
		}
	}
	if n := len(r.wholesaler.Orders()); n != 0 {
		t.Fatalf("%d were placed at a wholesaler that is down", n)
	}
	down := calls(r)
	back := time.Now()
	r.wholesaler.SetMoods()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for len(r.wholesaler.Orders()) < count {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d of %d are placed: %s", len(r.wholesaler.Orders()), count, r.story())
		}
	}
	took := time.Since(back)
	for i, order := range r.wholesaler.Orders() {
		if want := "[ref:" + r.references[i] + "]"; order.Note != want {
			t.Fatalf("order %d is %s, want %s: not in their order, or not once", i, order.Note, want)
		}
	}
	made := calls(r) - down
	if most := budget*int(took/time.Second+1) + budget; made > most {
		t.Errorf("%d calls in %v: the budget is %d a second", made, took, budget)
	}
	t.Logf("%d orders placed in %v after the outage, %.1f calls an order, %d calls while it was down", count, took.Round(time.Millisecond), float64(made)/float64(count), down)
}

// calls are all calls that were made to the wholesaler.
func calls(r *run) (sum int) {
	for _, n := range r.wholesaler.Calls() {
		sum += n
	}
	return sum
}

// Ten clients hand over orders at once while the process is killed again and
// again: what was answered is there afterwards, each once.
func TestAcceptedIsNeverLost(t *testing.T) {
	var sum tally
	r := newRun(t, 2, &sum)
	r.wholesaler.SetMoods(sandbox.Moods{Trouble: sandbox.Trouble{HTML: true, Status: 503}}) // nothing is placed
	dir := t.TempDir()
	var mu sync.Mutex
	var answered []string
	for life := range 3 {
		p := start(t, plan{Wholesaler: r.address, DataDir: dir})
		var clients sync.WaitGroup
		done := make(chan struct{}, 1000)
		for client := range 10 {
			clients.Go(func() {
				for n := 0; ; n++ {
					request := r.order(0)
					request.Reference = fmt.Sprintf("SH-%d-%d-%d", life, client, n)
					if _, _, err := p.client.Place(context.Background(), request); err != nil {
						return // it was killed
					}
					mu.Lock()
					answered = append(answered, request.Reference)
					mu.Unlock()
					select {
					case done <- struct{}{}:
					default:
					}
				}
			})
		}
		for range 40 {
			<-done
		}
		p.kill()
		clients.Wait()
	}
	p := start(t, plan{Wholesaler: r.address, DataDir: dir})
	r.processes = []*process{p}
	for _, reference := range answered {
		shown, err := p.client.Order(context.Background(), reference, false)
		if err != nil || shown.Request.Reference != reference {
			t.Errorf("%s was answered and is gone: %v", reference, err)
		}
	}
	if len(answered) < 120 {
		t.Errorf("only %d orders were answered", len(answered))
	}
	t.Logf("%d orders answered over 3 kills, all there", len(answered))
}
