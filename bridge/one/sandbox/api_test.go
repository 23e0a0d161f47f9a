package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/one/sandbox"
)

func offerAddress(address, id string) string {
	return address + "/api/v1/orderpath" + integ + "offer?offerId=" + url.QueryEscape(id)
}

// Every call needs the key, the tenant and an Accept that takes JSON; a refusal has
// the form of Spring's errors, and holds no key.
func TestHeaders(t *testing.T) {
	_, address := start(t, sandbox.Options{Tenant: "elektro", APIAuth: "aa:bb"})
	for _, c := range []struct {
		name, tenant, key, accept string
		status                    int
	}{
		{"all right", "elektro", "aa:bb", "application/json", 200},
		{"anything is taken", "elektro", "aa:bb", "text/html, */*;q=0.1", 200},
		{"no key", "elektro", "", "application/json", 401},
		{"another key", "elektro", "aa:bc", "application/json", 401},
		{"no tenant", "", "aa:bb", "application/json", 403},
		{"another tenant", "demo", "aa:bb", "application/json", 403},
		{"no accept", "elektro", "aa:bb", "", 406},
		{"HTML", "elektro", "aa:bb", "text/html", 406},
	} {
		r := ask(t, "GET", offerAddress(address, sandbox.DemoOffer), "", "one-tenant", c.tenant, "ApiAuth", c.key, "Accept", c.accept)
		if r.status != c.status {
			t.Errorf("%s: status %d, want %d", c.name, r.status, c.status)
		}
		if r.status == 200 {
			continue
		}
		problem := r.object(t)
		if at(t, problem, "status") != json.Number(fmt.Sprint(c.status)) || problem["error"] != http.StatusText(c.status) ||
			problem["path"] != "/api/v1/orderpath/integrations/auth-required/offer" || problem["timestamp"] != "2026-11-22T10:00:00.000+00:00" ||
			problem["message"] == "" || strings.Contains(r.body, "aa:b") {
			t.Errorf("%s: %s", c.name, r.body)
		}
	}
}

// What is no address of the API is told apart from a method that an address lacks,
// and neither is told to strangers.
func TestAddresses(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/v1/orderpath/integrations/auth-required/nothing", 404},
		{"GET", "/api/v1/orderpath/offer?offerId=1", 404},
		{"GET", "/api/v1/orderpath/integrations/auth-required/carts//add-configurable-products", 404},
		{"POST", "/api/v1/orderpath/integrations/auth-required/offer", 405},
		{"POST", "/api/v1/orderpath/integrations/auth-required/carts/1/add-configurable-products", 405},
		{"GET", "/api/v1/orderpath/integrations/auth-required/offer", 400},
		{"GET", "/api/v1/catalog/integrations/auth-required/products/nothing", 404},
	} {
		ask(t, c.method, address+c.path, "").want(t, c.status)
		ask(t, c.method, address+c.path, "", "ApiAuth", "").want(t, 401)
	}
	calls := s.Calls()
	if len(calls) != 14 || calls[0].Operation != "unknown" || calls[7].Operation != "method-not-allowed" || calls[10].Operation != sandbox.GetOffer || calls[12].Operation != sandbox.GetProduct {
		t.Errorf("the calls are %+v", calls)
	}
	for _, call := range calls {
		if strings.Contains(fmt.Sprint(call), sandbox.DemoAPIAuth) {
			t.Errorf("a call holds the key: %+v", call)
		}
	}
}

