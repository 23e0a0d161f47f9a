package orders_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
)

func jsonNotice(body string) orders.Notice {
	return orders.Notice{Method: "POST", ContentType: "application/json", Body: []byte(body)}
}

func formNotice(body string) orders.Notice {
	return orders.Notice{Method: "POST", ContentType: "application/x-www-form-urlencoded", Body: []byte(body)}
}

func xmlNotice(body string) orders.Notice {
	return orders.Notice{Method: "POST", ContentType: "text/xml", Body: []byte(body)}
}

// Each of these says that the order demoshop-17 was sent in the parcel 00123.
func TestNoticesOfAnyFormAreUnderstood(t *testing.T) {
	t.Parallel()
	latin2, err := charmap.ISO8859_2.NewEncoder().String(`<?xml version="1.0" encoding="ISO-8859-2"?><zamówienie><numer>demoshop-17</numer><status>zrealizowane</status><numer_paczki>00123</numer_paczki></zamówienie>`)
	if err != nil {
		t.Fatal(err)
	}
	cp1250, err := charmap.Windows1250.NewEncoder().String(`{"numer zamówienia":"demoshop-17","numer przesyłki":"00123","Status":"Wysłane","uwagi":"Źdźbło"}`)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(`<?xml version="1.0" encoding="UTF-16"?><o orderId="demoshop-17" status="finished"><packages><package>00123</package></packages></o>`)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		notice orders.Notice
		fields []string
	}{
		"form":                       {notice: formNotice("orderId=demoshop-17&status=finished&package_number=00123")},
		"form with other names":      {notice: formNotice("zamowienie=demoshop-17&Status=finished&numer-paczki=00123")},
		"form with levels":           {notice: formNotice("order%5Bid%5D=demoshop-17&order[status]=finished&order[packages][0][number]=00123")},
		"form with dots":             {notice: formNotice("order.id=demoshop-17&order.status=finished&parcel.number=00123")},
		"form with bad escapes":      {notice: formNotice("orderId=demoshop-17&x=%zz&=&&status=finished&package_number=00123&y=%B3")},
		"a query":                    {notice: orders.Notice{Method: "GET", Query: "orderId=demoshop-17&status=finished&trackingNumber=00123"}},
		"a query beside a body":      {notice: orders.Notice{Method: "PUT", Query: "orderId=demoshop-17&status=finished", Body: []byte(`{"parcels":["00123"]}`)}},
		"json":                       {notice: jsonNotice(`{"orderId":"demoshop-17","status":"finished","package_number":"00123"}`)},
		"json in depth":              {notice: jsonNotice(`{"event":"order.sent","data":{"order":{"id":"demoshop-17","status":"finished","packages":[{"number":"00123","weight":1.2}]},"payment":{"status":"new"}}}`)},
		"json with the id elsewhere": {notice: jsonNotice(`{"payment":{"status":"canceled"},"order":{"status":"finished"},"orderId":"demoshop-17","numer_przesylki":"00123"}`)},
		"json by serial number":      {notice: jsonNotice(`{"orderSerialNumber":1017,"status":"finished","package_number":"00123"}`)},
		"json by serial as text":     {notice: jsonNotice(`{"order_sn":"1017","status":"finished","package_number":"00123"}`)},
		"json by our reference":      {notice: jsonNotice(`{"reference":"SH-17","status":"finished","package_number":"00123"}`)},
		"json by the note":           {notice: jsonNotice(`{"clientNoteToOrder":"[ref:SH-17] na prezent","status":"finished","package_number":"00123"}`)},
		"json with nothings":         {notice: jsonNotice(`{"orderId":"demoshop-17","status":"finished","x":null,"y":true,"z":{},"package_number":["00123",null,""]}`)},
		"json with a mark":           {notice: jsonNotice("\xef\xbb\xbf" + `{"orderId":"demoshop-17","status":"finished","package_number":"00123"}`)},
		"json of an old shop":        {notice: jsonNotice(cp1250)},
		"json as a form's field":     {notice: formNotice("payload=" + url.QueryEscape(`{"orderId":"demoshop-17","status":"finished","package_number":"00123"}`))},
		"json in json":               {notice: jsonNotice(`{"message":"{\"orderId\":\"demoshop-17\",\"status\":\"finished\",\"package_number\":\"00123\"}"}`)},
		"json without its type":      {notice: orders.Notice{Method: "POST", ContentType: "text/plain", Body: []byte(` {"orderId":"demoshop-17","status":"finished","package_number":"00123"}`)}},
		"json with a bad type":       {notice: orders.Notice{Method: "POST", ContentType: ";;;", Body: []byte(`{"orderId":"demoshop-17","status":"finished","package_number":"00123"}`)}},
		"xml":                        {notice: xmlNotice(`<order><orderId>demoshop-17</orderId><status>finished</status><package_number>00123</package_number></order>`)},
		"xml with attributes":        {notice: xmlNotice(`<?xml version="1.0"?><order id="demoshop-17" status="finished"><packages><package number="00123"/></packages></order>`)},
		"xml with namespaces":        {notice: xmlNotice(`<s:Envelope xmlns:s="urn:s" xmlns="urn:d"><s:Body><order><id>demoshop-17</id><status>finished</status><packages><item><number>00123</number></item></packages></order></s:Body></s:Envelope>`)},
		"xml with cdata":             {notice: xmlNotice(`<order><orderId><![CDATA[ demoshop-17 ]]></orderId><status><![CDATA[finished]]></status><numer_paczki><![CDATA[00]]>123</numer_paczki></order>`)},
		"xml in iso-8859-2":          {notice: xmlNotice(latin2)},
		"xml in utf-16":              {notice: xmlNotice(utf16)},
		"xml in a form's field":      {notice: formNotice("xml=" + url.QueryEscape(`<order id="demoshop-17"><status>finished</status><package_number>00123</package_number></order>`))},
		"several parts":              {notice: orders.Notice{Method: "POST", ContentType: "multipart/form-data; boundary=XX", Body: []byte("--XX\r\nContent-Disposition: form-data; name=\"orderId\"\r\n\r\ndemoshop-17\r\n--XX\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\nfinished\r\n--XX\r\nContent-Disposition: form-data; name=\"package_number\"\r\n\r\n00123\r\n--XX--\r\n")}},
		"names of one's own":         {notice: formNotice("a=demoshop-17&b=finished&c=00123&orderId=demoshop-18&package_number=99999"), fields: []string{"order=a", "status=b", "parcel=c"}},
		"a name over two levels":     {notice: jsonNotice(`{"x":{"y":"demoshop-17"},"y":"demoshop-18","status":"finished","package_number":"00123"}`), fields: []string{"order=x_y"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t), c.fields...)
			id := tr.order("SH-17", "demoshop-17", 1017, time.Hour)
			other := tr.order("SH-18", "demoshop-18", 1018, time.Hour)
			tr.exec("UPDATE orders SET look_at = ?", tr.clock().Add(time.Hour).UnixMicro())
			tr.receive(c.notice)
			same(t, "told", tr.wasTold(), []string{"SH-17 order.dispatched [00123]"})
			order := tr.get("SH-17")
			same(t, "status", order.SupplierStatus, idosell.StatusFinished)
			same(t, "pause", tr.pause(id), time.Duration(0))
			same(t, "pause of another order", tr.pause(other), time.Hour)
			same(t, "the notice", tr.text("SELECT state FROM order_notices"), "applied")
			same(t, "its order", tr.number("SELECT order_id FROM order_notices"), id)
		})
	}
}

