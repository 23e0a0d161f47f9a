package orders_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
)

const day = 24 * time.Hour

func TestFollowingCostsACallForEachHundred(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		for n := range 250 {
			id := fmt.Sprintf("demoshop-%d", n)
			tr.order(fmt.Sprintf("SH-%d", n), id, 0, time.Hour)
			tr.list.has(id, fmt.Sprintf("SH-%d", n), idosell.StatusPacked)
		}
		tr.follow()
		asked := map[string]int{}
		for _, query := range tr.list.queries {
			if len(query.IDs) > 100 {
				t.Errorf("%d ids in one call", len(query.IDs))
			}
			for _, id := range query.IDs {
				asked[id]++
			}
		}
		same(t, "calls", tr.list.calls(), 3)
		same(t, "orders asked for", len(asked), 250)
		same(t, "orders with news", tr.number("SELECT count(*) FROM orders WHERE supplier_status = 'packed'"), 250)
		tr.follow()
		tr.advance(9 * time.Minute)
		tr.follow()
		same(t, "calls while nothing is due", tr.list.calls(), 0)
		tr.advance(time.Minute)
		tr.follow()
		same(t, "calls when all are due again", tr.list.calls(), 3)
	})
}

func TestOrdersAreLookedAtLessOftenAsTheyAge(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	for n, c := range []struct{ age, pause time.Duration }{
		{2 * time.Minute, 10 * time.Minute},
		{day - time.Minute, 10 * time.Minute},
		{day, time.Hour},
		{3*day - time.Minute, time.Hour},
		{3 * day, 6 * time.Hour},
		{14*day - time.Minute, 6 * time.Hour},
		{14 * day, day},
		{60*day - time.Hour, time.Hour}, // its time ends before the next day does
		{60 * day, -1},
	} {
		supplier := fmt.Sprintf("demoshop-%d", n)
		id := tr.order(supplier, supplier, 0, c.age)
		tr.list.has(supplier, supplier, idosell.StatusOnOrder)
		tr.look()
		same(t, fmt.Sprintf("pause at the age of %s", c.age), tr.pause(id), c.pause)
	}
	lapsed := tr.get("demoshop-8")
	same(t, "progress of the oldest", lapsed.Progress, orders.NotFollowedAnyLonger)
	if line := tr.timeline(lapsed.ID); !strings.Contains(line, "not followed any longer") {
		t.Errorf("the timeline does not say that it lapsed:\n%s", line)
	}
	same(t, "told", tr.wasTold(), []string{})
}