// The demonstration's offer: the documented frame, flat lines with their parents in
// the slots of split, and amounts that add up.
func TestOffer(t *testing.T) {
	_, address := start(t, sandbox.Options{})
	o := ask(t, "GET", offerAddress(address, sandbox.DemoOffer), "").want(t, 200).object(t)
	if o["id"] != sandbox.DemoOffer || o["documentNumber"] != "O/36/11/2026" || o["clientId"] != sandbox.DemoCustomer || o["status"] != "WON_TRANSFERRED" || o["expirationDate"] != "2026-12-15" {
		t.Errorf("the offer is %v", o)
	}
	first := at(t, o, "split", "slots", 0, "productLines", 0)
	drum := at(t, o, "split", "slots", 0, "productLines", 1)
	if at(t, drum, "parentLineId") != at(t, first, "id") || at(t, first, "parentLineId") != nil || at(t, first, "sku") != sandbox.DemoCable || at(t, drum, "sku") != sandbox.DemoDrum {
		t.Errorf("the drum is %v, its cable %v", drum, first)
	}
	if at(t, first, "quantityOrderedInContentUnit") != json.Number("120") || at(t, first, "contentUnitCode") != "m" || at(t, first, "purchasePrice") != json.Number("2.41") ||
		at(t, first, "price", "netContentUnitPrice") != json.Number("3.19") || at(t, first, "price", "netValue") != json.Number("382.80") {
		t.Errorf("the cable is %v", first)
	}
	// 35.5 m at 2.95 is 104.725, and 104.73 as an amount.
	if got := at(t, o, "split", "slots", 0, "productLines", 2, "price", "netValue"); got != json.Number("104.73") {
		t.Errorf("the second length costs %v", got)
	}
	if at(t, o, "split", "slots", 1, "productLines", 1, "purchasePrice") != nil {
		t.Error("a purchase price is told that nobody gave")
	}
	note := at(t, o, "notes", 0)
	if at(t, note, "visibleForClients") != true || at(t, note, "createdOn") != "2026-11-08T12:45:01.398696" || at(t, note, "attachments", 0, "id") != "a-2" {
		t.Errorf("the note is %v", note)
	}
	ask(t, "GET", offerAddress(address, "no-such-offer"), "").want(t, 404)
}

// The other forms of an offer, and an id with slashes.
func TestOfferForms(t *testing.T) {
	_, address := start(t, sandbox.Options{})
	texts := ask(t, "GET", offerAddress(address, sandbox.OddOffer), "").want(t, 200).object(t)
	for i, parent := range []any{nil, "not-in-this-offer", "odd-4", "odd-3", "odd-5"} {
		line := at(t, texts, "split", "slots", 0, "productLines", i)
		if at(t, line, "parentLineId") != parent || at(t, line, "id") != fmt.Sprintf("odd-%d", i+1) {
			t.Errorf("line %d is %v", i, line)
		}
	}
	if at(t, texts, "split", "slots", 0, "productLines", 0, "price", "netValue") != "159.50" {
		t.Errorf("numbers are no texts: %v", texts)
	}
	flat := ask(t, "GET", offerAddress(address, sandbox.PersonOffer), "").want(t, 200).object(t)
	line := at(t, flat, "productLines", 0)
	if flat["split"] != nil || flat["currencyCode"] != "PLN" || at(t, line, "product", "id") != "KAB/OMY-2X1" || at(t, line, "quantity", "value") != json.Number("15") ||
		at(t, line, "quantity", "unit") != "m" || at(t, line, "totalNet") != json.Number("37.35") || at(t, line, "purchasePrice", "net") != json.Number("1.80") {
		t.Errorf("the flat offer is %v", flat)
	}
}

// An offer that is put takes the place of the one with its id; one that cannot be is
// a mistake of the test's.
func TestPutOffer(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	s.PutCustomer(sandbox.Customer{ID: "org:1", Name: "Kabel & Syn"})
	s.PutOffer(sandbox.Offer{ID: sandbox.DemoOffer, Customer: "org:1", Currency: "EUR", Slots: []sandbox.Slot{{Lines: []sandbox.Line{{ID: "1", SKU: "NEW", Name: "New", Quantity: "2"}}}}})
	o := ask(t, "GET", offerAddress(address, sandbox.DemoOffer), "").want(t, 200).object(t)
	if o["clientId"] != "org:1" || o["status"] != "OPEN" || at(t, o, "split", "slots", 0, "productLines", 0, "name") != "New" || at(t, o, "split", "slots", 0, "productLines", 0, "price", "netValue") != nil {
		t.Errorf("the offer is %v", o)
	}
	if all := s.Customers(); len(all) != 3 || all[2].Name != "Kabel & Syn" {
		t.Errorf("the customers are %v", all)
	}
	for _, wrong := range []sandbox.Offer{
		{}, {ID: "1", Slots: []sandbox.Slot{{Lines: []sandbox.Line{{Quantity: ""}}}}},
		{ID: "1", Slots: []sandbox.Slot{{Lines: []sandbox.Line{{Quantity: "1", Price: "1e9"}}}}}, {ID: "1", Slots: []sandbox.Slot{{Lines: []sandbox.Line{{Quantity: "1", PurchasePrice: "x"}}}}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was taken", wrong)
				}
			}()
			s.PutOffer(wrong)
		}()
	}
}

