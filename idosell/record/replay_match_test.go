package record_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/sandbox"
)

func period(begin, end time.Time) string {
	return wire("k", fmt.Sprintf("<range><begin>%s</begin><end>%s</end></range>", begin.Format(time.DateTime), end.Format(time.DateTime)))
}

func TestDatesAreAskedRelativeToTheDay(t *testing.T) {
	day := 24 * time.Hour
	last := func(now time.Time, days int) string { return period(now.Add(-time.Duration(days)*day), now) }
	exchanges := []record.Exchange{
		say("Orders/get", last(recordedAt, 30), "a month"),
		say("Orders/get", last(recordedAt, 7), "a week"),
		say("Orders/get", last(recordedAt.Add(time.Minute), 7), "a week, a minute later"),
	}
	exchanges[2].At = recordedAt.Add(time.Minute)
	replay := newReplay(t, exchanges, yearsLater)
	expect(t, replay, "Orders/get", last(yearsLater, 7), "a week")
	expect(t, replay, "Orders/get", last(yearsLater, 30), "a month")
	expect(t, replay, "Orders/get", last(yearsLater.Add(5*time.Second), 7), "a week, a minute later")
	expect(t, replay, "Orders/get", last(yearsLater.Add(3*time.Hour), 7), "a week, a minute later")
	expect(t, replay, "Orders/get", last(yearsLater, 28), "a month")
	replay.Rewind()
	// The same dates as recorded win over those that only lie as far away.
	expect(t, replay, "Orders/get", last(recordedAt.Add(time.Minute), 7), "a week, a minute later")
	expect(t, replay, "Orders/get", last(recordedAt, 7), "a week")
}

func TestDatesOfAnAnswerMoveWithTheRequest(t *testing.T) {
	answer := "<a><d>2026-11-20 23:30:05</d><d> 2026-11-14 </d><d><![CDATA[2026-11-21T11:00:00Z]]></d><d>0000-00-00</d><d>at 2026-11-20</d><d>2026-02-31</d><n>20261120</n></a>"
	moved := "<a><d>2026-12-21 23:31:05</d><d> 2026-12-15 </d><d><![CDATA[2026-12-22T11:01:00Z]]></d><d>0000-00-00</d><d>at 2026-11-20</d><d>2026-02-31</d><n>20261120</n></a>"
	replay := newReplay(t, []record.Exchange{say("Orders/get", period(recordedAt.AddDate(0, 0, -7), recordedAt), answer)}, recordedAt)
	later := recordedAt.Add(31*24*time.Hour + time.Minute)
	expect(t, replay, "Orders/get", period(later.AddDate(0, 0, -7), later), moved)
	expect(t, replay, "Orders/get", period(recordedAt.AddDate(0, 0, -7), recordedAt), answer)
	far := strings.NewReplacer("2026-11-14", "9999-11-14").Replace(period(recordedAt.AddDate(0, 0, -7), recordedAt))
	if got, err := ask(replay, "Orders/get", far); err != nil || len(got) != len(answer) {
		t.Errorf("dates moved out of the calendar: %q, %v", got, err)
	}
}

// Of a period that begins on a fixed day and ends today, what was answered lies
// inside: nothing moves.
func TestAPeriodThatBeginsOnAFixedDayMovesNothing(t *testing.T) {
	const answer = "<d>2026-11-20 23:30:05</d>"
	fixed := recordedAt.AddDate(-1, 0, 0)
	replay := newReplay(t, []record.Exchange{say("Orders/get", period(fixed, recordedAt), answer)}, yearsLater)
	expect(t, replay, "Orders/get", period(fixed, yearsLater), answer)
}

// The client leaves out the orders that lie outside of the asked period: those of the
// last week must be there years later.
func TestOrdersOfTheLastWeekYearsLater(t *testing.T) {
	week := func(now time.Time) idosell.OrderQuery {
		return idosell.OrderQuery{Begin: now.AddDate(0, 0, -7), End: now}
	}
	var recorded []idosell.Order
	exchanges := recordSession(t, func(_ *sandbox.Server, c *idosell.Client) { recorded = all(t, c.Orders(t.Context(), week(recordedAt))) })
	if len(recorded) == 0 {
		t.Fatal("the sandbox has no orders of the last week")
	}
	replayed := all(t, laterClient(t, newReplay(t, exchanges, yearsLater)).Orders(t.Context(), week(yearsLater)))
	if len(replayed) != len(recorded) {
		t.Fatalf("%d orders, want %d", len(replayed), len(recorded))
	}
	for i := range replayed {
		if replayed[i].ID != recorded[i].ID {
			t.Errorf("order %d is %s, want %s", i, replayed[i].ID, recorded[i].ID)
		}
		if ago, want := yearsLater.Sub(replayed[i].AddedAt), recordedAt.Sub(recorded[i].AddedAt); ago != want {
			t.Errorf("%s was added %v ago, want %v", replayed[i].ID, ago, want)
		}
	}
}

