package visitors

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestAddingToACart(t *testing.T) {
	cases := map[string]struct {
		had, asked    string // "" for had: no line
		most          string // "" : not known
		step, minimum string
		now, added    string
		limited       bool
	}{
		"a new line":                       {"", "2", "", "1", "1", "2", "2", false},
		"more of it":                       {"3", "2", "", "1", "1", "5", "2", false},
		"as many as there are":             {"3", "2", "5", "1", "1", "5", "2", false},
		"only 3 left":                      {"", "5", "3", "1", "1", "3", "3", true},
		"only 3 left, and 2 are in":        {"2", "5", "3", "1", "1", "3", "1", true},
		"only 3 left, and they are in":     {"3", "1", "3", "1", "1", "3", "0", true},
		"fewer left than are in":           {"8", "1", "3", "1", "1", "3", "0", true},
		"none left":                        {"", "1", "0", "1", "1", "0", "0", true},
		"none left, and some are in":       {"2", "1", "0", "1", "1", "2", "0", true},
		"metres":                           {"0.75", "0.25", "", "0.25", "0.5", "1", "0.25", false},
		"what is left is no multiple":      {"", "12", "7", "5", "5", "5", "5", true},
		"what is left is below the step":   {"", "12", "4", "5", "5", "0", "0", true},
		"what is left is below the least":  {"", "12", "7", "1", "10", "0", "0", true},
		"the largest quantity":             {"60", "60", "", "1", "1", "100", "40", true},
		"the largest quantity, in steps":   {"", "120", "", "30", "30", "90", "90", true},
		"a fraction of a step left":        {"", "1", "0.4", "0.25", "0.25", "0.25", "0.25", true},
		"the largest before what is there": {"", "500", "300", "1", "1", "100", "100", true},
	}
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, func(o *Options) { o.MaxQuantity = 100 })
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				guest, cookie := &Visitor{}, ""
				if c.had != "" {
					before := add(t, s, nil, lineOf(41, "M", c.had))
					guest, cookie = before.Visitor, before.Cookie
				}
				line := lineOf(41, "M", c.asked)
				line.Step, line.Minimum = number(c.step), number(c.minimum)
				var most decimal.NullDecimal
				if c.most != "" {
					most = decimal.NewNullDecimal(number(c.most))
				}
				got, err := s.addLine(t.Context(), guest, line, most, "", nil)
				if err != nil {
					t.Fatal(err)
				}
				if !got.Line.Quantity.Equal(number(c.now)) || !got.Added.Equal(number(c.added)) || got.Limited != c.limited || got.Again {
					t.Errorf("the line has %s, %s more, limited %v", got.Line.Quantity, got.Added, got.Limited)
				}
				if (got.Cookie != "") != (c.had == "" && c.now != "0") {
					t.Errorf("the cookie is %q", got.Cookie)
				}
				if got.Cookie != "" {
					cookie = got.Cookie
				}
				sameVisitor(t, look(t, s, cookie), got.Visitor)
				want := "41-M x " + c.now
				if c.now == "0" {
					want = ""
				}
				if cartOf(got.Visitor) != want {
					t.Errorf("the cart is %q", cartOf(got.Visitor))
				}
			})
		}
	})
}

func TestLinesOfACart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, func(o *Options) { o.MaxLines = 3 })
		made := add(t, s, nil, lineOf(41, "M", "1"))
		clock.move(1)
		v := add(t, s, made.Visitor, lineOf(41, "L", "1")).Visitor
		v = add(t, s, v, lineOf(40, "", "1")).Visitor
		if got := cartOf(look(t, s, made.Cookie)); got != "41-M x 1, 41-L x 1, 40 x 1" {
			t.Errorf("not the oldest first: %s", got)
		}
		if _, err := s.addLine(t.Context(), v, lineOf(42, "", "1"), decimal.NullDecimal{}, "", nil); !errors.Is(err, ErrFull) {
			t.Errorf("a fourth line: %v", err)
		}
		v = add(t, s, v, lineOf(41, "M", "2")).Visitor // one that is there is no other line
		sameVisitor(t, look(t, s, made.Cookie), v)
		if got := cartOf(v); got != "41-M x 3, 41-L x 1, 40 x 1" {
			t.Error(got)
		}
		if v.Cart[0].Added != made.Visitor.Cart[0].Added || v.Cart[0].SizeName != "size M" {
			t.Errorf("%+v", v.Cart[0])
		}
	})
}