func TestWhatANoticeTellsOfParcels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want []orders.Parcel
	}{
		"one, with all":        {`{"orderId":"o","packageNumber":"00123","shippingNumber":"LP9","trackingUrl":"https://t.example/?n=00123","courierName":"DPD"}`, []orders.Parcel{{Number: "00123", ShippingNumber: "LP9", TrackingURL: "https://t.example/?n=00123", Courier: "DPD"}}},
		"a list in a text":     {`{"orderId":"o","numer_paczki":"00123, 00124;00125"}`, []orders.Parcel{{Number: "00123"}, {Number: "00124"}, {Number: "00125"}}},
		"an array":             {`{"orderId":"o","packageNumbers":["00123",124567],"courier":{"name":"InPost"}}`, []orders.Parcel{{Number: "00123", Courier: "InPost"}, {Number: "124567", Courier: "InPost"}}},
		"objects":              {`{"orderId":"o","packages":[{"number":"00123","trackingUrl":"https://t.example/1"},{"number":"00124"}]}`, []orders.Parcel{{Number: "00123"}, {Number: "00124"}}},
		"twice the same":       {`{"orderId":"o","packageNumber":"00123","parcels":["00123"]}`, []orders.Parcel{{Number: "00123"}}},
		"tracking is a number": {`{"orderId":"o","tracking":"00123"}`, []orders.Parcel{{Number: "00123"}}},
		"tracking is a link":   {`{"orderId":"o","tracking":"https://t.example/1","package":"00123"}`, []orders.Parcel{{Number: "00123", TrackingURL: "https://t.example/1"}}},
		"no link to be opened": {`{"orderId":"o","trackingUrl":"javascript:alert(1)","package":"00123"}`, []orders.Parcel{{Number: "00123"}}},
		"a person":             {`{"orderId":"o","package":"Anna Nowak","parcel":"<b>1234</b>","numer_paczki":"ul. Kwiatowa 12/3, 50-001 Wrocław"}`, []orders.Parcel{{Number: "ul. Kwiatowa 12/3"}}},
		"taken back":           {`{"orderId":"o","event":"package_removed","packageNumber":"00123"}`, nil},
		"taken back by field":  {`{"orderId":"o","removedPackageNumbers":["00123"],"packageNumbers":["00124"]}`, []orders.Parcel{{Number: "00124"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			tr.order("SH-1", "o", 0, time.Hour)
			tr.receive(jsonNotice(c.body))
			got := tr.get("SH-1").Parcels
			for i := range got {
				got[i].FirstSeenAt = time.Time{}
			}
			same(t, "parcels", got, c.want)
		})
	}
}