func TestWhatTheWholesalersWordsMean(t *testing.T) {
	t.Parallel()
	past := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(*idosell.Order)
		want   orders.Progress
		told   []string
	}{
		"new":                    {func(o *idosell.Order) { o.Status = "new" }, orders.InPreparation, nil},
		"ready":                  {func(o *idosell.Order) { o.Status = "ready" }, orders.InPreparation, nil},
		"goods lacking":          {func(o *idosell.Order) { o.Status = "missing" }, orders.InPreparation, nil},
		"merged":                 {func(o *idosell.Order) { o.Status = "joined" }, orders.InPreparation, nil},
		"a word of its own":      {func(o *idosell.Order) { o.Status = "u kierowcy" }, orders.InPreparation, nil},
		"no status, nothing":     {func(o *idosell.Order) { o.Status = "" }, orders.InPreparation, nil},
		"finished":               {func(o *idosell.Order) { o.Status = "finished" }, orders.Dispatched, []string{"SH-1 order.dispatched []"}},
		"finished elsewhere":     {func(o *idosell.Order) { o.Status = "finished_ext" }, orders.Dispatched, []string{"SH-1 order.dispatched []"}},
		"returned":               {func(o *idosell.Order) { o.Status = "returned" }, orders.Dispatched, []string{"SH-1 order.dispatched []"}},
		"sent by dropshipping":   {func(o *idosell.Order) { o.Status, o.DropshippingStatus = "ready", "finished" }, orders.Dispatched, []string{"SH-1 order.dispatched []"}},
		"a dispatch date":        {func(o *idosell.Order) { o.Status, o.DispatchedAt = "ready", past }, orders.Dispatched, []string{"SH-1 order.dispatched []"}},
		"a dispatch to come":     {func(o *idosell.Order) { o.Status, o.DispatchedAt = "ready", past.Add(3*day) }, orders.InPreparation, nil},
		"a parcel":               {func(o *idosell.Order) { o.Status = "ready"; o.Dispatch.Parcels = parcels("P-1") }, orders.Dispatched, []string{"SH-1 order.dispatched [P-1]"}},
		"parcels without number": {func(o *idosell.Order) { o.Status = "ready"; o.Dispatch.Parcels = parcels("", " ") }, orders.InPreparation, nil},
		"canceled":               {func(o *idosell.Order) { o.Status = "canceled" }, orders.CancelledBySupplier, []string{"SH-1 order.cancelled []"}},
		"all_canceled":           {func(o *idosell.Order) { o.Status = "all_canceled" }, orders.CancelledBySupplier, []string{"SH-1 order.cancelled []"}},
		"false":                  {func(o *idosell.Order) { o.Status = "false" }, orders.CancelledBySupplier, []string{"SH-1 order.cancelled []"}},
		"lost":                   {func(o *idosell.Order) { o.Status = "lost" }, orders.CancelledBySupplier, []string{"SH-1 order.cancelled []"}},
		"canceled dropshipping":  {func(o *idosell.Order) { o.Status, o.DropshippingStatus = "on_order", "canceled" }, orders.CancelledBySupplier, []string{"SH-1 order.cancelled []"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
			answer := tr.list.has("demoshop-1", "SH-1", "")
			c.change(answer)
			for range 3 { // telling it again changes nothing
				tr.look()
				tr.advance(time.Minute)
			}
			order := tr.get("SH-1")
			same(t, "progress", order.Progress, c.want)
			same(t, "told", tr.wasTold(), c.told)
			same(t, "status as it came", order.SupplierStatus, answer.Status)
			if ended := c.want == orders.CancelledBySupplier; ended != (tr.pause(id) == -1) {
				t.Errorf("followed on: %v, ended: %v", tr.pause(id), ended)
			}
		})
	}
}

func parcels(numbers ...string) []idosell.Parcel {
	var list []idosell.Parcel
	for _, number := range numbers {
		list = append(list, idosell.Parcel{Number: number})
	}
	return list
}

// Each step is an answer of the wholesaler's: the status, a blank, the parcels.
func TestParcelsComeGoAndComeBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		steps []string
		there string
		told  []string
		want  orders.Progress
	}{
		"several at once":             {[]string{"finished A B C"}, "[A B C]", []string{"dispatched [A B C]"}, orders.Dispatched},
		"the number comes later":      {[]string{"finished", "finished A"}, "[A]", []string{"dispatched []", "parcel_changed [A]"}, orders.Dispatched},
		"one more":                    {[]string{"finished A", "finished A B"}, "[A B]", []string{"dispatched [A]", "parcel_changed [A B]"}, orders.Dispatched},
		"replaced":                    {[]string{"finished A", "finished B"}, "[B]", []string{"dispatched [A]", "parcel_changed [B]"}, orders.Dispatched},
		"one of two taken back":       {[]string{"finished A B", "finished B"}, "[B]", []string{"dispatched [A B]", "parcel_changed [B]"}, orders.Dispatched},
		"back again":                  {[]string{"finished A B", "finished B", "finished B A"}, "[A B]", []string{"dispatched [A B]", "parcel_changed [B]", "parcel_changed [A B]"}, orders.Dispatched},
		"taken back, still sent":      {[]string{"finished A", "finished"}, "[]", []string{"dispatched [A]", "parcel_changed []"}, orders.Dispatched},
		"dispatch undone":             {[]string{"finished A", "ready"}, "[]", []string{"dispatched [A]", "parcel_changed []"}, orders.InPreparation},
		"undone in two steps":         {[]string{"finished A", "finished", "ready"}, "[]", []string{"dispatched [A]", "parcel_changed []", "parcel_changed []"}, orders.InPreparation},
		"dispatched once more":        {[]string{"finished A", "ready", "finished B"}, "[B]", []string{"dispatched [A]", "parcel_changed []", "parcel_changed [B]"}, orders.Dispatched},
		"the status alone goes back":  {[]string{"finished A", "ready A"}, "[A]", []string{"dispatched [A]"}, orders.Dispatched},
		"without parcels never back":  {[]string{"finished", "ready"}, "[]", []string{"dispatched []"}, orders.Dispatched},
		"an answer without a status":  {[]string{"finished A", "-"}, "[A]", []string{"dispatched [A]"}, orders.Dispatched},
		"letter case is not a change": {[]string{"finished AB12", "finished ab12"}, "[AB12]", []string{"dispatched [AB12]"}, orders.Dispatched},
		"cancelled under way":         {[]string{"finished A", "canceled A"}, "[A]", []string{"dispatched [A]", "cancelled [A]"}, orders.CancelledBySupplier},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			tr.order("SH-1", "demoshop-1", 0, time.Hour)
			for _, step := range c.steps {
				words := strings.Fields(step)
				tr.list.has("demoshop-1", "SH-1", idosell.OrderStatus(strings.Trim(words[0], "-")), words[1:]...)
				tr.look()
				tr.look()
				tr.advance(10 * time.Minute)
			}
			var told []string
			for _, line := range tr.wasTold() {
				told = append(told, strings.TrimPrefix(line, "SH-1 order."))
			}
			order := tr.get("SH-1")
			same(t, "told", told, c.told)
			same(t, "parcels", numbersOf(order), c.there)
			same(t, "progress", order.Progress, c.want)
			if order.DispatchedAt.IsZero() != (c.want == orders.InPreparation) {
				t.Errorf("dispatched at %v, %s", order.DispatchedAt, c.want)
			}
		})
	}
}

