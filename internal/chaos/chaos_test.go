package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/sandbox"
)

// usualRuns is how many runs there are when nobody says; .ci/run and make chaos
// make more.
const usualRuns = 24

// number is a whole number of the environment.
func number(t *testing.T, name string, usual int) int {
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s is %q: write a whole number", name, text)
	}
	return n
}

// Whenever the process is killed, before or after any call and any commit, and
// whatever the wholesaler does meanwhile, no accepted order is lost and none is
// placed twice.
func TestKilledAtEveryStep(t *testing.T) {
	runs, first := number(t, "OCTOTEST_CHAOS_RUNS", usualRuns), number(t, "OCTOTEST_CHAOS_SEED", 1)
	if testing.Short() {
		runs = min(runs, 4)
	}
	var sum tally
	t.Run("runs", func(t *testing.T) {
		for seed := first; seed < first+runs; seed++ {
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
				t.Parallel()
				r := newRun(t, uint64(seed), &sum)
				r.dataDirs = []string{t.TempDir()}
				r.do()
			})
		}
	})
	t.Log(sum.String())
	if missed := sum.missed(); runs >= manyRuns && len(missed) > 0 {
		t.Errorf("%d runs never had: %s", runs, strings.Join(missed, ", "))
	}
}

// Two processes on one PostgreSQL place orders side by side, and are killed in
// turns: none lost, none doubled, the basket never mixed.
func TestTwoProcessesOnOneDatabase(t *testing.T) {
	// A process that was killed is only given up after half a minute, so that
	// these runs take long; and each takes up a dozen of the server's connections.
	runs := max(2, number(t, "OCTOTEST_CHAOS_RUNS", usualRuns)/50)
	if testing.Short() {
		t.Skip("takes half a minute a run")
	}
	var sum tally
	atOnce := make(chan struct{}, 3)
	t.Run("runs", func(t *testing.T) {
		for seed := 1; seed <= runs; seed++ {
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
				t.Parallel()
				atOnce <- struct{}{}
				defer func() { <-atOnce }()
				r := newRun(t, uint64(1_000_000+seed), &sum)
				r.database = storetest.Postgres(t).Database.Reveal()
				r.dataDirs = []string{t.TempDir(), t.TempDir()}
				r.do()
			})
		}
	})
	t.Log(sum.String())
}

// tally counts what happened in all runs.
type tally struct {
	mu                                    sync.Mutex
	runs, orders, kills, settled, retried int
	moods                                 map[string]int
	steps                                 map[string]int // kills at each step
	troubles                              map[string]int // runs with each of the wholesaler's troubles
}

func (s *tally) add(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	s.orders += len(r.references)
	s.kills += r.kills
	s.settled += r.settled
	s.retried += r.retried
	if s.moods == nil {
		s.moods, s.steps, s.troubles = map[string]int{}, map[string]int{}, map[string]int{}
	}
	s.moods[r.difference]++
	for _, step := range r.killedAt {
		s.steps[step]++
	}
	for _, trouble := range r.troubles {
		s.troubles[trouble]++
	}
}

// everyStep are the steps on the way of an order to placed, and of one whose
// outcome is not known.
func everyStep() (list []string) {
	for _, what := range []string{"commit accepted", "call availability", "commit verified", "call get-basket", "commit importing", "call import-basket",
		"commit imported", "commit placing", "call place-order", "commit placed", "commit clean", "commit unknown", "call get-orders", "commit looked"} {
		list = append(list, "before "+what, "after "+what)
	}
	return list
}

// manyRuns is from how many runs on it is expected that each step was hit, and
// each trouble met.
const manyRuns = 160

// missed are the steps and troubles that no run had.
func (s *tally) missed() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, step := range everyStep() {
		if s.steps[step] == 0 {
			list = append(list, step)
		}
	}
	for _, trouble := range sorted(troubles) {
		if s.troubles[trouble] == 0 {
			list = append(list, trouble)
		}
	}
	for _, difference := range sorted(differences) {
		if s.moods[difference] == 0 {
			list = append(list, difference)
		}
	}
	return list
}

func (s *tally) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%d runs, %d orders, %d kills, %d orders settled by the operator, %d tried again by the operator; none lost, none doubled where no failure is shown; wholesalers: %v; troubles: %v; killed at: %v",
		s.runs, s.orders, s.kills, s.settled, s.retried, s.moods, s.troubles, s.steps)
}

// run is one seeded story.
type run struct {
	t          *testing.T
	rand       *rand.Rand
	sum        *tally
	wholesaler *sandbox.Server
	address    string
	dataDirs   []string // one a process
	database   string
	processes  []*process

	references []string
	codes      []string
	difference string
	moods      []string
	troubles   []string
	target     string // the step at which the first process dies, if it comes there
	killedAt   []string
	kills      int
	settled    int
	retried    int
}