// Poll and notice tell the same: the shop hears it once, and the notice's word
// is kept until Orders/get has its own.
func TestANoticeIsAHintThatOrdersGetConfirms(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
		tr.list.has("demoshop-1", "SH-1", idosell.StatusReady)
		tr.look()
		tr.receive(jsonNotice(`{"orderId":"demoshop-1","status":"finished","packageNumber":"00123","trackingUrl":"https://t.example/1"}`))
		same(t, "told by the notice", tr.wasTold(), []string{"SH-1 order.dispatched [00123]"})
		tr.follow()
		same(t, "calls", tr.list.calls(), 2)
		same(t, "pause while Orders/get lags behind", tr.pause(id), 30*time.Second)
		same(t, "parcels", numbersOf(tr.get("SH-1")), "[00123]")
		tr.advance(time.Minute)
		tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "00123")
		tr.follow()
		same(t, "pause when it agrees", tr.pause(id), 10*time.Minute)
		same(t, "told by Orders/get", tr.wasTold(), []string{})
		same(t, "tracking", tr.get("SH-1").Parcels[0].TrackingURL, "https://t.example/1")
		// Now the number is Orders/get's, and goes when it says so.
		tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "00124")
		tr.look()
		same(t, "told of the other number", tr.wasTold(), []string{"SH-1 order.parcel_changed [00124]"})
		// An old notice does not bring it back.
		tr.receive(jsonNotice(`{"orderId":"demoshop-1","packageNumber":"00123"}`))
		same(t, "told by an old notice", tr.wasTold(), []string{})
	})
}

func TestHintsThatAreNeverConfirmed(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
	tr.list.has("demoshop-1", "SH-1", idosell.StatusReady)
	tr.receive(jsonNotice(`{"orderId":"demoshop-1","packageNumber":"00123"}`))
	tr.list.calls()
	for range 30 {
		tr.follow()
		tr.advance(time.Minute)
	}
	if n := tr.list.calls(); n < 10 || n > 14 {
		t.Errorf("%d calls in half an hour, want one a minute for ten minutes, and two or three later", n)
	}
	// A wholesaler that names no parcels at all does not take it back …
	tr.advance(5 * time.Hour)
	tr.look()
	same(t, "parcels", numbersOf(tr.get("SH-1")), "[00123]")
	// … one that names another does.
	tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "00999")
	tr.look()
	same(t, "parcels then", numbersOf(tr.get("SH-1")), "[00999]")
	same(t, "told", tr.wasTold(), []string{"SH-1 order.dispatched [00123]", "SH-1 order.parcel_changed [00999]"})
	same(t, "pause", tr.pause(id), 10*time.Minute)
}

