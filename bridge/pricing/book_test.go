package pricing_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/robfig/cron/v3"

	"octobridge/bridge/pricing"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// bank answers in the place of api.nbp.pl.
type bank struct {
	mutex  sync.Mutex
	status int
	kind   string
	body   string
	asked  []string
}

func (b *bank) answer(status int, kind, body string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.status, b.kind, b.body = status, kind, body
}

func (b *bank) table(body string) { b.answer(200, "application/json; charset=utf-8", body) }

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.asked = append(b.asked, r.Method+" "+r.URL.String())
	if b.status >= 300 && b.status <= 399 {
		w.Header().Set("Location", "/elsewhere")
	}
	w.Header().Set("Content-Type", b.kind)
	w.WriteHeader(b.status)
	_, _ = io.WriteString(w, b.body)
}

// alerts remembers what the operator is told.
type alerts struct {
	mutex sync.Mutex
	told  []string
}

func (a *alerts) Raise(_ context.Context, key, _ string) { a.tell("raise " + key) }
func (a *alerts) Over(_ context.Context, key string)     { a.tell("over " + key) }

func (a *alerts) tell(text string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.told = append(a.told, text)
}

func (a *alerts) list() string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return strings.Join(a.told, ", ")
}

// desk is a book with all that is around it.
type desk struct {
	*pricing.Book
	bank   *bank
	alerts *alerts
	log    *bytes.Buffer // read only while nothing is written
	now    time.Time
}

// openDesk opens a book on a Friday, at half past noon in Warsaw.
func openDesk(t *testing.T, s *store.Store) *desk {
	t.Helper()
	d := &desk{bank: &bank{}, alerts: &alerts{}, log: &bytes.Buffer{}, now: time.Date(2026, 11, 20, 11, 30, 0, 0, time.UTC)}
	d.bank.table(tableA)
	server := httptest.NewServer(d.bank)
	t.Cleanup(server.Close)
	d.Book = openBook(t, s, server.URL, d)
	return d
}