// Others lost the tracking number when the second update came without it.
func TestWhatIsKnownOfAParcelIsNotOverwrittenByNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		tr.order("SH-1", "demoshop-1", 0, time.Hour)
		answer := tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "00123")
		answer.Dispatch.CourierName = "DPD"
		answer.Dispatch.Parcels[0].ShippingNumber = "LP1"
		answer.Dispatch.Parcels[0].TrackingURL = "https://tracking.example/00123"
		tr.look()
		tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "00123").Dispatch.Parcels[0].TrackingURL = "javascript:alert(1)"
		tr.look()
		order := tr.get("SH-1")
		want := orders.Parcel{Number: "00123", ShippingNumber: "LP1", TrackingURL: "https://tracking.example/00123", Courier: "DPD", FirstSeenAt: tr.clock()}
		if len(order.Parcels) != 1 || order.Parcels[0] != want {
			t.Errorf("got %+v, want %+v", order.Parcels, want)
		}
	})
}

func TestAnOrderThatTheAnswerLacksIsKept(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*orderList){
		"missing": func(l *orderList) { delete(l.orders, "demoshop-1") },
		"a fault of its own": func(l *orderList) {
			l.orders["demoshop-1"] = &idosell.Order{ID: "demoshop-1", Fault: idosell.Fault{Code: 5}}
			l.orders["demoshop-1"].Status = idosell.StatusCanceled
		},
		"others in its place": func(l *orderList) {
			delete(l.orders, "demoshop-1")
			l.sloppy = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
			tr.order("SH-2", "demoshop-2", 0, time.Hour)
			tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "A")
			tr.list.has("demoshop-2", "SH-2", idosell.StatusPacked)
			tr.list.has("demoshop-3", "SH-3", idosell.StatusCanceled)
			tr.look()
			spoil(tr.list)
			tr.list.has("demoshop-2", "SH-2", idosell.StatusFinished, "B")
			tr.wasTold()
			for range 3 {
				tr.look()
			}
			order := tr.get("SH-1")
			same(t, "progress", order.Progress, orders.Dispatched)
			same(t, "parcels", numbersOf(order), "[A]")
			same(t, "pause", tr.pause(id), 10*time.Minute)
			same(t, "told", tr.wasTold(), []string{"SH-2 order.dispatched [B]"})
			same(t, "events of it", strings.Count(tr.timeline(id), "does not name the order"), 1)
			tr.list.sloppy = false
			tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "A")
			tr.look()
			same(t, "events that it is back", strings.Count(tr.timeline(id), "has the order again"), 1)
		})
	}
}