func TestAParcelIsTakenBackWhenOrdersGetAgrees(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]orders.Notice{
		"by an event":     jsonNotice(`{"orderId":"demoshop-1","event":"usunięto numer paczki","packageNumber":"00123"}`),
		"by a field":      jsonNotice(`{"orderId":"demoshop-1","removed_parcel":"00123"}`),
		"by DELETE":       {Method: "DELETE", Query: "orderId=demoshop-1&packageNumber=00123"},
		"a hint, as well": {Method: "DELETE", ContentType: "hint", Query: "orderId=demoshop-1&packageNumber=00123"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			tr.order("SH-1", "demoshop-1", 0, time.Hour)
			hint := take.ContentType == "hint"
			if hint { // no Orders/get ever told of it
				tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished)
				tr.receive(jsonNotice(`{"orderId":"demoshop-1","packageNumber":"00123"}`))
			} else {
				tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "00123")
			}
			tr.look()
			tr.wasTold()
			tr.receive(take)
			same(t, "told before it is asked for", tr.wasTold(), []string{})
			same(t, "parcels before", numbersOf(tr.get("SH-1")), "[00123]")
			if !hint {
				tr.follow() // it disagrees
				same(t, "parcels while it disagrees", numbersOf(tr.get("SH-1")), "[00123]")
			}
			tr.list.has("demoshop-1", "SH-1", idosell.StatusReady)
			tr.advance(time.Minute)
			tr.follow()
			same(t, "told", tr.wasTold(), []string{"SH-1 order.parcel_changed []"})
			same(t, "progress", tr.get("SH-1").Progress, orders.InPreparation)
		})
	}
}

func TestOnlyOrdersGetCancels(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
	tr.list.has("demoshop-1", "SH-1", idosell.StatusReady)
	tr.receive(formNotice("orderId=demoshop-1&status=Anulowane"))
	same(t, "progress", tr.get("SH-1").Progress, orders.InPreparation)
	same(t, "pause", tr.pause(id), time.Duration(0))
	tr.list.has("demoshop-1", "SH-1", idosell.StatusCanceled)
	tr.follow()
	same(t, "told", tr.wasTold(), []string{"SH-1 order.cancelled []"})
	// What comes afterwards is about an order that is at its end.
	tr.receive(formNotice("orderId=demoshop-1&status=finished"))
	same(t, "told afterwards", tr.wasTold(), []string{})
	same(t, "pause afterwards", tr.pause(id), time.Duration(-1))
}

func TestDeliveredByNotice(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
	tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "00123", "00124")
	tr.look()
	tr.wasTold()
	tr.receive(jsonNotice(`{"orderId":"demoshop-1","event":"undelivered","packageNumber":"00123"}`))
	tr.receive(jsonNotice(`{"orderId":"demoshop-1","event":"delivery_number_added","packageNumber":"00123"}`))
	tr.receive(jsonNotice(`{"orderId":"demoshop-1","event":"parcel.delivered","packageNumber":"00123"}`))
	same(t, "progress with one of two", tr.get("SH-1").Progress, orders.Dispatched)
	tr.receive(jsonNotice(`{"orderId":"demoshop-1","event":"parcel.delivered","packageNumber":"00124"}`))
	tr.receive(jsonNotice(`{"orderId":"demoshop-1","status":"doręczone"}`))
	same(t, "told", tr.wasTold(), []string{"SH-1 order.delivered [00123 00124]"})
	same(t, "pause", tr.pause(id), time.Duration(-1))
	// One that was never seen on its way is told to be, too.
	tr.order("SH-2", "demoshop-2", 0, time.Hour)
	tr.receive(jsonNotice(`{"orderId":"demoshop-2","status":"Dostarczone"}`))
	same(t, "told of the other", tr.wasTold(), []string{"SH-2 order.dispatched []", "SH-2 order.delivered []"})
}

func TestNoticesAboutOthersAreHarmless(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		tr.order("SH-1", "demoshop-1", 1001, time.Hour)
		elsewhere := tr.order("SH-2", "demoshop-2", 1002, time.Hour)
		tr.exec("UPDATE orders SET account = 'another', look_at = 0 WHERE id = ?", elsewhere)
		for body, want := range map[string]string{
			`{"orderId":"other-1","packageNumber":"00123"}`:                                "unmatched",
			`{"orderId":"demoshop-2","packageNumber":"00123"}`:                             "unmatched",
			`{"orderSerialNumber":0,"packageNumber":"00123"}`:                              "unmatched",
			`{"orderId":"","orderSerialNumber":"","reference":"","packageNumber":"00123"}`: "unmatched",
			`{"status":"finished"}`:                                                        "unmatched",
			`{"note":"SH-1","packageNumber":"00123"}`:                                      "unmatched", // no mark around it
			`{"orderId":"demoshop-1"`:                                                      "unreadable",
			`{"orderId":"demoshop-1"}{}`:                                                   "unreadable",
			`<order><orderId>demoshop-1</order>`:                                           "unreadable",
			`<order><orderId>demoshop-1</orderId>`:                                         "unreadable",
			"":                                                                             "unmatched",
		} {
			tr.receive(orders.Notice{Method: "POST", Body: []byte(body)})
			same(t, body, tr.text("SELECT state FROM order_notices ORDER BY id DESC LIMIT 1"), want)
		}
		same(t, "told", tr.wasTold(), []string{})
		same(t, "parcels", tr.number("SELECT count(*) FROM order_parcels"), 0)
		stored := tr.number("SELECT count(*) FROM order_notices")
		tr.advance(7*day - time.Second)
		tr.follow()
		same(t, "notices before a week is over", tr.number("SELECT count(*) FROM order_notices"), stored)
		tr.advance(time.Second)
		tr.follow()
		same(t, "notices after a week", tr.number("SELECT count(*) FROM order_notices"), 0)
	})
}