func openBook(t *testing.T, s *store.Store, address string, d *desk) *pricing.Book {
	t.Helper()
	book, err := pricing.NewBook(t.Context(), pricing.BookOptions{
		Store: s, From: pricing.FromNBP, NBPURL: address, Alerts: d.alerts,
		Clock: func() time.Time { return d.now }, Logger: slog.New(slog.NewTextHandler(d.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(book.Close)
	return book
}

func (d *desk) mustUpdate(t *testing.T) {
	t.Helper()
	if err := d.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRatesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := openDesk(t, s)
		if d.Rates() != nil || len(d.bank.asked) != 0 {
			t.Fatalf("before the first update: %s, asked %v", d.Rates(), d.bank.asked)
		}
		other := openBook(t, s, "http://127.0.0.1:1", &desk{alerts: &alerts{}, log: &bytes.Buffer{}, now: d.now})
		d.mustUpdate(t)
		if want := "GET /api/exchangerates/tables/A?format=json"; len(d.bank.asked) != 1 || d.bank.asked[0] != want {
			t.Errorf("asked %q, want %s", d.bank.asked, want)
		}
		if d.Rates().Table() != "226/A/NBP/2026" {
			t.Errorf("rates are of %s", d.Rates())
		}
		if other.Rates() != nil {
			t.Error("another instance has rates that it did not load")
		}
		if err := other.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := other.Rates(); got.Version() != d.Rates().Version() || got.String() != d.Rates().String() || strings.Join(got.Currencies(), " ") != strings.Join(d.Rates().Currencies(), " ") {
			t.Errorf("another instance loads %s, not %s", got, d.Rates())
		}
		if got, ok := other.Rates().Convert(10_000_000, "IDR", "EUR"); !ok || got != 540 { // 22.981 / 4.2567 = 5.3988
			t.Errorf("what was kept converts to %d, %v", got, ok)
		}
		before := other.Rates()
		if err := other.Load(t.Context()); err != nil || other.Rates() != before {
			t.Errorf("what has not changed was loaded anew: %v", err)
		}

		// A process without a network begins with what was kept.
		again := openBook(t, s, "http://127.0.0.1:1", &desk{alerts: &alerts{}, log: &bytes.Buffer{}, now: d.now})
		if again.Rates().Version() != d.Rates().Version() {
			t.Errorf("after a start: %s", again.Rates())
		}
		var failure *pricing.UpdateError
		if err := again.Update(t.Context()); !errors.As(err, &failure) || !failure.Again.Equal(d.now.Add(5*time.Minute)) {
			t.Errorf("without a network: %v", err)
		}
		if again.Rates().Version() != d.Rates().Version() {
			t.Errorf("after a failure: %s", again.Rates())
		}
	})
}

func TestWhichTableStays(t *testing.T) {
	d := openDesk(t, openSQLite(t))
	d.mustUpdate(t)
	first := d.Rates().Version()
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(tableA) }

	d.bank.table(change("226/A", "225/A", "2026-11-20", "2026-11-19", "4.2567", "4.2222"))
	d.mustUpdate(t)
	if d.Rates().Version() != first {
		t.Errorf("an older table replaced a newer one: %s", d.Rates())
	}
	d.bank.table(change("4.2567", "4.2568"))
	d.mustUpdate(t)
	corrected := d.Rates().Version()
	if corrected == first {
		t.Error("a corrected table of the same day is not used")
	}
	d.bank.answer(404, "text/plain", "404 NotFound - Not Found - Brak danych")
	d.mustUpdate(t)
	if d.Rates().Version() != corrected {
		t.Errorf("without a table: %s", d.Rates())
	}
	d.now = d.now.AddDate(0, 0, 3)
	d.bank.table(change("226/A", "227/A", "2026-11-20", "2026-11-23"))
	d.mustUpdate(t)
	if d.Rates().Table() != "227/A/NBP/2026" {
		t.Errorf("a newer table is not used: %s", d.Rates())
	}
}

func TestFailuresLeaveTheRates(t *testing.T) {
	d := openDesk(t, openSQLite(t))
	d.mustUpdate(t)
	version := d.Rates().Version()
	json := "application/json; charset=utf-8"
	for name, test := range map[string]struct {
		status           int
		kind, body, want string
	}{
		"an error":      {500, "text/html", "<h1>secret stack</h1>", "500 Internal Server Error"},
		"too many":      {429, "text/plain", "", "429"},
		"a redirect":    {302, "text/plain", "", "302"},
		"no content":    {204, json, "", "204"},
		"a login page":  {200, "text/html; charset=utf-8", tableA, "something else than JSON"},
		"no type":       {200, "-", tableA, "something else than JSON"},
		"garbage":       {200, json, "\x00\xff", "no JSON"},
		"wrong codes":   {200, json, strings.Replace(tableA, "EUR", "€", 1), "no currency"},
		"negative mids": {200, json, strings.Replace(tableA, "4.2567", "-4.2567", 1), "no rate"},
		"huge":          {200, json, tableA + strings.Repeat(" ", 2<<20), "larger than"},
		"a leap up":     {200, json, strings.Replace(tableA, "4.2567", "8.5135", 1), "more than twice"},
		"a leap down":   {200, json, strings.Replace(tableA, "4.2567", "2.1283", 1), "more than twice"},
		"the future":    {200, json, strings.Replace(tableA, "2026-11-20", "2026-11-22", 1), "yet to come"},
	} {
		t.Run(name, func(t *testing.T) {
			d.bank.answer(test.status, test.kind, test.body)
			err := d.Update(t.Context())
			var failure *pricing.UpdateError
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want an update error with %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "secret stack")) {
				t.Errorf("the error repeats what it should not: %v", err)
			}
			if d.Rates().Version() != version {
				t.Errorf("the rates are now %s", d.Rates())
			}
		})
	}
	if got := d.alerts.list(); got != "over "+pricing.StaleAlert {
		t.Errorf("of rates that are fresh the operator is told: %s", got)
	}
}