func TestFollowingBacksOffInAnOutage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		for n := range 150 {
			tr.order(fmt.Sprintf("SH-%d", n), fmt.Sprintf("demoshop-%d", n), 0, time.Hour)
		}
		down := &idosell.Error{Kind: idosell.KindNetwork, Gate: "Orders/get"}
		tr.list.fail(down)
		var calls []string // minutes at which there were any
		begin := tr.clock()
		for minute := range 181 {
			err := tr.service.Follow(t.Context())
			if n := tr.list.calls(); n > 0 {
				calls = append(calls, fmt.Sprint(minute))
				if n != 1 || !errors.Is(err, down) {
					t.Errorf("minute %d: %d calls, %v", minute, n, err)
				}
			} else if err != nil {
				t.Errorf("minute %d: nothing was asked, and %v", minute, err)
			}
			if want := minute > 60; want != (len(tr.alerts) > 0) {
				t.Fatalf("after %d minutes the operator was told %v", minute, tr.alerts)
			}
			tr.advance(time.Minute)
		}
		// One minute after the first failure, then two, four, eight, sixteen, thirty.
		same(t, "minutes with calls", strings.Join(calls, " "), "0 1 3 7 15 31 61 91 121 151")
		for _, text := range tr.raised {
			if !strings.Contains(text, begin.Format("2006-01-02 15:04 MST")) {
				t.Errorf("the alert does not say since when: %s", text)
			}
		}
		tr.list.fail(nil)
		same(t, "calls until the next attempt", tr.list.calls(), 0)
		for range 2 {
			tr.advance(30 * time.Minute)
			tr.follow()
		}
		same(t, "alerts", tr.alerts, []string{"raise orders-not-followed", "over orders-not-followed"})
		// A new failure begins anew.
		tr.list.calls()
		tr.list.fail(down)
		tr.advance(time.Hour)
		_ = tr.service.Follow(t.Context())
		tr.advance(time.Minute)
		_ = tr.service.Follow(t.Context())
		same(t, "calls of the new outage", tr.list.calls(), 2)
	})
}

// What came before the answer broke off counts, and stopping is no outage.
func TestABrokenAnswerIsUsedAsFarAsItCame(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	tr.order("SH-1", "demoshop-1", 0, time.Hour)
	second := tr.order("SH-2", "demoshop-2", 0, time.Hour)
	tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "A")
	tr.list.fail(&idosell.Error{Kind: idosell.KindTimeout, Gate: "Orders/get"})
	if err := tr.service.Follow(t.Context()); err == nil {
		t.Error("a broken answer is no error")
	}
	same(t, "told", tr.wasTold(), []string{"SH-1 order.dispatched [A]"})
	same(t, "the other one is due", tr.pause(second), time.Duration(0))
	if line := tr.timeline(second); line != "" {
		t.Errorf("the other one's timeline says %s", line)
	}
	// What breaks after all was told is not even read: it would be another page.
	tr.advance(time.Hour)
	tr.list.has("demoshop-2", "SH-2", idosell.StatusFinished, "B")
	tr.follow()
	same(t, "told of both", tr.wasTold(), []string{"SH-2 order.dispatched [B]"})
}

func TestTheFirstLookProvesTheNote(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		kept := tr.order("SH-1", "demoshop-1", 0, time.Hour)
		lost := tr.order("SH-2", "demoshop-2", 0, time.Hour)
		other := tr.order("SH-3", "demoshop-3", 0, time.Hour)
		tr.list.has("demoshop-1", "SH-1", idosell.StatusNew)
		tr.list.has("demoshop-2", "SH-2", idosell.StatusNew).ClientNote = ""
		tr.list.has("demoshop-3", "SH-1", idosell.StatusNew)
		tr.look()
		tr.look()
		same(t, "lost notes", tr.number("SELECT loses_notes FROM baskets WHERE account = ?", tr.list.Account()), 2)
		for id, want := range map[int64]int{kept: 0, lost: 1, other: 1} {
			same(t, "proofs", strings.Count(tr.timeline(id), "proof: "), want)
		}
	})
}

