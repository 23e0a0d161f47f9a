package idosell_test

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/idosell"
)

// Each test here is named for a mistake that a review found; its comment tells
// the story.

// The errors block was read by the plain names of its children only: as an array
// of one item, or in PHP's Map encoding, fault 3 was taken for success, and
// PlaceOrder said that an order was placed. A fault must be seen in each form in
// which other values come.
func TestFaultsInEveryForm(t *testing.T) {
	after := func(block string) string { return envelopeHead + block + "<results/>" + envelopeTail }
	bare := func(content string) string {
		return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>` + content + `</e:Body></e:Envelope>`
	}
	for name, body := range map[string]string{
		"array of one":         after(`<errors SOAP-ENC:arrayType="x[1]"><item><faultCode>3</faultCode></item></errors>`),
		"map":                  after(`<errors><item><key>faultCode</key><value>3</value></item></errors>`),
		"map of maps":          after(`<errors><item><key>0</key><value><faultCode>3</faultCode></value></item></errors>`),
		"snake case, singular": after(`<error><fault_code>3</fault_code></error>`),
		"behind the results":   envelopeHead + `<results/><errors><faultCode>3</faultCode></errors>` + envelopeTail,
		"referred to":          after(`<errors href="#e"/><multi id="e"><faultCode>3</faultCode></multi>`),
		"code referred to":     after(`<errors><faultCode href="#e"/></errors><multi id="e">3</multi>`),
		"nothing but the code": bare(`<r><faultCode>3</faultCode></r>`),
		"all of it a map":      bare(`<r><return><item><key>errors</key><value><item><key>faultCode</key><value>3</value></item></value></item></return></r>`),
		"code of a SOAP fault": bare(`<e:Fault><faultcode>3</faultcode><faultstring>x</faultstring></e:Fault>`),
		"second block":         after(noFault + `<errors><faultCode>3</faultCode></errors>`),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWholesaler(t)
			w.says(placeGate, body)
			_, err := w.client(t).PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
			if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Code != 3 {
				t.Errorf("error %v, want fault 3", err)
			}
		})
	}
}

// A PlaceOrder whose answer named no order was a success without an id. What
// came of it is not known: the order may have been placed. The same is true of
// an order with an id beside the fault of one of its parts, which was "no, it was
// refused", so that it would have been ordered anew.
func TestPlacedOrderWithoutAnOrder(t *testing.T) {
	for name, body := range map[string]string{
		"empty answer":       `<e:Envelope xmlns:e="x"><e:Body><placeOrderResponse/></e:Body></e:Envelope>`,
		"nil":                `<e:Envelope xmlns:e="x"><e:Body><r><return nil="true"/></r></e:Body></e:Envelope>`,
		"only no fault":      envelopeHead + noFault + envelopeTail,
		"a text":             `<e:Envelope xmlns:e="x"><e:Body><r><return>Dziękujemy</return></r></e:Body></e:Envelope>`,
		"id and inner fault": envelope(`<orderId>sklep-8</orderId><products><item><faultCode>9</faultCode></item></products>`),
		"unreadable code":    envelopeHead + `<errors><faultCode>E_TIMEOUT</faultCode></errors>` + envelopeTail,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWholesaler(t)
			w.says(placeGate, body)
			placed, err := w.client(t).PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
			if err == nil || idosell.MaySendAgain(err) != idosell.SendAgainUnknown {
				t.Errorf("%+v, error %v, may be sent again: %s; want an error and unknown", placed, err, idosell.MaySendAgain(err))
			}
			if got := w.count(placeGate); got != 1 {
				t.Errorf("sent %d times", got)
			}
		})
	}
}

// An answer with nothing in it was an empty basket, and an empty list of orders:
// both are what proves that an order was not placed.
func TestNothingIsNoEmptyBasket(t *testing.T) {
	w := newWholesaler(t)
	for _, gate := range []string{basketGate, ordersGate} {
		w.says(gate, `<e:Envelope xmlns:e="x"><e:Body><getResponse><response/></getResponse></e:Body></e:Envelope>`)
	}
	client := w.client(t)
	if basket, err := client.Basket(t.Context()); err == nil {
		t.Errorf("read as the basket %+v", basket)
	}
	if _, err := client.OrdersPage(t.Context(), idosell.OrderQuery{}, 0, 10); err == nil {
		t.Error("read as an empty list of orders")
	}
}

// Equal reads at the same time are one call; so a Basket read that was begun
// before an import answered those who asked after it, with the basket as it was.
func TestReadAfterAChangeIsFresh(t *testing.T) {
	w := newWholesaler(t)
	begun, goOn := make(chan struct{}), make(chan struct{})
	var reads atomic.Int64
	w.answer(basketGate, func(rw http.ResponseWriter, _ *http.Request) {
		if reads.Add(1) == 1 {
			close(begun)
			<-goOn
			io.WriteString(rw, emptyBasket)
			return
		}
		io.WriteString(rw, envelope(`<products><item><productCode>41</productCode><quantity>1</quantity></item></products>`))
	})
	w.says("Dropshipping/basketImport", envelope(`<products><item><productCode>41</productCode></item></products>`))
	client := w.client(t)
	first := make(chan int, 1)
	go func() {
		basket, err := client.Basket(t.Context())
		if err != nil {
			t.Errorf("the first reader: %v", err)
		}
		first <- len(basket.Lines)
	}()
	<-begun
	if _, err := client.ImportBasket(t.Context(), idosell.BasketImport{Lines: []idosell.Line{{Code: "41", Quantity: number(t, "1")}}}); err != nil {
		t.Fatal(err)
	}
	basket, err := client.Basket(t.Context())
	if err != nil || len(basket.Lines) != 1 {
		t.Errorf("after the import: %d lines, %v; want the line that went in", len(basket.Lines), err)
	}
	close(goOn)
	if lines := <-first; lines != 0 {
		t.Errorf("the reader before the import has %d lines", lines)
	}
}

// The faults of single items did not pass the place where secrets are taken out,
// and a long text was shortened first, so that half a key was left at its end.
func TestSecretsInTheWordsOfItems(t *testing.T) {
	echo := "klucz " + dropshippingKey + " sesja SESSION-k"
	w := newWholesaler(t)
	w.says(placeGate, envelope(`<item><errors><faultCode>5</faultCode><faultString>`+echo+`</faultString></errors></item>`))
	w.says("Dropshipping/basketVerification", envelope(`<products><item><productCode>1</productCode><errors><faultCode>5</faultCode><faultString>`+echo+`</faultString></errors></item></products>`))
	w.says(basketGate, fault(5, strings.Repeat("x", 294)+" "+dropshippingKey))
	client := w.client(t)
	_, placing := client.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
	lines, err := client.Availability(t.Context(), idosell.Line{Code: "1", Quantity: number(t, "1")})
	if err != nil || len(lines) != 1 || lines[0].Fault.Code != 5 {
		t.Fatalf("%+v, %v", lines, err)
	}
	_, reading := client.Basket(t.Context())
	said := fmt.Sprint(placing, lines, reading, w.logs.String())
	for _, secret := range []string{dropshippingKey[:4], "SESSION-k"} {
		if strings.Contains(said, secret) {
			t.Errorf("%q is in\n%s", secret, said)
		}
	}
}

// References could make the decoder look at the same elements again and again:
// elements that it has no use for did not count. 130 kB took four seconds and
// 2.8 GB; what the size limit lets through would have taken a quarter of an hour.
func TestReferencesToUnknownElementsEnd(t *testing.T) {
	const many = 10_000
	big := `<b id="b">` + strings.Repeat("<x/>", many) + "</b>"
	for name, results := range map[string]string{
		"items":  strings.Repeat(`<item href="#b"/>`, many) + "</results>" + big + "<results>",
		"lists":  "<item><orderDetails>" + strings.Repeat(`<productsResults href="#b"/>`, many) + "</orderDetails></item></results>" + big + "<results>",
		"faults": strings.Repeat(`<item href="#b"/>`, many) + "</results>" + strings.Replace(big, "<x/>", "<faultCode>1</faultCode>", 1) + "<results>",
		"circle": `<item id="c"><faultCode>1</faultCode>` + strings.Repeat(`<x href="#c"/>`, 50) + "</item>",
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			_, err := idosell.DecodeOrders([]byte(envelope(results)))
			if took := time.Since(started); took > 10*time.Second {
				t.Errorf("took %v (error: %v)", took, err)
			}
			if err == nil && name != "circle" {
				t.Error("an answer that multiplies was read to its end")
			}
			idosell.DecodeFault([]byte(envelope(results)))
		})
	}
}

// Variations that come together: what is left out under one name and said under
// another, an array's type without its items, PHP's maps for single items.
func TestVariationsTogether(t *testing.T) {
	line := "<basketPosition>1</basketPosition><productCode>41</productCode><quantity>2</quantity>"
	for name, products := range map[string]string{
		"array's type without items": `<products SOAP-ENC:arrayType="x[1]">` + line + "</products>",
		"one item as a map":          `<products><item><key>basketPosition</key><value>1</value></item><item><key>productCode</key><value>41</value></item><item><key>quantity</key><value>2</value></item></products>`,
		"nil, then its alias":        `<products><item><basketPosition>1</basketPosition><productCode xsi:nil="1"/><code>41</code><quantity/><productQuantity>2</productQuantity></item></products>`,
		"alias, then nothing":        `<products><item><basketPosition>1</basketPosition><code>41</code><productCode/><productQuantity>2</productQuantity><quantity xsi:nil="true"/></item></products>`,
		"an item of nothing":         `<products><item>` + line + `</item><item/></products>`,
		"array under both names":     `<products><item><quantity>2</quantity><productQuantity>3</productQuantity><code>9</code><productCode>41</productCode><basketPosition>1</basketPosition></item></products>`,
	} {
		t.Run(name, func(t *testing.T) {
			basket, err := idosell.DecodeBasket([]byte(envelope(products)))
			if err != nil || len(basket.Lines) != 1 {
				t.Fatalf("%+v, %v; want one line", basket.Lines, err)
			}
			if got := basket.Lines[0]; got.Position != 1 || got.ProductCode != "41" || !got.Quantity.Equal(number(t, "2")) {
				t.Errorf("read as %+v", got)
			}
		})
	}
}

// The admin gates wrap the dispositions once more (idosell-wire.md):
// productSizesDispositions/productSizesDispositionsInSales[]. With two sizes,
// both were lost, and with them what can be sold.
func TestDispositionsAreWrapped(t *testing.T) {
	w := newWholesaler(t)
	size := "<item><sizeId>%s</sizeId><productSizeQuantityAllStocks>%d</productSizeQuantityAllStocks></item>"
	w.says("Products/search", listed("", `<productId>41</productId><productIsVisible/><productStocksData><productSizesDispositions><productSizesDispositionsInSales>`+
		fmt.Sprintf(size, "S", 8)+fmt.Sprintf(size, "M", 3)+`</productSizesDispositionsInSales></productSizesDispositions></productStocksData>`))
	page, err := w.client(t).SearchProductsPage(t.Context(), idosell.ProductQuery{}, 0, 10)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v, %v", page.Items, err)
	}
	got := page.Items[0].Stock.Dispositions
	if len(got) != 2 || got[0].SizeID != "S" || got[1].SizeID != "M" || !got[0].AllStocks.Decimal.Equal(number(t, "8")) {
		t.Errorf("dispositions %+v", got)
	}
	if !page.Items[0].Visible {
		t.Error("an empty productIsVisible hides the product")
	}
}

// A transport that does not tell how far a request came made "no connection,
// send it again" of every failure, also of one after the request had gone out.
func TestTransportThatDoesNotTell(t *testing.T) {
	w := newWholesaler(t)
	client := w.client(t, func(c *idosell.Config) {
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			bare, err := http.NewRequest(r.Method, r.URL.String(), r.Body)
			if err != nil {
				return nil, err
			}
			response, err := http.DefaultTransport.RoundTrip(bare)
			if err == nil && strings.Contains(r.URL.RawQuery, "placeOrder") {
				response.Body.Close()
				return nil, errors.New("the connection broke")
			}
			return response, err
		})
	})
	_, err := client.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
	if got := idosell.MaySendAgain(err); w.count(placeGate) != 1 || got != idosell.SendAgainUnknown {
		t.Errorf("sent %d times, may be sent again: %s (%v); want once and unknown", w.count(placeGate), got, err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// net/http sends a request again on its own when an HTTP/2 server refuses the
// stream: a change went out twice, and both past the budget.
func TestHTTP2DoesNotSendAChangeAgain(t *testing.T) {
	granted := newWholesaler(t)
	certified := httptest.NewTLSServer(http.NotFoundHandler())
	certificate := certified.TLS.Certificates[0]
	certified.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var streams atomic.Int64
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go refuseStreams(connection, &streams)
		}
	}()
	refusing := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer refusing.CloseIdleConnections()
	client := granted.client(t, func(c *idosell.Config) {
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if !strings.Contains(r.URL.RawQuery, "placeOrder") {
				return http.DefaultTransport.RoundTrip(r)
			}
			to := *r.URL
			to.Scheme, to.Host = "https", listener.Addr().String()
			again := r.WithContext(r.Context())
			again.URL, again.Host = &to, to.Host
			return refusing.RoundTrip(again)
		})
	})
	_, err = client.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
	if got := idosell.MaySendAgain(err); streams.Load() != 1 || got != idosell.SendAgainUnknown {
		t.Errorf("%d streams, may be sent again: %s (%v); want one stream and unknown", streams.Load(), got, err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// refuseStreams speaks just enough HTTP/2 to refuse every stream (RFC 9113,
// sections 3.4, 4.1 and 6.4).
func refuseStreams(connection net.Conn, streams *atomic.Int64) {
	defer connection.Close()
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(connection, preface); err != nil {
		return
	}
	write := func(kind, flags byte, stream uint32, payload []byte) {
		frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:]
		frame = binary.BigEndian.AppendUint32(append(frame, kind, flags), stream)
		connection.Write(append(frame, payload...))
	}
	const headers, reset, settings, refused = 1, 3, 4, 7
	write(settings, 0, 0, nil)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(connection, head); err != nil {
			return
		}
		size := int64(binary.BigEndian.Uint32(append([]byte{0}, head[:3]...)))
		if _, err := io.CopyN(io.Discard, connection, size); err != nil {
			return
		}
		switch {
		case head[3] == settings && head[4] == 0:
			write(settings, 1, 0, nil)
		case head[3] == headers:
			streams.Add(1)
			write(reset, 0, binary.BigEndian.Uint32(head[5:]), []byte{0, 0, 0, refused})
		}
	}
}

// A wholesaler that gives 50 rows where 100 were asked for, and does not say so,
// had the second half of its list left out.
func TestSmallerPagesThanAskedFor(t *testing.T) {
	w := newWholesaler(t)
	w.answer("Products/search", func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, rest, _ := strings.Cut(string(body), `<resultsPage xsi:type="xsd:int">`)
		page := 0
		fmt.Sscan(strings.ReplaceAll(rest, "<", " <"), &page)
		var items []string
		for i := page * 50; i < min(page*50+50, 170); i++ {
			items = append(items, fmt.Sprintf("<productId>%d</productId>", i+1))
		}
		io.WriteString(rw, listed("<resultsNumberAll>170</resultsNumberAll>", items...))
	})
	found := 0
	for product, err := range w.client(t).SearchProducts(t.Context(), idosell.ProductQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		if found++; product.ID != int64(found) {
			t.Fatalf("product %d comes as number %d", product.ID, found)
		}
	}
	if found != 170 || w.count("Products/search") != 4 {
		t.Errorf("%d products in %d calls, want 170 in 4", found, w.count("Products/search"))
	}
}

// An import of several parts whose second part could be sent again said so of the
// list as a whole, which would have put the first part into the basket twice.
func TestHalfImportIsNotSentAgainWhole(t *testing.T) {
	w := newWholesaler(t)
	var calls atomic.Int64
	w.answer("Dropshipping/basketImport", func(rw http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 2 {
			http.Error(rw, "", http.StatusTooManyRequests)
			return
		}
		io.WriteString(rw, envelope(`<products><item><productCode>41</productCode></item></products>`))
	})
	lines := make([]idosell.Line, 1500)
	for i := range lines {
		lines[i] = idosell.Line{Code: "41", Quantity: number(t, "1")}
	}
	_, err := w.client(t).ImportBasket(t.Context(), idosell.BasketImport{Lines: lines})
	if part, ok := errors.AsType[*idosell.ImportError](err); !ok || part.Imported != 1 {
		t.Fatalf("error %v, want an ImportError with one line", err)
	}
	if got := idosell.MaySendAgain(err); got != idosell.SendAgainNo {
		t.Errorf("may be sent again: %s, want no", got)
	}
}

// After 408, 425, 499 and redirects a change counted as refused. None of them
// says that the gate did nothing.
func TestStatusesThatProveNothing(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 408, 425, 499, 500, 502, 503, 504} {
		w := newWholesaler(t)
		w.answer(placeGate, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) })
		_, err := w.client(t).PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
		if got := idosell.MaySendAgain(err); got != idosell.SendAgainUnknown {
			t.Errorf("HTTP status %d: may be sent again: %s, want unknown", status, got)
		}
	}
}

// "1,234,567" was read as 1234.567: with one sign twice, none is the decimal one.
func TestNumbersOfManyGroups(t *testing.T) {
	for _, text := range []string{"1,234,567", "1.234.567", "1 234,5,6", "1.234,56,7"} {
		if got, err := idosell.ParseDecimal(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

// Only orders were held against what was asked for. A wholesaler that does not
// know a filter and answers everything had other products and the addresses of
// other orders handed on; and where it did not know paging either, rows that were
// all left out hid that every page was the same: 100,000 calls.
func TestFiltersThatAreIgnored(t *testing.T) {
	w := newWholesaler(t)
	product := func(id int) string { return fmt.Sprintf("<productId>%d</productId>", id) }
	w.says("Products/search", listed("<resultsNumberAll>2</resultsNumberAll>", product(7), product(8)))
	w.says("Products/get", listed("<resultsNumberAll>2</resultsNumberAll>", product(7), product(8)))
	address := "<deliveryAddressId>%d</deliveryAddressId><orderId>sklep-%d</orderId><deliveryFirstName>Łucja</deliveryFirstName>"
	w.says("Clients/getDeliveryAddresses", listed("<resultsNumberAll>2</resultsNumberAll>", fmt.Sprintf(address, 1, 1), fmt.Sprintf(address, 2, 2)))
	var everyOrder []string
	for i := range 100 {
		everyOrder = append(everyOrder, fmt.Sprintf("<orderId>sklep-%d</orderId>", i+1))
	}
	w.says(ordersGate, listed("", everyOrder...))
	client := w.client(t)
	for name, products := range map[string]func(func(idosell.Product, error) bool){
		"search": client.SearchProducts(t.Context(), idosell.ProductQuery{IDs: []int64{8}}),
		"get":    client.GetProducts(t.Context(), idosell.ProductQuery{IDs: []int64{8}}),
	} {
		var found []int64
		for p, err := range products {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, p.ID)
		}
		if len(found) != 1 || found[0] != 8 {
			t.Errorf("%s: products %v, want 8 alone", name, found)
		}
	}
	for a, err := range client.DeliveryAddresses(t.Context(), idosell.AddressQuery{OrderIDs: []string{"sklep-2"}}) {
		if err != nil || a.ID != 2 || a.FirstName != "Łucja" {
			t.Errorf("address %+v, %v; want that of sklep-2", a, err)
		}
	}
	var last error
	for _, err := range client.Orders(t.Context(), idosell.OrderQuery{IDs: []string{"sklep-777"}}) {
		last = err
	}
	if last == nil || w.count(ordersGate) != 2 {
		t.Errorf("%d calls, error %v; want an error after two equal pages", w.count(ordersGate), last)
	}
	if got := idosell.MaySendAgain(last); got != idosell.SendAgainNo {
		t.Errorf("a list without an end may be sent again: %s, want no", got)
	}
}

// Each client without a table of its own had a new one, and what was worked out
// for it was kept for good: memory grew with every client that was ever made.
func TestClientsShareTheBuiltInTable(t *testing.T) {
	w := newWholesaler(t)
	if one, two := w.client(t).Gates(), w.client(t).Gates(); one != two {
		t.Error("two clients have two built-in tables")
	}
}