// Which parcel belongs to which order cannot be told: nothing is stored, all are
// asked for.
func TestANoticeAboutSeveralOrders(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	first := tr.order("SH-1", "demoshop-1", 0, time.Hour)
	second := tr.order("SH-2", "demoshop-2", 0, time.Hour)
	for _, body := range []string{
		`[{"orderId":"demoshop-1","packageNumber":"00123"},{"orderId":"demoshop-2","packageNumber":"00124"}]`,
		`{"orders":[{"orderId":"demoshop-1","packageNumber":"00123"},{"orderId":"other-2","packageNumber":"00124"}]}`,
	} {
		tr.exec("UPDATE orders SET look_at = ?", tr.clock().Add(time.Hour).UnixMicro())
		tr.receive(jsonNotice(body))
		same(t, "parcels", tr.number("SELECT count(*) FROM order_parcels"), 0)
		same(t, "pause of the first", tr.pause(first), time.Duration(0))
	}
	same(t, "pause of the second", tr.pause(second), time.Hour)
}

// The shop's webhook can be faster than the answer to placeOrder.
func TestANoticeThatComesBeforeTheOrderIsKnownToBePlaced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		id := tr.order("SH-1", "", 0, 0)
		tr.exec("UPDATE orders SET state = ?, progress = '', look_at = 0 WHERE id = ?", orders.Placing, id)
		tr.receive(jsonNotice(`{"orderId":"demoshop-1","packageNumber":"00123"}`))
		tr.receive(jsonNotice(`{"orderId":"demoshop-1","reference":"SH-1","status":"finished"}`))
		same(t, "those that wait", len(tr.jobs), 2)
		same(t, "told", tr.wasTold(), []string{})

		tr.exec("UPDATE orders SET state = ? WHERE id = ?", orders.Unknown, id)
		tr.receive(jsonNotice(`{"reference":"SH-1","status":"new"}`))
		if !strings.Contains(strings.Join(tr.jobs, ","), fmt.Sprintf("%s %d", orders.JobPlace, id)) {
			t.Errorf("an order of unknown outcome that a notice names is not looked for: %v", tr.jobs)
		}
		same(t, "proofs", strings.Count(tr.timeline(id), "proof: "), 1)

		tr.exec("UPDATE orders SET state = ?, progress = ?, supplier_id = 'demoshop-1', look_at = ? WHERE id = ?",
			orders.Placed, orders.InPreparation, tr.clock().UnixMicro(), id)
		tr.work()
		same(t, "told when it is placed", tr.wasTold(), []string{"SH-1 order.dispatched [00123]"})
		same(t, "those that wait then", len(tr.jobs), 0)
		same(t, "proofs then", strings.Count(tr.timeline(id), "proof: "), 1)

		// One about nobody's order waits while an order is being placed, not longer than an hour.
		tr.order("SH-2", "", 0, 0)
		tr.exec("UPDATE orders SET state = ?, progress = '', look_at = 0 WHERE reference = 'SH-2'", orders.Placing)
		tr.receive(jsonNotice(`{"orderId":"other-9"}`))
		same(t, "waiting", len(tr.jobs), 1)
		tr.advance(time.Hour)
		tr.work()
		same(t, "waiting after an hour", len(tr.jobs), 0)
	})
}

func TestTheSameNoticeIsStoredOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
		notice := jsonNotice(`{"orderId":"demoshop-1","packageNumber":"00123"}`)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 125 {
					if err := tr.service.ReceiveNotice(t.Context(), notice); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		same(t, "stored", tr.number("SELECT count(*) FROM order_notices"), 1)
		if !s.Postgres() { // there a transaction that met another one may have queued in vain
			same(t, "jobs", len(tr.jobs), 1)
		}
		tr.work()
		tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished, "00123")
		tr.follow()
		same(t, "told", tr.wasTold(), []string{"SH-1 order.dispatched [00123]"})
		// Again after a while, it makes its order looked at again: once a minute.
		for _, c := range []struct{ after, pause time.Duration }{{59 * time.Second, 9*time.Minute + time.Second}, {time.Second, 0}} {
			tr.advance(c.after)
			tr.receive(notice)
			same(t, "pause", tr.pause(id), c.pause)
		}
		tr.follow()
		tr.receive(notice)
		same(t, "pause when it comes at once", tr.pause(id), 10*time.Minute)
		// After a day it is a new one.
		tr.advance(day)
		tr.receive(notice)
		same(t, "stored after a day", tr.number("SELECT count(*) FROM order_notices"), 1)
		same(t, "its state", tr.text("SELECT state FROM order_notices"), "applied")
		same(t, "told in the end", tr.wasTold(), []string{})
	})
}

func TestEqualNoticesAreEqualInAllTheirParts(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	for _, notice := range []orders.Notice{
		{Method: "POST", ContentType: "a", Query: "b", Body: []byte("c")},
		{Method: "PUT", ContentType: "a", Query: "b", Body: []byte("c")},
		{Method: "POST", ContentType: "ab", Query: "", Body: []byte("c")},
		{Method: "POST", ContentType: "a", Query: "bc", Body: []byte("")},
		{Method: "POST", ContentType: "a", Query: "", Body: []byte("bc")},
	} {
		if err := tr.service.ReceiveNotice(t.Context(), notice); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "stored", tr.number("SELECT count(*) FROM order_notices"), 5)
}

// What no database would take as text, and what is too large.
func TestNoticesAreStoredAsTheyCame(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		odd := orders.Notice{Method: "POST", ContentType: "text/\x00\xffplain" + strings.Repeat("x", 1000), Query: "a=\x00\xff", Body: []byte("\x00\xff\xfe orderId=1")}
		tr.receive(odd)
		var query, body []byte
		if err := s.DB().QueryRowContext(t.Context(), "SELECT query, body FROM order_notices").Scan(&query, &body); err != nil {
			t.Fatal(err)
		}
		if string(query) != odd.Query || string(body) != string(odd.Body) {
			t.Errorf("stored %q and %q", query, body)
		}
		large := orders.Notice{Method: "POST", Query: "q", Body: make([]byte, 256<<10)}
		if err := tr.service.ReceiveNotice(t.Context(), large); !errors.Is(err, orders.ErrNoticeTooLarge) {
			t.Errorf("256 kB and a query: %v", err)
		}
		large.Query = ""
		tr.receive(large)
		same(t, "stored", tr.number("SELECT count(*) FROM order_notices"), 2)
		same(t, "what became of it", tr.text("SELECT state FROM order_notices ORDER BY id DESC LIMIT 1"), "unmatched")
	})
}

func TestFieldsThatThereAreNot(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	for _, entry := range []string{"order", "order=", "=x", "name=x", "order= _ "} {
		if _, err := orders.NewNotices(tr.service, orders.NoticeOptions{Fields: []string{entry}}); err == nil {
			t.Errorf("%q is taken", entry)
		}
	}
}

// Personal data in a notice gets no further than its body.
func TestANoticesPersonsAreNotKept(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t), "status=klient", "parcel=nazwisko", "event=email")
	id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
	tr.receive(jsonNotice(`{"orderId":"demoshop-1","klient":"Barbara Tajna","nazwisko":"Tajna","email":"tajna@example.com"}`))
	tr.receive(jsonNotice(`{"orderId":"nobody-1","klient":"Barbara Tajna","telefon":"600700800"}`))
	tr.receive(jsonNotice(`{"klient":"Barbara Tajna"`))
	everything := tr.timeline(id) + fmt.Sprint(tr.get("SH-1"), tr.wasTold())
	for _, note := range []string{"1", "2", "3"} {
		everything += tr.text("SELECT note FROM order_notices WHERE id = " + note)
	}
	for _, secret := range []string{"Tajna", "tajna@", "600700800"} {
		if strings.Contains(everything, secret) {
			t.Errorf("%q is in %s", secret, everything)
		}
	}
}
