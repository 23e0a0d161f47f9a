package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// asked is a wholesaler that has three of everything, and counts.
type asked struct {
	mu    sync.Mutex
	calls [][]idosell.Line
	fail  error
}

func (a *asked) availability(_ context.Context, lines ...idosell.Line) ([]idosell.Availability, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, lines)
	if a.fail != nil {
		return nil, a.fail
	}
	var answers []idosell.Availability
	for i := range lines { // the last first: wholesalers need not keep the order
		line := lines[len(lines)-1-i]
		if line.Code == "999" {
			continue // nothing is said of it
		}
		answers = append(answers, idosell.Availability{
			Code: line.Code, CodeType: idosell.CodeInternal, Available: line.Quantity.LessThanOrEqual(decimal.NewFromInt(3)),
			AvailableQuantity: idosell.OptionalDecimal{Decimal: decimal.NewFromInt(3), Valid: true},
		})
	}
	return answers, nil
}

func line(code string, quantity int64) idosell.Line {
	return idosell.Line{Code: code, Quantity: decimal.NewFromInt(quantity)}
}

// Fifty visitors put something into their carts in one moment: the wholesaler is
// asked a few times, not fifty, and each gets the answer about their own line.
func TestConfirmationsOfOneMomentAreOneCall(t *testing.T) {
	t.Parallel()
	wholesaler := &asked{}
	c := newConfirmations(wholesaler.availability, time.Now)
	defer c.close()
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			code, quantity := fmt.Sprint(100+i%10), int64(1+i%5)
			answers, err := c.Availability(t.Context(), line(code, quantity))
			if err != nil || len(answers) != 1 || answers[0].Code != code || answers[0].Available != (quantity <= 3) {
				t.Errorf("%d of %s: %+v, %v", quantity, code, answers, err)
			}
		})
	}
	group.Wait()
	if n := len(wholesaler.calls); n > 20 {
		t.Errorf("%d calls for 50 lines of one moment", n)
	}
	for _, call := range wholesaler.calls {
		codes := map[string]bool{}
		for _, l := range call {
			if codes[l.Code] {
				t.Errorf("the code %s stands twice in one call, so that its answers cannot be told apart", l.Code)
			}
			codes[l.Code] = true
		}
	}
}

func TestConfirmationsAreKeptForSeconds(t *testing.T) {
	t.Parallel()
	wholesaler := &asked{}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	c := newConfirmations(wholesaler.availability, func() time.Time { return now })
	defer c.close()
	ask := func(lines ...idosell.Line) []idosell.Availability {
		t.Helper()
		answers, err := c.Availability(t.Context(), lines...)
		if err != nil {
			t.Fatal(err)
		}
		return answers
	}
	ask(line("41", 1))
	ask(line("41", 1))
	if n := len(wholesaler.calls); n != 1 {
		t.Fatalf("%d calls for the same line twice in a moment", n)
	}
	// Another quantity is another question, and what is known is not asked again.
	if answers := ask(line("41", 1), line("41", 4), line("999", 1)); len(answers) != 2 || !answers[0].Available || answers[1].Available {
		t.Errorf("got %+v", answers)
	}
	if n := len(wholesaler.calls); n != 2 {
		t.Errorf("%d calls", n)
	}
	now = now.Add(confirmedFor)
	ask(line("41", 1))
	if n := len(wholesaler.calls); n != 3 {
		t.Errorf("%d calls: an answer of %v ago was repeated", n, confirmedFor)
	}
}

func TestAFailedConfirmationIsToldAndNotKept(t *testing.T) {
	t.Parallel()
	wholesaler := &asked{fail: errors.New("away")}
	c := newConfirmations(wholesaler.availability, time.Now)
	if _, err := c.Availability(t.Context(), line("41", 1)); !errors.Is(err, wholesaler.fail) {
		t.Errorf("got %v", err)
	}
	wholesaler.mu.Lock()
	wholesaler.fail = nil
	wholesaler.mu.Unlock()
	if answers, err := c.Availability(t.Context(), line("41", 1)); err != nil || len(answers) != 1 {
		t.Errorf("got %+v, %v", answers, err)
	}
	c.close()
	if _, err := c.Availability(t.Context(), line("42", 1)); !errors.Is(err, errClosed) {
		t.Errorf("after the end: %v", err)
	}
}
