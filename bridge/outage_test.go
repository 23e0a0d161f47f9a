package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/idosell"
	"octobridge/oct8ne"
)

func withCancel(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

func isUnavailable(err error) bool {
	_, ok := errors.AsType[*oct8ne.Unavailable](err)
	return ok
}

// What was known is shown for the configured hour; after that, and where nothing
// was known, the answer is "unavailable".
func TestOutageOfProducts(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler(mugs(2)...)
	adapter := newAdapter(t, shop, withClock(now))
	questions := map[string]func(request *oct8ne.Request) (int, error){
		"productInfo": func(request *oct8ne.Request) (int, error) {
			infos, err := adapter.ProductInfo(t.Context(), request, []string{"1", "2", "3"})
			return len(infos), err
		},
		"search": func(request *oct8ne.Request) (int, error) {
			found, err := adapter.Search(t.Context(), request, query("kubek", 1, 10))
			return len(found.Results), err
		},
		"productRelated": func(request *oct8ne.Request) (int, error) {
			found, err := adapter.ProductRelated(t.Context(), request, oct8ne.RelatedQuery{ProductID: "1", Page: 1, PageSize: 10})
			return len(found.Results) + 1, err
		},
	}
	expect := func(when string, want int, stale time.Duration) {
		t.Helper()
		for name, ask := range questions {
			request := &oct8ne.Request{}
			if n, err := ask(request); err != nil || n != want {
				t.Errorf("%s, %s: got %d, %v; want %d", when, name, n, err, want)
			}
			if got := staleness(t, request); got != stale {
				t.Errorf("%s, %s: marked %v old, want %v", when, name, got, stale)
			}
		}
	}
	expect("at first", 2, 0)
	shop.change(func(w *wholesaler) { w.failure = io.ErrUnexpectedEOF })
	expect("still fresh", 2, 0)
	now.advance(5 * time.Minute)
	expect("in the outage", 2, 5*time.Minute)
	if infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"4"}); !isUnavailable(err) {
		t.Errorf("a product that was never asked for: got %v, %v; want unavailable", infos, err)
	}
	if found, err := adapter.Search(t.Context(), &oct8ne.Request{}, query("talerz", 1, 10)); !isUnavailable(err) {
		t.Errorf("a search that was never made: got %v, %v; want unavailable", found, err)
	}
	now.advance(56 * time.Minute)
	for name, ask := range questions {
		if n, err := ask(&oct8ne.Request{}); !isUnavailable(err) {
			t.Errorf("after an hour, %s: got %d, %v; want unavailable", name, n, err)
		}
	}
	shop.change(func(w *wholesaler) { w.failure = nil })
	now.advance(2 * time.Second)
	expect("afterwards", 2, 0)
}

// staleness says how old the answer was marked, 0 when it was not. Only Mount
// reads the mark (see TestStaleAnswerOverHTTP), so that a test without HTTP
// has to look inside.
func staleness(t *testing.T, request *oct8ne.Request) time.Duration {
	t.Helper()
	inside := reflect.ValueOf(request).Elem()
	age := time.Duration(inside.FieldByName("staleAge").Int())
	if stale := inside.FieldByName("stale").Bool(); stale != (age != 0) {
		t.Errorf("stale: %t, but %v old", stale, age)
	}
	return age
}

func TestStaleAnswerOverHTTP(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler(mugs(1)...)
	app := fiber.New()
	oct8ne.Mount(app, newAdapter(t, shop, withClock(now)), oct8ne.Options{})
	get := func(id string) (status int, body, warning, age string) {
		t.Helper()
		response, err := app.Test(httptest.NewRequest("GET", "/oct8ne/frame/productSummary?productIds="+id, nil), -1)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(content), response.Header.Get("Warning"), response.Header.Get("Age")
	}
	if status, body, warning, _ := get("1"); status != 200 || !strings.Contains(body, "Kubek 1") || warning != "" {
		t.Errorf("at first: %d %s, warning %q", status, body, warning)
	}
	shop.change(func(w *wholesaler) { w.failure = io.ErrUnexpectedEOF })
	now.advance(90 * time.Second)
	if status, body, warning, age := get("1"); status != 200 || !strings.Contains(body, "Kubek 1") || !strings.HasPrefix(warning, "110") || age != "90" {
		t.Errorf("in the outage: %d %s, warning %q, age %q", status, body, warning, age)
	}
	if status, body, _, _ := get("2"); status != 503 || body != "[]" {
		t.Errorf("of what was never known: %d %s, want 503 and an empty list", status, body)
	}
}