func TestArrivalByTheDeliveryDate(t *testing.T) {
	t.Parallel()
	zone := warsaw(t)
	midnight := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, zone) }
	sent := time.Date(2026, 11, 20, 15, 0, 0, 0, zone) // now is the 23rd, 10 o'clock
	for name, c := range map[string]struct {
		dispatched, delivery, estimate time.Time
		status                         idosell.OrderStatus
		wish                           string
		want                           bool
	}{
		"a day that is over":       {sent, midnight(21), time.Time{}, "finished", "", true},
		"today is not over":        {sent, midnight(23), time.Time{}, "finished", "", false},
		"an hour ago":              {sent, time.Date(2026, 11, 23, 9, 0, 0, 0, zone), time.Time{}, "finished", "", true},
		"in an hour":               {sent, time.Date(2026, 11, 23, 11, 0, 0, 0, zone), time.Time{}, "finished", "", false},
		"the day that was wished":  {sent, midnight(21), time.Time{}, "finished", "2026-11-21", false},
		"the estimate":             {sent, midnight(21), midnight(21), "finished", "", false},
		"other than the estimate":  {sent, midnight(22), midnight(21), "finished", "", true},
		"before the dispatch":      {sent, midnight(19), time.Time{}, "finished", "", false},
		"not sent":                 {time.Time{}, midnight(21), time.Time{}, "ready", "", false},
		"cancelled all the same":   {time.Time{}, midnight(21), time.Time{}, "canceled", "", false},
		"only known to be on way":  {time.Time{}, midnight(21), time.Time{}, "finished", "", false},
		"dispatched and cancelled": {sent, midnight(21), time.Time{}, "canceled", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			id := tr.order("SH-1", "demoshop-1", 0, 5*day, func(r *orders.Request) { r.DeliveryDate = c.wish })
			answer := tr.list.has("demoshop-1", "SH-1", c.status)
			answer.DispatchedAt, answer.Dispatch.DeliveryDate, answer.Dispatch.EstimatedDelivery = c.dispatched, c.delivery, c.estimate
			tr.look()
			tr.look()
			order := tr.get("SH-1")
			told := slices.Contains(tr.wasTold(), "SH-1 order.delivered []")
			if delivered := order.Progress == orders.Delivered; delivered != c.want || told != c.want || order.DeliveredAt.IsZero() == c.want {
				t.Errorf("%s, delivered at %v, told %v; want delivered %v", order.Progress, order.DeliveredAt, told, c.want)
			}
			if ended := tr.pause(id) == -1; ended != (order.Progress == orders.Delivered || order.Progress == orders.CancelledBySupplier) {
				t.Errorf("%s, and still followed: %v", order.Progress, !ended)
			}
		})
	}
}

func TestAnOrderKnownByItsSerialNumberAlone(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	tr.order("SH-1", "", 4711, time.Hour)
	tr.order("SH-2", "", 0, time.Hour) // nobody knows its number: it is not asked for
	tr.list.has("demoshop-9", "SH-1", idosell.StatusFinished, "A").SerialNumber = 4711
	tr.list.has("demoshop-8", "SH-2", idosell.StatusFinished, "B")
	tr.look()
	same(t, "told", tr.wasTold(), []string{"SH-1 order.dispatched [A]"})
	same(t, "calls", tr.list.calls(), 1)
	tr.advance(60 * day)
	tr.look()
	same(t, "the one without a number", tr.get("SH-2").Progress, orders.NotFollowedAnyLonger)
}

func TestOneInstanceFollows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		other := tr.serve(tr.list)
		for n := range 40 {
			id := fmt.Sprintf("demoshop-%d", n)
			tr.order(id, id, 0, time.Hour)
			tr.list.has(id, id, idosell.StatusFinished, "P"+id)
		}
		var both sync.WaitGroup
		for _, service := range []*orders.Service{tr.service, other} {
			both.Go(func() {
				if err := service.Follow(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		same(t, "calls", tr.list.calls(), 1)
		same(t, "announcements", len(tr.wasTold()), 40)
	})
}

// An operator's change while the wholesaler was being asked is not overwritten.
func TestAChangeMeanwhileIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
		tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "A")
		tr.list.asked = func() {
			tr.exec("UPDATE orders SET progress = ?, look_at = 0, version = version + 1 WHERE id = ?", orders.CancelledBySupplier, id)
		}
		tr.look()
		same(t, "progress", tr.get("SH-1").Progress, orders.CancelledBySupplier)
		same(t, "told", tr.wasTold(), []string{})
		same(t, "parcels", tr.number("SELECT count(*) FROM order_parcels"), 0)
	})
}

func sqliteStore(t *testing.T) *store.Store {
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