func TestEachPersonKeepsTheirStandIn(t *testing.T) {
	address := func(name, city string) string {
		return wire("k", "<deliveryAddress><firstName>"+name+"</firstName><city>"+city+"</city><countryId>PL</countryId></deliveryAddress>")
	}
	gate := "Dropshipping/getCouriersForOrder"
	replay := newReplay(t, []record.Exchange{
		say(gate, address("Imię 1", "Miasto 1"), "first, once"),
		say(gate, address("Imię 2", "Miasto 2"), "second"),
		say(gate, address("Imię 1", "Miasto 1"), "first, again"),
	}, recordedAt)
	expect(t, replay, gate, address("Anna", "Wrocław"), "first, once")
	expect(t, replay, gate, address("Piotr", "Kraków"), "second")
	expect(t, replay, gate, address("Anna", "Wrocław"), "first, again")
	expect(t, replay, gate, address("Piotr", "Kraków"), "second")
	expect(t, replay, gate, address("Ewa", "Łódź"), "first, again") // more than were recorded
	expect(t, replay, gate, address("Imię 2", "Miasto 2"), "second")
	if _, err := ask(replay, gate, strings.Replace(address("Anna", "Wrocław"), "PL", "DE", 1)); err == nil {
		t.Error("another country is another request")
	}
}

func TestTheSameDatesWinForAnybody(t *testing.T) {
	of := func(city, day string) string { return wire("k", "<city>"+city+"</city><day>"+day+"</day>") }
	replay := newReplay(t, []record.Exchange{
		say("Orders/get", of("Miasto 1", "2026-11-21 10:00:00"), "first"), say("Orders/get", of("Miasto 1", "2026-11-21 11:00:00"), "second"),
	}, recordedAt)
	expect(t, replay, "Orders/get", of("Łódź", "2026-11-21 11:00:00"), "second")
	expect(t, replay, "Orders/get", of("Łódź", "2026-11-21 10:00:00"), "first")
}

// What is personal under the names of an override file is personal for the replay,
// too, whatever its form.
func TestPersonalNamesOfAnOverrideFile(t *testing.T) {
	gates, err := idosell.ReadGates(strings.NewReader("couriers-for-order: {names: {params.deliveryAddress.zipCode: kod}}"))
	if err != nil {
		t.Fatal(err)
	}
	of := func(code string) string { return wire("k", "<deliveryAddress><kod>"+code+"</kod></deliveryAddress>") }
	gate := "Dropshipping/getCouriersForOrder"
	exchanges := []record.Exchange{say(gate, of("00001"), "couriers")}
	replay, err := record.NewReplay(record.ReplayOptions{Exchanges: exchanges, Gates: gates})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, replay, gate, of("31001"), "couriers")
	if _, err := ask(newReplay(t, exchanges, recordedAt), gate, of("31001")); err == nil {
		t.Error("a number under a name that nobody knows is a number")
	}
}

func TestAnOrdersLoginMayBeAStandIn(t *testing.T) {
	ids := func(ids ...string) string {
		return wire("k", "<ordersIds><item>"+strings.Join(ids, "</item><item>")+"</item></ordersIds>")
	}
	replay := newReplay(t, []record.Exchange{say("Orders/get", ids("user-1-12", "user-1-13"), "both")}, recordedAt)
	expect(t, replay, "Orders/get", ids("demo-shop-13", "demo-shop-12"), "both")
	if _, err := ask(replay, "Orders/get", ids("demoshop-12", "demoshop-14")); err == nil {
		t.Error("other orders are another request")
	}
}