func newRun(t *testing.T, seed uint64, sum *tally) *run {
	r := &run{t: t, rand: rand.New(rand.NewPCG(seed, 20261122)), sum: sum}
	r.wholesaler = sandbox.New(sandbox.Options{Orders: []sandbox.SeedOrder{}, Catalogue: plenty()})
	var err error
	if r.address, err = r.wholesaler.Listen(context.Background(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.wholesaler.Close() })
	for i := range 2 + r.rand.IntN(3) {
		r.references = append(r.references, fmt.Sprintf("SH-%d-%d", seed, i))
	}
	r.codes = codes(t, len(r.references))
	r.target = everyStep()[seed%uint64(len(everyStep()))]
	r.setMoods()
	return r
}

var troubles = map[string]sandbox.Trouble{
	"dropped before": {Drop: "before"}, "dropped after": {Drop: "after"}, "cut": {Drop: "middle"}, "truncated": {Truncated: true}, "empty": {Empty: true},
	"twice": {Twice: true}, "500": {Status: 500, Empty: true}, "answered late": {AnswerDelay: sandbox.Duration(time.Hour)},
	"acted late": {Late: sandbox.Duration(callTimeout + 100*time.Millisecond)}, "slow": {Delay: sandbox.Duration(callTimeout / 4)},
	"login fault": {Fault: &sandbox.Fault{Code: 1}}, "fault 99": {Fault: &sandbox.Fault{Code: 99}}, "503": {HTML: true, Status: 503},
	"SOAP fault": {SOAPFault: "x"}, "page": {HTML: true}, "redirect": {Redirect: "/x"},
}

var differences = map[string]sandbox.Different{
	"as assumed": {}, "loses notes": {LoseNote: true}, "keeps the basket": {KeepBasket: true}, "loses notes and keeps the basket": {LoseNote: true, KeepBasket: true},
	"shows orders late": {SettleOrders: sandbox.Duration(settle / 2)}, "a basket a session": {BasketPerSession: true},
}