func TestWhenToAskAgain(t *testing.T) {
	d := openDesk(t, openSQLite(t))
	d.bank.answer(500, "text/plain", "")
	for _, minutes := range []int{5, 10, 20, 40, 80, 120, 120, 120, 120, 120, 120, 120} {
		var failure *pricing.UpdateError
		if err := d.Update(t.Context()); !errors.As(err, &failure) || !failure.Again.Equal(d.now.Add(time.Duration(minutes)*time.Minute)) {
			t.Fatalf("%v, want another try in %d minutes", err, minutes)
		}
	}
	d.bank.table(tableA)
	d.mustUpdate(t)
	d.bank.answer(500, "text/plain", "")
	var failure *pricing.UpdateError
	if err := d.Update(t.Context()); !errors.As(err, &failure) || !failure.Again.Equal(d.now.Add(5*time.Minute)) {
		t.Errorf("after a success: %v", err)
	}
}

func TestNoTableAndNoneBefore(t *testing.T) {
	d := openDesk(t, openSQLite(t))
	d.bank.answer(404, "text/plain", "")
	if err := d.Update(t.Context()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("without any rates: %v", err)
	}
	if stale, since := d.Stale(); !stale || !since.IsZero() {
		t.Errorf("stale %v since %s", stale, since)
	}
	if got := d.alerts.list(); got != "raise "+pricing.StaleAlert {
		t.Errorf("the operator is told: %s", got)
	}
	d.bank.table(tableA)
	d.mustUpdate(t)
	if got := d.alerts.list(); got != "raise "+pricing.StaleAlert+", over "+pricing.StaleAlert {
		t.Errorf("then: %s", got)
	}
}

func TestStaleRatesAreUsedWithAWarning(t *testing.T) {
	s := openSQLite(t)
	d := openDesk(t, s)
	d.mustUpdate(t)
	d.bank.answer(500, "text/plain", "")
	// The table is Friday's, so its day ends at 23:00 UTC, and four more on Tuesday.
	ends := time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC)
	warnings := func() int { return strings.Count(d.log.String(), "level=WARN") }

	d.now = ends.Add(-time.Second)
	_ = d.Update(t.Context())
	if stale, since := d.Stale(); stale || !since.IsZero() || warnings() != 0 {
		t.Errorf("on Tuesday evening: stale %v since %s, %d warnings", stale, since, warnings())
	}
	d.now = ends
	if err := d.Load(t.Context()); err != nil || warnings() != 0 {
		t.Errorf("before it was tried to get newer ones: %v, %d warnings", err, warnings())
	}
	_ = d.Update(t.Context())
	if stale, since := d.Stale(); !stale || !since.Equal(ends) || warnings() != 1 {
		t.Errorf("on Wednesday: stale %v since %s, %d warnings", stale, since, warnings())
	}
	if _, ok := d.Rates().Convert(100, "EUR", "PLN"); !ok {
		t.Error("stale rates are not used")
	}
	d.now = ends.Add(24*time.Hour - time.Second)
	_ = d.Update(t.Context())
	if warnings() != 1 {
		t.Errorf("within a day: %d warnings", warnings())
	}
	d.now = ends.Add(24 * time.Hour)
	_ = d.Update(t.Context())
	if warnings() != 2 {
		t.Errorf("a day later: %d warnings", warnings())
	}

	// After a while without, even a leap is believed.
	d.bank.table(strings.NewReplacer("226/A", "229/A", "2026-11-20", "2026-11-25", "4.2567", "9.9999").Replace(tableA))
	d.mustUpdate(t)
	if stale, _ := d.Stale(); stale || d.Rates().Table() != "229/A/NBP/2026" {
		t.Errorf("stale %v with %s", stale, d.Rates())
	}
	over, raise := "over "+pricing.StaleAlert, "raise "+pricing.StaleAlert
	if got, want := d.alerts.list(), strings.Join([]string{over, raise, raise, over}, ", "); got != want {
		t.Errorf("the operator is told: %s; want %s", got, want)
	}
}