// In an outage the wholesaler is not asked again for every visitor.
func TestOutageIsNotMadeWorse(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler(mugs(1)...)
	adapter := newAdapter(t, shop, withClock(now))
	ask := func() {
		t.Helper()
		if infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"1"}); err != nil || len(infos) != 1 {
			t.Fatalf("got %v, %v", infos, err)
		}
	}
	ask()
	shop.change(func(w *wholesaler) { w.failure = io.ErrUnexpectedEOF })
	now.advance(2 * time.Minute)
	for range 100 {
		ask()
	}
	if n := len(shop.productCalls()); n != 2 {
		t.Errorf("%d calls, want two: one at first, one that failed", n)
	}
	now.advance(2 * time.Second)
	ask()
	if n := len(shop.productCalls()); n != 3 {
		t.Errorf("%d calls, want three", n)
	}
}

// A wholesaler that does not answer at all keeps nobody waiting who can be
// answered from what is known, and the late answer is used all the same.
func TestSlowWholesaler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := newClock()
		shop := newWholesaler(mugs(1)...)
		adapter := newAdapter(t, shop, withClock(now))
		ask := func(id string) (int, time.Duration, time.Duration, error) {
			request, begin := &oct8ne.Request{}, time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			infos, err := adapter.ProductInfo(ctx, request, []string{id})
			age := staleness(t, request)
			return len(infos), age, time.Since(begin), err
		}
		if n, _, _, err := ask("1"); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		shop.change(func(w *wholesaler) { w.wait = make(chan struct{}) })
		now.advance(10 * time.Minute)
		if n, age, took, err := ask("1"); n != 1 || err != nil || age != 10*time.Minute || took != 2*time.Second {
			t.Errorf("got %d products, %v old, after %v, %v; want 1, 10 minutes old, after 2 s", n, age, took, err)
		}
		if n, _, took, err := ask("2"); n != 0 || !isUnavailable(err) || took != 5*time.Second {
			t.Errorf("got %d products after %v, %v; want unavailable at the deadline", n, took, err)
		}
		close(shop.wait)
		synctest.Wait()
		calls := len(shop.productCalls())
		if n, age, took, err := ask("1"); n != 1 || err != nil || age != 0 || took != 0 || len(shop.productCalls()) != calls {
			t.Errorf("the late answer was not used: %d products, %v old, after %v, %v", n, age, took, err)
		}
	})
}

// With one product known and another not, a wholesaler who did not answer made the
// visitor wait until the deadline and get nothing at all. What is known is
// answered in time, and marked as stale even where it is fresh: some is missing.
func TestSlowWholesalerAndPartOfTheProductsKnown(t *testing.T) {
	t.Parallel()
	for _, old := range []time.Duration{0, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			now := newClock()
			shop := newWholesaler(mugs(2)...)
			adapter := newAdapter(t, shop, withClock(now))
			if infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"1"}); len(infos) != 1 || err != nil {
				t.Fatal(infos, err)
			}
			shop.change(func(w *wholesaler) { w.wait = make(chan struct{}) })
			now.advance(old)
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			defer cancel()
			request, begin := &oct8ne.Request{}, time.Now()
			infos, err := adapter.ProductInfo(ctx, request, []string{"2", "1"})
			if err != nil || !slices.Equal(ids(infos), []string{"1"}) || time.Since(begin) != 4*time.Second {
				t.Errorf("got %v, %v after %v; want the known one after 4 s", ids(infos), err, time.Since(begin))
			}
			if age := staleness(t, request); age < old || age == 0 {
				t.Errorf("the answer is not marked as stale: %v", age)
			}
			close(shop.wait)
		})
	}
}

