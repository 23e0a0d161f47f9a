package visitors

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// crowdCookie and crowdRef are those of the visitors that fill makes.
func crowdCookie(i int) string { return fmt.Sprintf("crowd_%026d", i) }
func crowdRef(i int) string    { return fmt.Sprintf("crowd-ref-%012d", i) }

// fill makes many guests, each with lines in the cart, in a few statements.
func fill(t testing.TB, s *Service, guests, lines int) {
	t.Helper()
	ctx, at := context.Background(), store.Micro(s.now())
	err := s.store.Tx(ctx, func(tx *sql.Tx) error {
		for some := range slices.Chunk(numbers(guests), 200) {
			var args []any
			for _, i := range some {
				hash := sha256.Sum256([]byte(crowdCookie(i)))
				args = append(args, hash[:], crowdRef(i), at)
			}
			values := strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(some)), ", ")
			if _, err := tx.ExecContext(ctx, s.store.Rebind("INSERT INTO visitors (cookie, ref, seen_at) VALUES "+values), args...); err != nil {
				return err
			}
		}
		for line := range lines {
			if _, err := tx.ExecContext(ctx, s.store.Rebind(`INSERT INTO visitor_lines (visitor, list, product, size, size_name, quantity, step, minimum, added_at)
				SELECT id, 'cart', ?, 'M', 'size M', '2', '1', '1', ? FROM visitors WHERE ref LIKE 'crowd-ref-%'`), 1000+line, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// Hundreds of visitors do what visitors do, at the same time. Each has numbers of
// its own in all that it leaves, and never meets another's.
func TestACrowdNeverMixes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		const crowd = 300
		s, _ := stateService(t, db, func(o *Options) { o.Now = time.Now })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		var all sync.WaitGroup
		for i := range crowd {
			all.Go(func() {
				if err := visit(t.Context(), s, i); err != nil {
					t.Errorf("visitor %d: %v", i, err)
				}
			})
		}
		all.Wait()
		cancel()
		<-ended
	})
}

// visit is what one of the crowd does; its numbers are 1000*i to 1000*i + 999.
func visit(ctx context.Context, s *Service, i int) error {
	own := int64(1000 * i)
	cookie := ""
	for step, do := range []func(v *Visitor) (*Visitor, string, error){
		func(v *Visitor) (*Visitor, string, error) {
			got, err := s.addLine(ctx, v, lineOf(own+1, "M", "1"), decimal.NullDecimal{}, fmt.Sprint("key-", i), answerOf)
			return got.Visitor, got.Cookie, err
		},
		func(v *Visitor) (*Visitor, string, error) {
			now, cookie, _, err := s.Wish(ctx, v, []int64{own + 2})
			return now, cookie, err
		},
		func(v *Visitor) (*Visitor, string, error) {
			c := Customer{ID: fmt.Sprint("c-", i), Email: fmt.Sprintf("c-%d@shop.example", i)}
			return s.Become(ctx, v, c, "", nil)
		},
		func(v *Visitor) (*Visitor, string, error) { return s.setLines(ctx, v, []Line{lineOf(own+3, "", "3")}) },
	} {
		v, err := s.Of(ctx, cookie)
		if err != nil {
			return err
		}
		s.Saw(v, fmt.Sprint("chat-", i))
		now, other, err := do(v)
		if err != nil {
			return fmt.Errorf("step %d: %w", step, err)
		}
		if other != "" {
			cookie = other
		}
		if err := ownOnly(now, i); err != nil {
			return fmt.Errorf("step %d: %w", step, err)
		}
	}
	v, err := s.Of(ctx, cookie)
	if err != nil {
		return err
	}
	if err := ownOnly(v, i); err != nil {
		return err
	}
	want := fmt.Sprintf("%d-M x 1, %d x 3", own+1, own+3)
	if cartOf(v) != want || wishesOf(v) != fmt.Sprint(own+2) || v.Customer == nil {
		return fmt.Errorf("it has %s and %s", cartOf(v), wishesOf(v))
	}
	if good, err := s.Proven(ctx, s.Proof(v), v.Customer.Email); !good || err != nil {
		return fmt.Errorf("its proof is good: %v, %w", good, err)
	}
	if i%2 == 0 {
		return s.Leave(ctx, v)
	}
	return nil
}

// ownOnly says whether a visitor has only what the one of the crowd has left.
func ownOnly(v *Visitor, i int) error {
	mine := func(product int64) bool { return product/1000 == int64(i) }
	for _, line := range v.Cart {
		if !mine(line.Product) {
			return fmt.Errorf("product %d is in its cart", line.Product)
		}
	}
	for _, wish := range v.Wishes {
		if !mine(wish.Product) {
			return fmt.Errorf("product %d is on its wish list", wish.Product)
		}
	}
	if v.Customer != nil && v.Customer.ID != fmt.Sprint("c-", i) {
		return fmt.Errorf("it is customer %s", v.Customer.ID)
	}
	if v.Oct8ne != "" && v.Oct8ne != fmt.Sprint("chat-", i) {
		return fmt.Errorf("it is in %s", v.Oct8ne)
	}
	return nil
}

// BenchmarkOf looks visitors up among 10,000 with carts of 5 lines, on SQLite.
func BenchmarkOf(b *testing.B) {
	const crowd = 10_000
	db, err := store.Open(b.Context(), storetest.SQLite(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	s, _ := stateService(b, db, nil)
	fill(b, s, crowd, 5)
	cookies := make([]string, crowd)
	for i := range cookies {
		cookies[i] = crowdCookie(i)
	}
	for name, cookie := range map[string]func(i int) string{
		"kept":  func(i int) string { return cookies[i*7919%crowd] },
		"guest": func(int) string { return "" },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				v, err := s.Of(b.Context(), cookie(i))
				if err != nil || len(v.Cart) != 5*min(len(cookie(i)), 1) {
					b.Fatalf("%+v, %v", v, err)
				}
				i++
			}
		})
	}
}