func TestAKeptRowThatIsDamaged(t *testing.T) {
	s := openSQLite(t)
	d := openDesk(t, s)
	d.mustUpdate(t)
	version := d.Rates().Version()
	if _, err := s.DB().ExecContext(t.Context(), `UPDATE pricing_rates SET rates = '{"EUR":"-4"}'`); err != nil {
		t.Fatal(err)
	}
	if err := d.Load(t.Context()); err != nil || d.Rates().Version() != version {
		t.Errorf("%v, rates %s", err, d.Rates())
	}
	after := &desk{alerts: &alerts{}, log: &bytes.Buffer{}, now: d.now}
	book := openBook(t, s, "http://127.0.0.1:1", after)
	for range 3 {
		if err := book.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if book.Rates() != nil || strings.Count(after.log.String(), "cannot be read") != 1 {
		t.Errorf("after a start: %s, log %s", book.Rates(), after.log)
	}
	d.mustUpdate(t)
	if err := book.Load(t.Context()); err != nil || book.Rates().Version() != version {
		t.Errorf("after an update: %v, %s", err, book.Rates())
	}
}

// A bank that never answers is given up.
func TestASlowBank(t *testing.T) {
	s := openSQLite(t)
	synctest.Test(t, func(t *testing.T) {
		book, err := pricing.NewBook(context.Background(), pricing.BookOptions{
			Store: s, From: pricing.FromNBP, NBPURL: "https://bank.example", Transport: silence{},
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err = book.Update(context.Background()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want that it took too long", err)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %s", took)
		}
		book.Close()
	})
}

type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestManyUseABookAtOnce(t *testing.T) {
	d := openDesk(t, openSQLite(t))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 5 {
				if i == 0 {
					if err := d.Update(t.Context()); err != nil {
						t.Error(err)
					}
				}
				if err := d.Load(t.Context()); err != nil {
					t.Error(err)
				}
				_, _ = d.Rates().Convert(100, "EUR", "PLN")
				_, _ = d.Stale()
			}
		})
	}
	group.Wait()
	if d.Rates().Table() != "226/A/NBP/2026" {
		t.Errorf("rates of %s", d.Rates())
	}
}

func TestBooksWithoutTheBank(t *testing.T) {
	none, err := pricing.NewBook(t.Context(), pricing.BookOptions{From: pricing.FromNone})
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := pricing.NewBook(t.Context(), pricing.BookOptions{From: pricing.FromFixed, Fixed: []string{"EUR=4.2567"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, book := range map[string]*pricing.Book{"none": none, "fixed": fixed} {
		if err := errors.Join(book.Update(t.Context()), book.Load(t.Context())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if stale, _ := book.Stale(); stale {
			t.Errorf("%s: stale", name)
		}
		book.Close()
	}
	if none.Rates() != nil {
		t.Errorf("none: %s", none.Rates())
	}
	if got, ok := fixed.Rates().Convert(1000, "EUR", "PLN"); !ok || got != 4257 {
		t.Errorf("fixed: %d, %v", got, ok)
	}
	for name, test := range map[string]struct {
		options pricing.BookOptions
		want    string
	}{
		"from nowhere": {pricing.BookOptions{}, "none, nbp or fixed"},
		"no rates":     {pricing.BookOptions{From: pricing.FromFixed}, "pricing.rates"},
		"no store":     {pricing.BookOptions{From: pricing.FromNBP, NBPURL: "https://api.nbp.pl"}, "store"},
		"no address":   {pricing.BookOptions{From: pricing.FromNBP, Store: openSQLite(t)}, "pricing.nbp_url"},
	} {
		if _, err := pricing.NewBook(t.Context(), test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestSchedule(t *testing.T) {
	schedule, err := cron.ParseStandard(pricing.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC) // a Friday
	for _, want := range []string{"2026-11-20T11:20", "2026-11-20T12:20", "2026-11-20T15:20", "2026-11-23T11:20"} {
		if at = schedule.Next(at).UTC(); !at.Equal(timeOf(t, want)) {
			t.Errorf("next at %s, want %s", at, want)
		}
	}
}

func openSQLite(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
