package sandbox_test

import (
	"fmt"
	"sync"
	"testing"

	"octobridge/bridge/one/sandbox"
)

// Everything at once: what was put into the cart is all there, each line with an id
// of its own, and the race detector has nothing to say.
func TestTogether(t *testing.T) {
	b := newBridge(t)
	s, address := start(t, sandbox.Options{Bridge: b.URL})
	var all sync.WaitGroup
	const people, times = 4, 5
	for person := range people {
		all.Go(func() {
			for i := range times {
				if r, err := trying(t, "PUT", cartAddress(address, sandbox.DemoCart), cable("10", "")); err != nil || r.status != 200 {
					t.Errorf("%d, %v", r.status, err)
				}
				if status, err := s.Send(t.Context(), sandbox.Event{Kind: sandbox.ClientLogged, Customer: fmt.Sprint("org:", person)}, sandbox.Snake); status != 202 || err != nil {
					t.Errorf("%d, %v", status, err)
				}
				if r, err := trying(t, "GET", address+"/", ""); err != nil || r.status != 200 {
					t.Errorf("the page: %d, %v", r.status, err)
				}
				s.PutOffer(sandbox.Offer{ID: fmt.Sprint(person, "-", i), Customer: sandbox.DemoPerson})
				s.Fail(sandbox.GetProduct, sandbox.Trouble{Status: 500})
				s.SetBridge(b.URL)
				s.Mend()
				_, _, _, _ = s.Deliveries(), s.Webhooks(), s.Calls(), s.Reasons()
			}
		})
	}
	all.Wait()
	c, _ := s.Cart(sandbox.DemoCart)
	ids := map[string]bool{}
	for _, l := range c.Lines {
		ids[l.ID] = true
	}
	if len(c.Lines) != people*times || len(ids) != people*times || len(b.events()) != people*times || s.Deliveries()[people*times-1].Number != people*times {
		t.Errorf("%d lines with %d ids, %d events", len(c.Lines), len(ids), len(b.events()))
	}
}