// "Nothing found" for products that were there a moment ago is doubted: others
// that are known are asked for, too, and only if those come back is it believed.
func TestEmptyAnswerIsNoEmptyCatalogue(t *testing.T) {
	t.Parallel()
	now := newClock()
	var log bytes.Buffer
	shop := newWholesaler(mugs(5)...)
	adapter := newAdapter(t, shop, withClock(now), withLog(&log))
	look := func(want int, stale time.Duration, ids ...string) {
		t.Helper()
		request := &oct8ne.Request{}
		infos, err := adapter.ProductInfo(t.Context(), request, ids)
		if err != nil || len(infos) != want {
			t.Errorf("%v: got %d products, %v; want %d", ids, len(infos), err, want)
		}
		if got := staleness(t, request); got != stale {
			t.Errorf("%v: marked %v old, want %v", ids, got, stale)
		}
	}
	everything := func(want int, stale time.Duration) {
		t.Helper()
		request := &oct8ne.Request{}
		found, err := adapter.Search(t.Context(), request, query("", 1, 10))
		if err != nil || len(found.Results) != want || found.Total != want {
			t.Errorf("found %d of %d, %v; want %d", len(found.Results), found.Total, err, want)
		}
		if got := staleness(t, request); got != stale {
			t.Errorf("the search is marked %v old, want %v", got, stale)
		}
	}
	everything(5, 0)

	shop.change(func(w *wholesaler) { w.emptied = true })
	now.advance(2 * time.Minute)
	look(1, 2*time.Minute, "1")
	now.advance(10 * time.Second)
	look(2, 130*time.Second, "2", "3")
	now.advance(10 * time.Second)
	everything(5, 140*time.Second)
	if !strings.Contains(log.String(), "no products at all") {
		t.Errorf("the operator is not told: %s", &log)
	}

	// One product that is really gone goes at once.
	shop.change(func(w *wholesaler) { w.emptied = false; w.products = w.products[1:] })
	now.advance(10 * time.Second)
	before := len(shop.productCalls())
	look(0, 0, "1")
	if n := len(shop.productCalls()) - before; n != 2 {
		t.Errorf("%d calls, want two: the doubt costs one", n)
	}
	look(0, 0, "1")
	everything(4, 0)
	if n := len(shop.productCalls()) - before; n != 3 {
		t.Errorf("%d calls, want three", n)
	}
}

func TestSearchThatIgnoresIDs(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	adapter := newAdapter(t, ignoresIDs{newWholesaler(mugs(3)...)}, withLog(&log))
	infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"8"})
	if err != nil || len(infos) != 0 {
		t.Errorf("got %v, %v; want nothing", infos, err)
	}
	if !strings.Contains(log.String(), "ignore product ids") {
		t.Errorf("the operator is not told: %s", &log)
	}
}

// A panic in a call ends as an error, not as the end of the service.
func TestPanicInACall(t *testing.T) {
	t.Parallel()
	shop := newWholesaler()
	shop.others = nil // counting a call panics
	adapter := newAdapter(t, shop)
	cart, err := adapter.Cart(t.Context(), &oct8ne.Request{})
	if err != nil || cart.Currency != "" {
		t.Errorf("got %+v, %v", cart, err)
	}
}

func TestClosedAdapterIsUnavailable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shop := newWholesaler(mugs(1)...)
		shop.wait = make(chan struct{})
		adapter := newAdapter(t, shop)
		waiting := make(chan error)
		go func() {
			_, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"1"})
			waiting <- err
		}()
		synctest.Wait()
		adapter.Close()
		if err := <-waiting; !isUnavailable(err) {
			t.Errorf("got %v, want unavailable", err)
		}
		if _, err := adapter.Search(t.Context(), &oct8ne.Request{}, query("", 1, 1)); !isUnavailable(err) {
			t.Errorf("got %v, want unavailable", err)
		}
	})
}

// ignoresIDs is a wholesaler whose search ignores the filter by id.
type ignoresIDs struct{ *wholesaler }

func (w ignoresIDs) SearchProductsPage(ctx context.Context, query idosell.ProductQuery, page, size int) (idosell.Page[idosell.Product], error) {
	query.IDs = nil
	return w.wholesaler.SearchProductsPage(ctx, query, page, size)
}