// setMoods deals the wholesaler's moods out.
func (r *run) setMoods() {
	pick := func(names []string) string { return names[r.rand.IntN(len(names))] }
	r.difference = "as assumed"
	if r.rand.IntN(2) == 0 {
		r.difference = pick(sorted(differences))
	}
	different := differences[r.difference]
	var moods []sandbox.Moods
	if strings.HasSuffix(r.target, "unknown") || strings.HasSuffix(r.target, "looked") || strings.HasSuffix(r.target, "get-orders") {
		moods = append(moods, sandbox.Moods{Gates: []string{"Dropshipping/placeOrder"}, Calls: 1, Trouble: troubles["dropped before"], Different: different})
	}
	gates := []string{"Dropshipping/placeOrder", "Dropshipping/placeOrder", "Dropshipping/basketImport", "Basket/get", "Orders/get", "Dropshipping/basketVerification", "Basket/clear"}
	for range r.rand.IntN(4) {
		name, gate := pick(sorted(troubles)), pick(gates)
		mood := sandbox.Moods{Gates: []string{gate}, Calls: 1 + r.rand.IntN(2), Skip: r.rand.IntN(3), Trouble: troubles[name], Different: different}
		moods = append(moods, mood)
		r.troubles = append(r.troubles, name)
		r.moods = append(r.moods, fmt.Sprintf("%s %s after %d for %d", gate, name, mood.Skip, mood.Calls))
	}
	r.wholesaler.SetMoods(append(moods, sandbox.Moods{Different: different})...)
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// do lets the story go on until every order has come to an end.
func (r *run) do() {
	r.processes = make([]*process, len(r.dataDirs))
	deaths := 1 + r.rand.IntN(4)
	accepted := map[string]bool{}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for ended := false; !ended; {
		if ctx.Err() != nil {
			r.t.Fatalf("the orders do not come to an end: %s", r.story())
		}
		for i, p := range r.processes {
			if p != nil && p.alive() {
				continue
			}
			if p != nil {
				p.kill()
				r.died(i)
			}
			var at int64
			if deaths > 0 {
				deaths--
				at = 1 + r.rand.Int64N(45)
			}
			p := plan{Wholesaler: r.address, DataDir: r.dataDirs[i], Database: r.database, KillAt: at, Log: r.log(i)}
			if r.target != "" { // the first process dies there, and no step is left to chance
				p.KillAt, p.KillStep, r.target = 0, r.target, ""
			}
			r.processes[i] = start(r.t, p)
			if r.processes[i] == nil {
				r.died(i)
			}
		}
		// Orders come one by one, sent again until they are answered.
		for i, reference := range r.references {
			if p := r.any(); !accepted[reference] && p != nil {
				if _, _, err := p.client.Place(ctx, r.order(i)); err == nil {
					accepted[reference] = true
				}
			}
		}
		<-tick.C
		ended = len(accepted) == len(r.references) && r.ended(ctx)
	}
	r.judge()
	r.sum.add(r)
}

// died counts the death of a process, and at which step it was.
func (r *run) died(i int) {
	r.kills++
	name := filepath.Join(r.dataDirs[i], stepFile)
	if step, err := os.ReadFile(name); err == nil {
		r.killedAt = append(r.killedAt, string(step))
		_ = os.Remove(name)
	}
}

// any is one of the processes that live.
func (r *run) any() *process {
	for _, i := range r.rand.Perm(len(r.processes)) {
		if p := r.processes[i]; p != nil && p.alive() {
			return p
		}
	}
	return nil
}

// ended says whether every order has come to its end. What stays unknown is
// settled by the truth, as an operator does who looks it up; what has failed is
// tried again.
func (r *run) ended(ctx context.Context) bool {
	all := true
	for _, reference := range r.references {
		p := r.any()
		if p == nil {
			return false
		}
		shown, err := p.client.Order(ctx, reference, false)
		if err != nil {
			return false // it was killed
		}
		switch order := shown.Order; {
		case order.State == orders.Placed:
		case order.State == orders.Unknown && order.Reason.Code == orders.ReasonNotProven && r.sawEnough(order):
			verdict := orders.SettledNotPlaced
			if len(r.there(reference)) > 0 {
				verdict = orders.SettledPlaced
			}
			if _, err := p.client.Settle(ctx, reference, verdict, ""); err == nil {
				r.settled++
			}
			all = false
		case order.State == orders.Failed:
			if len(r.there(reference)) > 0 {
				r.t.Fatalf("order %s is said to have failed and is placed: %s", reference, r.story())
			}
			if _, err := p.client.Retry(ctx, reference, true); err == nil {
				r.retried++
			}
			all = false
		default:
			all = false
		}
	}
	return all
}

// sawEnough says whether what can still be under way has arrived: an operator
// who settles too early settles wrongly.
func (r *run) sawEnough(order orders.Order) bool {
	return time.Since(order.AskedAt) > callTimeout+2*settle+time.Second
}

// there are the wholesaler's orders of a reference.
func (r *run) there(reference string) []sandbox.AcceptedOrder {
	return slices.DeleteFunc(r.wholesaler.Orders(), func(o sandbox.AcceptedOrder) bool { return !strings.Contains(o.Note, "[ref:"+reference+"]") })
}

// judge compares the wholesaler's orders with those that were accepted.
func (r *run) judge() {
	for i, reference := range r.references {
		there := r.there(reference)
		if len(there) != 1 {
			r.t.Errorf("order %s was placed %d times: %s", reference, len(there), r.story())
			continue
		}
		lines := there[0].Lines
		if len(lines) != 1 || lines[0].Code != r.codes[i] || !lines[0].Quantity.Equal(quantity(i)) {
			r.t.Errorf("order %s was placed with %v, not %s × %s: %s", reference, lines, quantity(i), r.codes[i], r.story())
		}
	}
	if n := len(r.wholesaler.Orders()); n != len(r.references) {
		r.t.Errorf("the wholesaler has %d orders, not %d: %s", n, len(r.references), r.story())
	}
}

// story is what one needs to know to find out what went wrong.
func (r *run) story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the wholesaler %s; %s; %d kills", r.difference, strings.Join(r.moods, "; "), r.kills)
	if p := r.any(); p != nil {
		for _, reference := range r.references {
			shown, err := p.client.Order(context.Background(), reference, false)
			if err != nil {
				continue
			}
			fmt.Fprintf(&b, "\n%s is %s: %s", reference, shown.State, shown.Reason.Text)
			for _, event := range shown.Timeline {
				fmt.Fprintf(&b, "\n  %s %s [%s] %s (%s)", event.At.Format("15:04:05.000"), event.Kind, event.State, event.Text, event.Detail)
			}
		}
	}
	return b.String()
}

// log is where the processes log when somebody wants to read it.
func (r *run) log(i int) string {
	dir := os.Getenv("OCTOTEST_CHAOS_LOGS")
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, strings.ReplaceAll(r.t.Name(), "/", "-")+"-"+strconv.Itoa(i)+".log")
}

func quantity(i int) decimal.Decimal { return decimal.NewFromInt(int64(i) + 1) }

func (r *run) order(i int) orders.Request {
	return orders.Request{
		Reference: r.references[i],
		Recipient: orders.Address{FirstName: "Anna", LastName: "Nowak", Street: "ul. Kwiatowa 12", ZipCode: fmt.Sprintf("50-%03d", i), City: "Wrocław", Country: "PL", Phone: "+48500000003"},
		Lines:     []orders.Line{{Code: r.codes[i], Quantity: quantity(i)}},
	}
}

func plenty() *sandbox.Catalogue {
	catalogue := sandbox.Assortment()
	for i := range catalogue.Products {
		for j := range catalogue.Products[i].Sizes {
			catalogue.Products[i].Sizes[j].Quantity, catalogue.Products[i].Sizes[j].Reserved = 1_000_000, 0
		}
	}
	return catalogue
}

// codes are codes of light products without sizes.
func codes(t *testing.T, n int) (list []string) {
	for _, product := range sandbox.Assortment().Products {
		if !product.Invisible && len(product.Sizes) == 1 && product.Weight < 1000 && len(list) < n {
			list = append(list, strconv.FormatInt(product.ID, 10))
		}
	}
	if len(list) < n {
		t.Fatalf("the sandbox has only %d such products", len(list))
	}
	return list
}