const (
	gone = `<a><errors><ns1:faultCode xsi:type="xsd:int"> 1 </ns1:faultCode><faultString>Sesja wygasła</faultString></errors></a>`
	fine = `<a><errors><faultCode>0</faultCode></errors></a>`
)

func TestARecordedExpiryDoesNotSpoilAReplay(t *testing.T) {
	exchanges := recordSession(t, func(w *sandbox.Server, c *idosell.Client) {
		for range 3 {
			if _, err := c.Supplier(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.Revoke()
		}
	})
	if n := len(exchanges); n != 8 { // 3 sessions, 3 answers, 2 refusals
		t.Fatalf("the recording has %d exchanges", n)
	}
	replay := newReplay(t, exchanges, yearsLater)
	calls := 0
	c := newClient(t, replay, func(config *idosell.Config) {
		config.Now = at(yearsLater)
		config.Observe = func(idosell.Call) { calls++ }
	})
	for range 4 {
		if _, err := c.Supplier(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 5 { // one session for all, whatever the recording says
		t.Errorf("%d calls, want 5", calls)
	}
}

func TestWhichLoginFaultsArePassedOver(t *testing.T) {
	utf16 := func(text string) string {
		out := "\xff\xfe"
		for _, r := range text {
			out += string([]byte{byte(r), 0})
		}
		return out
	}
	for name, test := range map[string]struct {
		recorded []string
		played   []string
	}{
		"repeated":         {[]string{gone, fine}, []string{fine, fine}},
		"twice":            {[]string{gone, gone, fine}, []string{fine}},
		"in the middle":    {[]string{fine, gone, fine + " "}, []string{fine, fine + " "}},
		"never repeated":   {[]string{fine, gone}, []string{fine, gone, gone}},
		"nothing else":     {[]string{gone, gone}, []string{gone, gone}},
		"in CDATA":         {[]string{"<fault_code><![CDATA[1]]></fault_code>", fine}, []string{fine}},
		"in UTF-16":        {[]string{utf16("<faultCode>1</faultCode>"), fine}, []string{fine}},
		"another fault":    {[]string{"<faultCode>12</faultCode>", fine}, []string{"<faultCode>12</faultCode>", fine}},
		"fault 1 of words": {[]string{"<faultString>1</faultString>", fine}, []string{"<faultString>1</faultString>", fine}},
	} {
		t.Run(name, func(t *testing.T) {
			var exchanges []record.Exchange
			for _, answer := range test.recorded {
				exchanges = append(exchanges, say("Orders/get", wire("k", ""), answer))
			}
			replay := newReplay(t, exchanges, recordedAt)
			for _, want := range test.played {
				expect(t, replay, "Orders/get", wire("other", ""), want)
			}
		})
	}
}

func TestAnyAuthenticateIsAnswered(t *testing.T) {
	login := func(name, key string) string {
		return "<Envelope><Body><authenticate><authenticate><authenticate><" + name + ">x</" + name + "><key>" + key + "</key></authenticate></authenticate></authenticate></Body></Envelope>"
	}
	replay := newReplay(t, []record.Exchange{
		say("Authenticate/authenticate", login("login", "1"), gone), // the day was another there
		say("Authenticate/authenticate", login("login", "2"), "first"),
		say("Authenticate/authenticate", login("login", "3"), "second"),
	}, recordedAt)
	expect(t, replay, "Authenticate/authenticate", login("userLogin", "9"), "first")
	expect(t, replay, "Authenticate/authenticate", login("login", "1"), "second")
	expect(t, replay, "Authenticate/authenticate", "no XML", "second")
}

func TestASessionThatWasNotRecordedIsMadeUp(t *testing.T) {
	exchanges := recordSession(t, func(_ *sandbox.Server, c *idosell.Client) {
		if _, err := c.Supplier(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	gates, err := idosell.ReadGates(strings.NewReader("authenticate: {gate: Logowanie, method: zaloguj, names: {results.sessionKey: klucz_sesji}}"))
	if err != nil {
		t.Fatal(err)
	}
	replay, err := record.NewReplay(record.ReplayOptions{Exchanges: exchanges[1:], Gates: gates})
	if err != nil {
		t.Fatal(err)
	}
	supplier, err := newClient(t, replay, func(c *idosell.Config) { c.Gates = gates }).Supplier(t.Context())
	if err != nil || supplier.Name == "" {
		t.Errorf("%+v, %v", supplier, err)
	}
}
