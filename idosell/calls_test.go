package idosell_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"octobridge/idosell"
)

func number(t *testing.T, text string) idosell.Decimal {
	t.Helper()
	d, err := idosell.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// paged answers Orders/get with rows orders, by resultsPage and resultsLimit.
func paged(rows int, honest bool) http.HandlerFunc {
	value := func(body []byte, name string) int {
		found := regexp.MustCompile(name + `[^>]*>(\d+)<`).FindSubmatch(body)
		n, _ := strconv.Atoi(string(found[1]))
		return n
	}
	return func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		page, limit := value(body, "resultsPage"), value(body, "resultsLimit")
		if !honest {
			page = 0
		}
		var items []string
		for i := page * limit; i < min((page+1)*limit, rows); i++ {
			items = append(items, fmt.Sprintf("<orderId>sklep-%d</orderId><orderSerialNumber>%d</orderSerialNumber>", i+1, i+1))
		}
		if len(items) == 0 {
			io.WriteString(rw, fault(2, "Brak zamówień"))
			return
		}
		io.WriteString(rw, listed(fmt.Sprintf("<resultsNumberAll>%d</resultsNumberAll><resultsNumberPage>%d</resultsNumberPage>", rows, (rows+limit-1)/limit), items...))
	}
}

func TestPaging(t *testing.T) {
	for _, c := range []struct{ rows, calls int }{{0, 1}, {1, 1}, {99, 1}, {100, 1}, {101, 2}, {250, 3}} {
		t.Run(fmt.Sprint(c.rows), func(t *testing.T) {
			w := newWholesaler(t)
			w.answer(ordersGate, paged(c.rows, true))
			next := int64(1)
			for order, err := range w.client(t).Orders(t.Context(), idosell.OrderQuery{}) {
				if err != nil {
					t.Fatal(err)
				}
				if order.SerialNumber != next {
					t.Fatalf("order %d came where %d was due", order.SerialNumber, next)
				}
				next++
			}
			if got := int(next - 1); got != c.rows {
				t.Errorf("%d orders, want %d", got, c.rows)
			}
			if got := w.count(ordersGate); got != c.calls {
				t.Errorf("%d calls, want %d", got, c.calls)
			}
		})
	}
}

func TestPagingEndsEarlyWhenTheCallerDoes(t *testing.T) {
	w := newWholesaler(t)
	w.answer(ordersGate, paged(1000, true))
	for range w.client(t).Orders(t.Context(), idosell.OrderQuery{}) {
		break
	}
	if got := w.count(ordersGate); got != 1 {
		t.Errorf("%d calls for one order, want 1", got)
	}
}

// A wholesaler that ignores resultsPage gives the first page for ever.
func TestPagingThatIsIgnored(t *testing.T) {
	w := newWholesaler(t)
	w.answer(ordersGate, paged(1000, false))
	var last error
	seen := 0
	for _, err := range w.client(t).Orders(t.Context(), idosell.OrderQuery{}) {
		last = err
		seen++
	}
	if last == nil || seen > 200 {
		t.Errorf("%d orders and error %v, want an error after the second page", seen, last)
	}
}