func TestProduct(t *testing.T) {
	_, address := start(t, sandbox.Options{})
	p := ask(t, "GET", address+"/api/v1/catalog"+integ+"products/"+url.PathEscape(sandbox.DemoCable), "").want(t, 200).object(t)
	if p["id"] != sandbox.DemoCable || at(t, p, "orderInformation", "quantityInterval") != json.Number("0.5") || at(t, p, "orderInformation", "quantityMin") != json.Number("5") ||
		at(t, p, "orderInformation", "packingQuantity") != json.Number("100") || at(t, p, "orderInformation", "contentUnitCode") != "m" || at(t, p, "orderInformation", "orderUnitCode") != "KR" {
		t.Errorf("the product is %v", p)
	}
	socket := ask(t, "GET", address+"/api/v1/catalog"+integ+"products/"+url.PathEscape(sandbox.DemoSocket), "").want(t, 200).object(t)
	if socket["sku"] != sandbox.DemoSocket {
		t.Errorf("a plus in an address became %v", socket["sku"])
	}
}

// A file is fetched by an address that download-url answers, by one who brings none
// of the API's headers.
func TestAttachments(t *testing.T) {
	_, address := start(t, sandbox.Options{})
	place := address + "/api/v1/orderpath" + integ + "offers/" + url.PathEscape(sandbox.DemoOffer) + "/attachments/"
	for id, want := range map[string]string{"a-1": "YDYp 3x1,5 mm2, 450/750 V.\n", "a-2": "120 m i 35,5 m na bębnach, 12 m w kręgu.\n"} {
		link, _ := ask(t, "GET", place+id+"/download-url", "").want(t, 200).object(t)["downloadUrl"].(string)
		r, err := try(t, "GET", link, "")
		if err != nil || r.status != 200 || r.body != want || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s at %s: %+v, %v", id, link, r, err)
		}
		for _, header := range []string{"ApiAuth", "one-tenant", "Authorization"} {
			if r, err := try(t, "GET", link, "", header, "x"); err != nil || r.status != 400 {
				t.Errorf("a call for a file with %s is answered %d, %v", header, r.status, err)
			}
		}
		if again := ask(t, "GET", place+id+"/download-url", "").object(t)["downloadUrl"]; again != link {
			t.Error("the address changes with each question")
		}
	}
	ask(t, "GET", place+"a-3/download-url", "").want(t, 404)
	ask(t, "GET", address+"/api/v1/orderpath"+integ+"offers/none/attachments/a-1/download-url", "").want(t, 404)
	if r, err := try(t, "GET", address+"/files/guessed", ""); err != nil || r.status != 403 {
		t.Errorf("a guessed address is answered %d, %v", r.status, err)
	}
}

func TestTransferFailed(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	place := address + "/api/v1/orderpath" + integ + "offers/" + url.PathEscape(sandbox.OddOffer) + "/transfer-failed"
	ask(t, "PUT", place, `{"reason":"Brak towaru <b>"}`).want(t, 204)
	for _, wrong := range []string{``, `{}`, `{"reason":""}`, `{"reason":7}`, `{"Reason":"x"}`, `{"reason":"x","more":1}`, `{"reason":"x","reason":"y"}`, `["reason"]`, `{"reason":"x"}{}`, "{\"reason\":\"\xff\"}"} {
		ask(t, "PUT", place, wrong).want(t, 400)
	}
	ask(t, "PUT", place, `{"reason":"x"}`, "Content-Type", "text/plain").want(t, 415)
	ask(t, "PUT", strings.Replace(place, "O%2F13", "O%2F14", 1), `{"reason":"x"}`).want(t, 404)
	if got := s.Reasons(); len(got) != 1 || got[0] != (sandbox.Reason{Offer: sandbox.OddOffer, Text: "Brak towaru <b>", At: began}) {
		t.Errorf("the reasons are %+v", got)
	}
}

// Whoever can reach the sandbox could fill its memory with reasons.
func TestReasonsAreBounded(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	place := address + "/api/v1/orderpath" + integ + "offers/" + url.PathEscape(sandbox.OddOffer) + "/transfer-failed"
	for i := range 1003 {
		ask(t, "PUT", place, fmt.Sprintf(`{"reason":"reason %d"}`, i)).want(t, 204)
	}
	if got := s.Reasons(); len(got) != 1000 || got[0].Text != "reason 3" || got[999].Text != "reason 1002" {
		t.Errorf("%d reasons, from %q on", len(got), got[0].Text)
	}
}

