package visitors

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func flush(t testing.TB, s *Service) {
	t.Helper()
	if err := s.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// writes counts how often the rows of visitors are written while do runs: by the
// database itself, with a trigger.
func writes(t *testing.T, db *store.Store, do func()) (n int) {
	t.Helper()
	for _, statement := range map[bool][]string{
		false: {
			"CREATE TABLE IF NOT EXISTS writes (n BIGINT)", "DELETE FROM writes",
			"CREATE TRIGGER IF NOT EXISTS count_writes AFTER UPDATE ON visitors BEGIN INSERT INTO writes VALUES (1); END",
		},
		true: {
			"CREATE TABLE IF NOT EXISTS writes (n BIGINT)", "DELETE FROM writes",
			"CREATE OR REPLACE FUNCTION count_write() RETURNS trigger AS $$ BEGIN INSERT INTO writes VALUES (1); RETURN NEW; END $$ LANGUAGE plpgsql",
			"CREATE OR REPLACE TRIGGER count_writes AFTER UPDATE ON visitors FOR EACH ROW EXECUTE FUNCTION count_write()",
		},
	}[db.Postgres()] {
		if _, err := db.DB().Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	do()
	return rowsIn(t, db, "writes")
}

func TestSeenOnceAMinute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		v, cookie, err := s.SeeGuest(t.Context(), "chat-1")
		if err != nil || cookie == "" || v.Oct8ne != "chat-1" {
			t.Fatalf("%+v, %v", v, err)
		}
		sameVisitor(t, look(t, s, cookie), v)
		start := clock.now()
		// A request every five seconds for five minutes, flushed every ten.
		n := writes(t, db, func() {
			for i := range 60 {
				clock.move(5 * time.Second)
				s.Saw(look(t, s, cookie), "chat-1")
				if i%2 == 1 {
					flush(t, s)
				}
			}
		})
		if n != 5 {
			t.Errorf("written %d times in five minutes", n)
		}
		if got := look(t, s, cookie).Seen; got.Before(start.Add(4*time.Minute)) || got.After(clock.now()) {
			t.Errorf("seen at %v", got)
		}

		// Many requests with an old snapshot are one write as well.
		stale := look(t, s, cookie)
		clock.move(2 * time.Minute)
		n = writes(t, db, func() {
			for range 10 {
				s.Saw(stale, "chat-1")
				flush(t, s)
				clock.move(time.Second)
			}
		})
		if n != 1 {
			t.Errorf("written %d times", n)
		}

		// Another value is written at once, and the last one counts.
		n = writes(t, db, func() {
			s.Saw(stale, "chat-2")
			s.Saw(stale, "chat-3")
			flush(t, s)
			flush(t, s)
		})
		if v := look(t, s, cookie); n != 1 || v.Oct8ne != "chat-3" || !v.Seen.Equal(clock.now()) {
			t.Errorf("written %d times: %+v", n, v)
		}
		s.Saw(look(t, s, cookie), "")
		flush(t, s)
		if v := look(t, s, cookie); v.Oct8ne != "" {
			t.Errorf("after the chat: %+v", v)
		}
		for _, value := range []string{strings.Repeat("x", 201), "two\nlines", "zażółć", "\x00"} {
			s.Saw(look(t, s, cookie), value)
			flush(t, s)
			if v := look(t, s, cookie); v.Oct8ne != "" {
				t.Errorf("%q is taken", value)
			}
		}
	})
}

// What is written late does not undo what was written since.
func TestAnOldSightingIsNotWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		other, _ := stateService(t, db, func(o *Options) { o.Now = clock.now })
		v, cookie, err := s.SeeGuest(t.Context(), "chat-1")
		if err != nil {
			t.Fatal(err)
		}
		clock.move(time.Second)
		s.Saw(v, "chat-2")
		clock.move(time.Second)
		other.Saw(v, "chat-3")
		flush(t, other)
		flush(t, s)
		if now := look(t, s, cookie); now.Oct8ne != "chat-3" || !now.Seen.Equal(clock.now()) {
			t.Errorf("%+v", now)
		}
	})
}

func TestSightingsInBatches(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		const crowd = 2*flushBatch + 50
		s, clock := stateService(t, db, nil)
		fill(t, s, crowd, 1)
		clock.move(time.Hour)
		before := s.Queries()
		for i := range crowd {
			s.Saw(&Visitor{Ref: crowdRef(i)}, fmt.Sprint("chat-", i))
		}
		if s.Queries() != before {
			t.Error("to see a visitor asks the database")
		}
		flush(t, s)
		if n := s.Queries() - before; n != 3 {
			t.Errorf("%d statements for %d visitors", n, crowd)
		}
		for _, i := range []int{0, flushBatch, crowd - 1} {
			if v := look(t, s, crowdCookie(i)); v.Oct8ne != fmt.Sprint("chat-", i) || !v.Seen.Equal(clock.now()) {
				t.Errorf("%+v", v)
			}
		}
	})
}