// A filter that the wholesaler ignores must not bring other people's orders.
func TestOrdersThatWereNotAskedForAreLeftOut(t *testing.T) {
	w := newWholesaler(t)
	w.says(ordersGate, listed("",
		"<orderId>sklep-1</orderId><orderSerialNumber>1</orderSerialNumber><orderDetails><orderStatus>new</orderStatus><orderAddDate>2026-05-01 10:00:00</orderAddDate></orderDetails>",
		"<orderId>sklep-2</orderId><orderSerialNumber>2</orderSerialNumber><orderDetails><orderStatus>finished</orderStatus><orderAddDate>2026-05-02 10:00:00</orderAddDate></orderDetails>"))
	client := w.client(t)
	for name, c := range map[string]struct {
		query idosell.OrderQuery
		want  string
	}{
		"all":    {idosell.OrderQuery{}, "sklep-1 sklep-2"},
		"id":     {idosell.OrderQuery{IDs: []string{"sklep-2"}}, "sklep-2"},
		"serial": {idosell.OrderQuery{SerialNumbers: []int64{1}}, "sklep-1"},
		"status": {idosell.OrderQuery{Statuses: []idosell.OrderStatus{"finished"}}, "sklep-2"},
		"begin":  {idosell.OrderQuery{Begin: warsaw(t, "2026-05-02 00:00:00")}, "sklep-2"},
		"end":    {idosell.OrderQuery{End: warsaw(t, "2026-05-01 23:59:59")}, "sklep-1"},
		"none":   {idosell.OrderQuery{IDs: []string{"sklep-2"}, SerialNumbers: []int64{1}}, ""},
	} {
		page, err := client.OrdersPage(t.Context(), c.query, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, order := range page.Items {
			ids = append(ids, order.ID)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAvailabilityInBatches(t *testing.T) {
	w := newWholesaler(t)
	w.answer("Dropshipping/basketVerification", func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if len(body) > 10_000_000 {
			rw.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		var b strings.Builder
		for _, code := range regexp.MustCompile(`<productCode[^>]*>(\d+)x*<`).FindAllSubmatch(body, -1) {
			b.WriteString("<item><productCode>" + string(code[1]) + "</productCode><available>y</available><availableQuantity>-1</availableQuantity></item>")
		}
		io.WriteString(rw, envelope(`<products SOAP-ENC:arrayType="ns1:p[1]">`+b.String()+`</products>`))
	})
	client := w.client(t)
	lines := make([]idosell.Line, 2500)
	for i := range lines {
		lines[i] = idosell.Line{Code: strconv.Itoa(i), Quantity: number(t, "1")}
	}
	answer, err := client.Availability(t.Context(), lines...)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.count("Dropshipping/basketVerification"); got != 3 || len(answer) != 2500 || answer[2499].Code != "2499" || !answer[0].Available {
		t.Errorf("%d calls and %d answers, want 3 and 2500 in order", got, len(answer))
	}
	// Ten lines of 2 MB each do not fit into one call of 10 MB.
	long := make([]idosell.Line, 10)
	for i := range long {
		long[i] = idosell.Line{Code: strconv.Itoa(i) + strings.Repeat("x", 2_000_000), Quantity: number(t, "1")}
	}
	if answer, err = client.Availability(t.Context(), long...); err != nil || len(answer) != 10 || answer[9].Code != "9" {
		t.Errorf("20 MB of lines: %d answers, %v", len(answer), err)
	}
	_, err = client.Availability(t.Context(), idosell.Line{Code: strings.Repeat("x", 11_000_000), Quantity: number(t, "1")})
	if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindTooLarge || failure.SendAgain != idosell.SendAgainNo {
		t.Errorf("one line of 11 MB: %v, want that it is too large", err)
	}
}

func TestLinesAreChecked(t *testing.T) {
	w := newWholesaler(t)
	client := w.client(t)
	for name, line := range map[string]idosell.Line{
		"no code":      {Quantity: number(t, "1")},
		"zero":         {Code: "41"},
		"negative":     {Code: "41", Quantity: number(t, "-1")},
		"strange type": {Code: "41", Quantity: number(t, "1"), CodeType: "ean"},
		"control code": {Code: "41\x00", Quantity: number(t, "1")},
		"not UTF-8":    {Code: "41\xff", Quantity: number(t, "1")},
	} {
		_, err := client.Availability(t.Context(), line)
		if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindRequest || failure.SendAgain != idosell.SendAgainNo {
			t.Errorf("%s: %v, want that it was not sent", name, err)
		}
	}
	if got := w.count("Dropshipping/basketVerification"); got != 0 {
		t.Errorf("%d calls were made", got)
	}
}

// A line that is refused makes an error that says how many went in.
func TestImportSaysHowMuchWentIn(t *testing.T) {
	w := newWholesaler(t)
	w.says("Dropshipping/basketImport", envelope(`<products SOAP-ENC:arrayType="ns1:p[2]">
		<item><productCode>41</productCode><basketPosition>1</basketPosition></item>
		<item><productCode>42</productCode><errors><faultCode>2</faultCode><faultString>Nie ma takiego towaru</faultString></errors></item></products>`))
	lines, err := w.client(t).ImportBasket(t.Context(), idosell.BasketImport{
		Lines:       []idosell.Line{{Code: "41", Quantity: number(t, "1"), Comment: "na prezent"}, {Code: "42", Quantity: number(t, "1.5")}},
		Comment:     "lista",
		Attachments: []idosell.Attachment{{Name: "etykieta.pdf", Content: []byte("%PDF")}},
	})
	failed, ok := errors.AsType[*idosell.ImportError](err)
	if !ok || failed.Imported != 1 || idosell.MaySendAgain(err) != idosell.SendAgainNo {
		t.Fatalf("error %v, want that 1 line went in and that it is not to be sent again", err)
	}
	if len(lines) != 2 || lines[0].BasketPosition != 1 || !lines[0].Fault.OK() || lines[1].Fault.Code != 2 {
		t.Errorf("lines %+v", lines)
	}
	for _, part := range []string{`SOAP-ENC:arrayType="ns1:productsItemType[2]"`, ">na prezent<", ">1.5<", ">internal<", ">lista<", ">JVBERg==<", ">etykieta.pdf<"} {
		if !strings.Contains(w.lastRequest(), part) {
			t.Errorf("the request lacks %s:\n%s", part, w.lastRequest())
		}
	}
}

func TestOptionalGates(t *testing.T) {
	w := newWholesaler(t)
	wsdl := func(method string) string {
		return `<?xml version="1.0"?><wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" targetNamespace="Basket"><wsdl:portType name="p"><wsdl:operation name="` + method + `"/></wsdl:portType></wsdl:definitions>`
	}
	w.says("Basket/clear/wsdl", wsdl("clear"))
	w.says("Basket/clear", envelope(""))
	w.says("Basket/remove/wsdl", "<!DOCTYPE html><html></html>")
	now := &clock{at: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	client := w.client(t, func(c *idosell.Config) { c.Now = now.now })
	for range 3 {
		if err := client.ClearBasket(t.Context()); err != nil {
			t.Errorf("a gate that is there: %v", err)
		}
		if err := client.RemoveFromBasket(t.Context(), 1); !errors.Is(err, idosell.ErrGateMissing) {
			t.Errorf("a page of the shop where the WSDL would be: %v, want ErrGateMissing", err)
		}
		if err := client.CancelOrder(t.Context(), "sklep-1"); !errors.Is(err, idosell.ErrGateMissing) {
			t.Errorf("a gate that is not there: %v, want ErrGateMissing", err)
		}
	}
	for gate, want := range map[string]int{"Basket/clear/wsdl": 1, "Basket/clear": 3, "Basket/remove/wsdl": 1, "Basket/remove": 0, "Orders/cancel/wsdl": 1, "Orders/cancel": 0} {
		if got := w.count(gate); got != want {
			t.Errorf("%s was asked %d times, want %d", gate, got, want)
		}
	}
	now.advance(2 * time.Hour) // the wholesaler may have switched it on
	w.says("Orders/cancel/wsdl", wsdl("cancel"))
	w.says("Orders/cancel", envelope("<orderStatus>canceled</orderStatus>"))
	if err := client.CancelOrder(t.Context(), "sklep-1"); err != nil {
		t.Errorf("a gate that is there now: %v", err)
	}
}

// Fault 2 is an empty list for orders and an error for couriers.
func TestNothingFound(t *testing.T) {
	w := newWholesaler(t)
	w.says(ordersGate, fault(2, "Brak"))
	w.says("Dropshipping/getCouriers", fault(2, "Brak"))
	client := w.client(t)
	for range client.Orders(t.Context(), idosell.OrderQuery{}) {
		t.Error("an order, or an error, of an empty list")
	}
	if _, err := client.Couriers(t.Context(), ""); err == nil {
		t.Error("no couriers at all is no error")
	}
}

func TestDatesAreWrittenInTheWholesalersTime(t *testing.T) {
	w := newWholesaler(t)
	w.says(ordersGate, fault(2, ""))
	client := w.client(t)
	_, err := client.OrdersPage(t.Context(), idosell.OrderQuery{
		DateType: idosell.DateModified,
		Begin:    time.Date(2026, 1, 10, 23, 30, 0, 0, time.UTC),
		End:      time.Date(2026, 7, 10, 22, 30, 0, 0, time.UTC),
	}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{">modified<", ">2026-01-11 00:30:00<", ">2026-07-11 00:30:00<"} {
		if !strings.Contains(w.lastRequest(), part) {
			t.Errorf("the request lacks %s:\n%s", part, w.lastRequest())
		}
	}
}

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"12": "12", "12.50": "12.5", "12,50": "12.5", "-1": "-1", "1 299,90": "1299.9", "1.234,56": "1234.56", "1,234.56": "1234.56",
		"0.000": "0", ".5": "0.5", "5.": "5", "1\u00a0000": "1000", "+3": "3",
	} {
		got, err := idosell.ParseDecimal(text)
		if err != nil || got.String() != want {
			t.Errorf("%q is read as %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", " ", "x", "1e9", "1.2.3", "--1", "1-", "NaN", "٣", strings.Repeat("9", 41), ",", "-"} {
		if got, err := idosell.ParseDecimal(text); err == nil {
			t.Errorf("%q is read as %s, want an error", text, got)
		}
	}
}

func TestLanguageID(t *testing.T) {
	for tag, want := range map[string]string{"pl-PL": "pol", "en": "eng", "de_AT": "ger", "FR-ca": "fre", "tlh": "", "": ""} {
		if got := idosell.LanguageID(tag); got != want {
			t.Errorf("LanguageID(%q) = %q, want %q", tag, got, want)
		}
	}
}
