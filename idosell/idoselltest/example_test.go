package idoselltest_test

import (
	"context"
	"fmt"
	"testing"

	"octobridge/idosell"
	"octobridge/idosell/idoselltest"
)

// A test of six lines: t is the *testing.T of your test.
func ExampleReplay() {
	t, end := exampleTest()
	defer end()
	client := idoselltest.Replay(t, "testdata/orders")
	for order, err := range client.Orders(context.Background(), idosell.OrderQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(order.ID, order.Status, order.Reference(), "for", order.Client.Delivery.LastName)
	}
	// Output:
	// secret-1-1 finished REF-1 for Last-2
	// secret-1-2 ready REF-2 for Last-2
}

// What a test asks for otherwise than it was recorded fails it, and says how it
// differs.
func ExampleReplay_noMatch() {
	t, end := exampleTest()
	defer end()
	client := idoselltest.Replay(t, "testdata/orders")
	_, _ = client.OrdersPage(context.Background(), idosell.OrderQuery{}, 7, 100)
	// Output:
	// testdata/orders: the replay has no answer to this request of Orders/get. The nearest recorded request is number 2. Ask as it was recorded, or record this request, too
	// --- recorded, number 2
	// +++ asked
	// @@ -3,7 +3,7 @@
	//      <get>
	//        <params>
	//          <resultsLimit>100</resultsLimit>
	// -        <resultsPage>0</resultsPage>
	// +        <resultsPage>7</resultsPage>
	//        </params>
	//      </get>
	//    </get>
}

// exampleTest stands for a test where there is none: it prints what a test tells.
func exampleTest() (t testing.TB, end func()) {
	out := &printed{}
	return out, func() {
		for i := len(out.cleanups) - 1; i >= 0; i-- {
			out.cleanups[i]()
		}
	}
}

type printed struct {
	testing.TB
	cleanups []func()
}

func (p *printed) Helper()                         {}
func (p *printed) Cleanup(f func())                { p.cleanups = append(p.cleanups, f) }
func (p *printed) Errorf(text string, args ...any) { fmt.Printf(text+"\n", args...) }
func (p *printed) Fatalf(text string, args ...any) { panic(fmt.Sprintf(text, args...)) }
func (p *printed) Fatal(args ...any)               { panic(fmt.Sprint(args...)) }
func (p *printed) Logf(string, ...any)             {}