func TestSightingsAreBounded(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var log bytes.Buffer
	s, _ := stateService(t, db, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	for i := range maxSightings + 1000 {
		s.Saw(&Visitor{Ref: fmt.Sprint("ref-", i)}, "chat")
	}
	if n := len(s.seen.pending); n != maxSightings {
		t.Errorf("%d wait", n)
	}
	s.Saw(&Visitor{Ref: "ref-7"}, "another") // one that waits already is no more
	if seen, _ := s.noted("ref-7"); seen.oct8ne != "another" {
		t.Errorf("%+v", seen)
	}
	flush(t, s)
	if n := len(s.seen.pending); n != 0 || !strings.Contains(log.String(), "visits_passed_over=1000") {
		t.Errorf("%d wait; the log: %s", n, log.String())
	}
}

// What could not be written waits for the next time, and counts meanwhile.
func TestSightingsThatCannotBeWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		v, cookie := become(t, s, nil, ada, "", nil)
		clock.move(time.Second)
		s.Saw(v, "chat-1")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.flush(ctx); err == nil {
			t.Error("written with a context that has ended")
		}
		if live, err := s.LiveCustomers(t.Context(), []string{ada.OneCustomerID}); !slices.Equal(live, []string{"chat-1"}) || err != nil {
			t.Errorf("%v, %v", live, err)
		}
		flush(t, s)
		if v := look(t, s, cookie); v.Oct8ne != "chat-1" {
			t.Errorf("%+v", v)
		}
	})
}

// Run writes what is left when it ends.
func TestRunWritesAtTheEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		v, cookie, err := s.SeeGuest(t.Context(), "chat-1")
		if err != nil {
			t.Fatal(err)
		}
		clock.move(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		s.Saw(v, "chat-2")
		cancel()
		<-ended
		if v := look(t, s, cookie); v.Oct8ne != "chat-2" || !v.Seen.Equal(clock.now()) {
			t.Errorf("%+v", v)
		}
	})
}

func TestLiveCustomers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		here := func(c Customer, value string) (cookie string) {
			t.Helper()
			v, cookie := become(t, s, nil, c, "", nil)
			s.Saw(v, value)
			return cookie
		}
		here(ada, "chat-old")
		flush(t, s)
		clock.move(liveFor + time.Second)
		desk := here(ada, "chat-desk")
		here(ada, "chat-phone")
		here(ada, "chat-phone") // two cookies of one browser
		here(ada, "")           // in no chat
		flush(t, s)
		atONe := bela
		atONe.OneCustomerID = "ind:7"
		here(atONe, "chat-bela") // not written yet
		here(carl, "chat-carl")
		here(Customer{ID: "900", Email: "x@shop.example"}, "chat-900")
		if _, _, err := s.SeeGuest(t.Context(), "chat-guest"); err != nil {
			t.Fatal(err)
		}
		ask := func(want string, ids ...string) {
			t.Helper()
			got, err := s.LiveCustomers(t.Context(), ids)
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("%.40q: %q, %v", ids, got, err)
			}
		}
		// The shop has a customer 900 of its own, who heard of what ada did at ONe.
		ask("chat-desk chat-phone", "900")
		ask("", "c-1")
		ask("chat-carl", "carl") // signed in at the wholesaler's
		ask("chat-bela", "ind:7", "ind:7")
		ask("chat-bela chat-desk chat-phone", "ind:7", "nobody", "900")
		ask("")
		ask("", "")
		ask("", "nobody", "\x00", "\xff", "' OR 1=1 --")
		many := make([]string, 3*maxAsked)
		for i := range many {
			many[i] = fmt.Sprint("id-", i)
		}
		ask("chat-bela chat-desk chat-phone", append(many, "900", "ind:7")...)

		// What was seen and is not written counts: the chat is over, or another one.
		clock.move(time.Second)
		s.Saw(look(t, s, desk), "")
		ask("chat-phone", "900")
		s.Saw(look(t, s, desk), "chat-desk-2")
		ask("chat-desk-2 chat-phone", "900")
		flush(t, s)
		ask("chat-desk-2 chat-phone", "900")
		clock.move(liveFor)
		ask("chat-desk-2", "900") // to the second
		clock.move(time.Second)
		ask("", "900")
		s.Saw(look(t, s, desk), "chat-desk-2")
		ask("chat-desk-2", "900")
	})
}

func TestCustomerByEmail(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		first, _ := become(t, s, nil, carl, "", nil)
		clock.move(time.Minute)
		second, _ := become(t, s, nil, carl, "", nil)
		clock.move(time.Minute)
		shop := carl
		shop.Wholesaler = false
		become(t, s, nil, shop, "", nil)
		ask := func(email string, want ...string) {
			t.Helper()
			if got, err := s.CustomerByEmail(t.Context(), email); err != nil || !slices.Equal(got, want) {
				t.Errorf("%q: %v, not %v; %v", email, got, want, err)
			}
		}
		ask("Carl@FIRM.example", second.Ref, first.Ref)
		ask("carl@firm.exampl")
		ask("")
		ask("\xff\x00")
		s.Saw(first, "chat")
		ask("carl@firm.example", first.Ref, second.Ref)
		if err := s.Leave(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		ask("carl@firm.example", second.Ref)
		clock.move(defaultKeep)
		ask("carl@firm.example")
	})
}

// Run writes while it runs, too: what was seen is in the store ten seconds later.
func TestRunWritesEveryTenSeconds(t *testing.T) {
	where := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), where)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		s, _ := stateService(t, db, func(o *Options) { o.Now, o.Keep = time.Now, time.Hour })
		v, cookie, err := s.SeeGuest(t.Context(), "chat-1")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		s.Saw(v, "chat-2")
		time.Sleep(flushEvery - time.Second)
		if v := look(t, s, cookie); v.Oct8ne != "chat-1" {
			t.Errorf("written before it was due: %+v", v)
		}
		time.Sleep(2 * time.Second)
		if v := look(t, s, cookie); v.Oct8ne != "chat-2" {
			t.Errorf("not written: %+v", v)
		}
		time.Sleep(time.Hour + sweepEvery)
		if n := rowsIn(t, db, "visitors"); n != 0 {
			t.Errorf("%d visitors have not been deleted", n)
		}
		cancel()
		<-ended
	})
}