// A feed is read by startId and nextId to its end, with and without a filter, and
// goes on from there.
func TestFeeds(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	offers := address + "/api/v1/orderpath" + integ + "synchronization/offer?numberOfEvents="
	page := func(address string) (string, int) {
		t.Helper()
		o := ask(t, "GET", address, "").want(t, 200).object(t)
		events, _ := o["events"].([]any)
		return fmt.Sprint(o["nextId"]), len(events)
	}
	for _, c := range []struct {
		query, next string
		events      int
	}{
		{"100", "4", 3}, {"100&startId=1", "4", 3}, {"1&startId=1", "2", 1}, {"2&startId=2", "4", 2}, {"1&startId=4", "4", 0}, {"1&startId=99", "99", 0},
		{"1&startId=2&filter=WON_TRANSFERRED", "4", 1}, {"9&filter=WON_TRANSFERRED,CREATED", "4", 3}, {"9&filter=WON_TRANSFERRED&filter=CREATED", "4", 3}, {"9&filter=LOST", "4", 0},
	} {
		if next, events := page(offers + c.query); next != c.next || events != c.events {
			t.Errorf("%s: nextId %s and %d events, want %s and %d", c.query, next, events, c.next, c.events)
		}
	}
	s.AddSync(sandbox.Offers, sandbox.SyncEvent{ID: "new", Type: "LOST"})
	later := ask(t, "GET", offers+"9&startId=4", "").object(t)
	if at(t, later, "events", 0, "offerId") != "new" || at(t, later, "events", 0, "eventType") != "LOST" || later["nextId"] != json.Number("5") {
		t.Errorf("the new event is %v", later)
	}
	rfq := ask(t, "GET", address+"/api/v1/orderpath"+integ+"synchronization/rfq", "").object(t)
	if at(t, rfq, "events", 0, "rfqId") != "RFQ/7/11/2026" {
		t.Errorf("the rfqs are %v", rfq)
	}
	orders := ask(t, "GET", address+"/api/v1/orders"+integ+"synchronization/order?eventTypes=CHANGED_PAYMENT", "").object(t)
	if at(t, orders, "events", 0, "orderId") != "OF/22/11/2026" || at(t, orders, "events", 0, "shipmentId") != "OF/22/11/2026/02" {
		t.Errorf("the orders are %v", orders)
	}
	for _, wrong := range []string{"0", "1001", "x", "1&startId=0", "1&startId=-1", "1&startId=1.5"} {
		ask(t, "GET", offers+wrong, "").want(t, 400)
	}
}

// Below a prefix everything is as at the root.
func TestPrefix(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(func() { _ = s.Close() })
	address := mounted(t, "/_one", s)
	ask(t, "GET", offerAddress(address+"/_one", sandbox.DemoOffer), "").want(t, 200)
	ask(t, "GET", offerAddress(address, sandbox.DemoOffer), "").want(t, 404)
	link, _ := ask(t, "GET", address+"/_one/api/v1/orderpath"+integ+"offers/"+sandbox.DemoOffer+"/attachments/a-1/download-url", "").want(t, 200).object(t)["downloadUrl"].(string)
	if r, err := try(t, "GET", link, ""); err != nil || r.status != 200 || !strings.HasPrefix(link, address+"/_one/files/") {
		t.Errorf("the file at %s: %d, %v", link, r.status, err)
	}
	ask(t, "PUT", address+"/_one/api/v1/orderpath"+integ+"carts/"+url.PathEscape(sandbox.DemoCart)+"/add-configurable-products", cable("10", "")).want(t, 200)
	if calls := s.Calls(); calls[0].Path != "/api/v1/orderpath/integrations/auth-required/offer" || calls[0].Query != "offerId="+sandbox.DemoOffer || len(calls) != 4 {
		t.Errorf("the calls are %+v", calls)
	}
}

// mounted serves a sandbox below a prefix of an app of the test's.
func mounted(t *testing.T, prefix string, s *sandbox.Server) string {
	t.Helper()
	return serveApp(t, func(app *fiber.App) { s.Mount(app.Group(prefix)) })
}