func TestSettingACart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, func(o *Options) { o.MaxLines, o.MaxQuantity = 3, 100 })
		v, cookie, err := s.setLines(t.Context(), &Visitor{}, []Line{lineOf(3, "", "3"), lineOf(1, "S", "1"), lineOf(2, "", "0")})
		if err != nil || cookie == "" || cartOf(v) != "3 x 3, 1-S x 1" {
			t.Fatalf("%s, %v", cartOf(v), err)
		}
		for _, step := range []struct {
			name  string
			lines []Line
			want  string
			full  bool
		}{
			{"set, take out, add", []Line{lineOf(3, "", "5"), lineOf(1, "S", "0"), lineOf(9, "", "2")}, "3 x 5, 9 x 2", false},
			{"the same again", []Line{lineOf(3, "", "5"), lineOf(1, "S", "0"), lineOf(9, "", "2")}, "3 x 5, 9 x 2", false},
			{"the last counts", []Line{lineOf(3, "", "6"), lineOf(3, "", "7"), lineOf(9, "", "1"), lineOf(9, "", "0")}, "3 x 7", false},
			{"the largest quantity", []Line{lineOf(3, "", "1000")}, "3 x 100", false},
			{"one taken out makes room", []Line{lineOf(1, "", "1"), lineOf(2, "", "1"), lineOf(4, "", "1"), lineOf(3, "", "0")}, "1 x 1, 2 x 1, 4 x 1", false},
			{"too many: nothing is changed", []Line{lineOf(1, "", "9"), lineOf(2, "", "0"), lineOf(5, "", "1"), lineOf(6, "", "1")}, "1 x 1, 2 x 1, 4 x 1", true},
			{"less than nothing", []Line{lineOf(1, "", "-1")}, "2 x 1, 4 x 1", false},
			{"nothing", nil, "2 x 1, 4 x 1", false},
		} {
			now, other, err := s.setLines(t.Context(), v, step.lines)
			if errors.Is(err, ErrFull) != step.full || (err != nil && !step.full) || other != "" {
				t.Fatalf("%s: %v, %q", step.name, err, other)
			}
			stored := look(t, s, cookie)
			if err == nil {
				sameVisitor(t, stored, now)
			}
			if cartOf(stored) != step.want {
				t.Errorf("%s: %s", step.name, cartOf(stored))
			}
		}
		for range 2 {
			if v, err = s.clearCart(t.Context(), v); err != nil || len(v.Cart) != 0 || len(look(t, s, cookie).Cart) != 0 {
				t.Errorf("cleared: %s, %v", cartOf(v), err)
			}
		}
	})
}

// Adding at the same time, from tabs or from a widget beside the page, loses
// nothing: each addition comes after another one, and not instead of it.
func TestConcurrentAddsAddUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		const goroutines, each = 24, 8
		s, _ := stateService(t, db, nil)
		made := add(t, s, nil, lineOf(41, "", "1"))
		errs := make([]error, goroutines)
		var all sync.WaitGroup
		for i := range goroutines {
			all.Go(func() {
				for range each {
					_, err := s.addLine(t.Context(), made.Visitor, lineOf(41, "", "0.5"), decimal.NullDecimal{}, "", nil)
					errs[i] = errors.Join(errs[i], err)
				}
			})
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if got, want := cartOf(look(t, s, made.Cookie)), fmt.Sprintf("41 x %d", 1+goroutines*each/2); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	})
}

// The last three pieces, asked for by many at once in one cart, are put in once.
func TestConcurrentAddsKeepToWhatIsThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, func(o *Options) { o.MaxLines = 4 })
		made := add(t, s, nil, lineOf(1, "", "1"))
		most := decimal.NewNullDecimal(number("3"))
		gained := make([]decimal.Decimal, 16)
		full := make([]bool, 16)
		var all sync.WaitGroup
		for i := range gained {
			all.Go(func() {
				got, err := s.addLine(t.Context(), made.Visitor, lineOf(41, "", "1"), most, "", nil)
				if err != nil {
					t.Error(err)
				}
				gained[i] = got.Added
				_, err = s.addLine(t.Context(), made.Visitor, lineOf(int64(100+i), "", "1"), decimal.NullDecimal{}, "", nil)
				if full[i] = errors.Is(err, ErrFull); err != nil && !full[i] {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if sum := decimal.Sum(number("0"), gained...); !sum.Equal(number("3")) {
			t.Errorf("%s were added", sum)
		}
		v := look(t, s, made.Cookie)
		at := slices.IndexFunc(v.Cart, func(l Line) bool { return l.Product == 41 })
		if at < 0 || !v.Cart[at].Quantity.Equal(number("3")) || len(v.Cart) != 4 {
			t.Errorf("the cart is %s", cartOf(v))
		}
		refused := len(slices.DeleteFunc(full, func(f bool) bool { return !f }))
		if refused != 14 {
			t.Errorf("%d of 16 found it full", refused)
		}
	})
}

// A visitor who signed in or out since it was read is told so. To take the request
// for a new guest's would put another cookie over the one that the browser has just
// got, and sign it out.
func TestAVisitorWhoIsGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		v := add(t, s, nil, lineOf(41, "", "1")).Visitor
		now, cookie, err := s.Become(t.Context(), v, Customer{ID: "c-1"}, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		for what, do := range map[string]func() error{
			"addLine": func() error {
				_, err := s.addLine(t.Context(), v, lineOf(42, "", "1"), decimal.NullDecimal{}, "k", func(added) []byte { return []byte("{}") })
				return err
			},
			"setLines":    func() error { _, _, err := s.setLines(t.Context(), v, []Line{lineOf(42, "", "1")}); return err },
			"clearCart":   func() error { _, err := s.clearCart(t.Context(), v); return err },
			"Wish":        func() error { _, _, _, err := s.Wish(t.Context(), v, []int64{42}); return err },
			"Unwish":      func() error { _, err := s.Unwish(t.Context(), v, []int64{42}); return err },
			"ClearWishes": func() error { _, err := s.ClearWishes(t.Context(), v); return err },
			"claimKey":    func() error { _, _, err := s.claimKey(t.Context(), v, "k"); return err },
			"answerKey":   func() error { return s.answerKey(t.Context(), v, "k", nil) },
			"for a guest": func() error { _, _, err := s.claimKey(t.Context(), &Visitor{}, "k"); return err },
		} {
			if err := do(); !errors.Is(err, ErrGone) {
				t.Errorf("%s: %v", what, err)
			}
		}
		sameVisitor(t, look(t, s, cookie), now)
		if n := rowsIn(t, db, "visitors"); n != 1 {
			t.Errorf("%d visitors", n)
		}
	})
}
