package idosell_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"octobridge/idosell"
)

func TestEveryTypeFitsTheGateTable(t *testing.T) {
	if unused := idosell.CheckMappings(); len(unused) > 0 {
		t.Errorf("the gate table has elements that no type uses:\n%s", strings.Join(unused, "\n"))
	}
}

const orderItem = `<orderId xsi:type="xsd:string">sklep-7</orderId><orderSerialNumber xsi:type="xsd:int">1207</orderSerialNumber>
<clientResult><clientDeliveryAddress><clientDeliveryAddressId>9</clientDeliveryAddressId><clientDeliveryAddressFirstName>Łucja</clientDeliveryAddressFirstName>
<clientDeliveryAddressCity>Łódź</clientDeliveryAddressCity><clientDeliveryAddressEmail>lucja@example.com</clientDeliveryAddressEmail></clientDeliveryAddress></clientResult>
<orderDetails><orderStatus>finished</orderStatus><orderAddDate>2026-03-29 03:30:00</orderAddDate><orderDispatchDate>0000-00-00 00:00:00</orderDispatchDate>
<clientNoteToOrder>[ref:SH-1001] zażółć</clientNoteToOrder>
<payments><orderPaymentType>prepaid</orderPaymentType><orderCurrency><currencyId>PLN</currencyId><orderProductsCost>1299,9</orderProductsCost><orderDeliveryCost>12.50</orderDeliveryCost></orderCurrency></payments>
<dispatch><courierId>3</courierId><courierName>DPD</courierName><packages SOAP-ENC:arrayType="ns1:p[1]"><item><deliveryPackageNumber>0000123</deliveryPackageNumber></item></packages></dispatch>
<productsResults SOAP-ENC:arrayType="ns1:p[1]"><item><productId>41</productId><productName>Kubek</productName><sizeId>uniw</sizeId><productQuantity>2.000</productQuantity></item></productsResults>
</orderDetails>`

// wantOrder is what orderItem says, written down by hand.
func wantOrder(t *testing.T) idosell.Order {
	d := func(s string) idosell.Decimal {
		n, err := idosell.ParseDecimal(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return idosell.Order{
		ID: "sklep-7", SerialNumber: 1207,
		Client: idosell.OrderClient{Delivery: idosell.DeliveryAddress{ID: 9,
			Address: idosell.Address{FirstName: "Łucja", City: "Łódź", Email: "lucja@example.com"}}},
		OrderDetails: idosell.OrderDetails{
			Status:     "finished",
			AddedAt:    time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC), // half past three, summer time already
			ClientNote: "[ref:SH-1001] zażółć",
			Payment: idosell.Payment{Type: idosell.Prepaid, Costs: idosell.OrderCosts{Currency: "PLN",
				Products: idosell.OptionalDecimal{Decimal: d("1299.9"), Valid: true}, Delivery: idosell.OptionalDecimal{Decimal: d("12.5"), Valid: true}}},
			Dispatch: idosell.Dispatch{CourierID: 3, CourierName: "DPD", Parcels: []idosell.Parcel{{Number: "0000123"}}},
			Lines:    []idosell.OrderLine{{ProductID: 41, ProductName: "Kubek", SizeID: "uniw", Quantity: d("2")}},
		},
	}
}

var byValue = cmp.Options{
	cmp.Comparer(func(a, b idosell.Decimal) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
}

// Each variation of the same answer, as idosell.md and idosell-wire.md list
// them, must be read as the same order.
func TestVariationsOfAnAnswer(t *testing.T) {
	plain := listed("", orderItem)
	replaced := func(pairs ...string) []byte {
		out := strings.NewReplacer(pairs...).Replace(plain)
		if out == plain {
			t.Fatalf("%q changes nothing", pairs)
		}
		return []byte(out)
	}
	latin2, err := charmap.ISO8859_2.NewEncoder().String(strings.Replace(plain, `encoding="UTF-8"`, `encoding="ISO-8859-2"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	windows, err := charmap.Windows1250.NewEncoder().String(strings.Replace(plain, `encoding="UTF-8"`, `encoding="windows-1250"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	wide := binary.LittleEndian.AppendUint16(nil, 0xFEFF)
	for _, unit := range utf16.Encode([]rune(strings.Replace(plain, `encoding="UTF-8"`, `encoding="UTF-16"`, 1))) {
		wide = binary.LittleEndian.AppendUint16(wide, unit)
	}
	for name, body := range map[string][]byte{
		"as written":               []byte(plain),
		"other prefixes":           replaced("SOAP-ENV:", "soapenv:", "xmlns:SOAP-ENV", "xmlns:soapenv", "ns1:", "q:", "xmlns:ns1", "xmlns:q"),
		"part named after method":  replaced("<response ", "<getResponse ", "</response>", "</getResponse>"),
		"container with capital R": replaced("<results ", "<Results ", "</results>", "</Results>"),
		"container without s":      replaced("<results ", "<result ", "</results>", "</result>"),
		"snake case":               replaced("orderId>", "order_id>", "orderId ", "order_id ", "orderSerialNumber", "order_serial_number", "orderAddDate", "order_add_date"),
		"upper case":               replaced("orderStatus", "ORDERSTATUS"),
		"alias":                    replaced("orderSerialNumber", "orderSn"),
		"address without prefix":   replaced("clientDeliveryAddressFirstName", "firstName", "clientDeliveryAddressCity", "city"),
		"CDATA":                    replaced("[ref:SH-1001] zażółć", "<![CDATA[[ref:SH-1001] zażółć]]>"),
		"entities":                 replaced("zażółć", "za&#380;&#xF3;łć"),
		"parcels not in an array":  replaced(`<packages SOAP-ENC:arrayType="ns1:p[1]"><item>`, `<packages>`, `</item></packages>`, `</packages>`),
		"order not in an array":    replaced(` xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="ns1:itemType[1]"><item xsi:type="ns1:itemType">`, `>`, "</item></results>", "</results>"),
		"array without its type":   replaced(` SOAP-ENC:arrayType="ns1:itemType[1]"`, ""),
		"items of another name":    replaced(`<item xsi:type="ns1:itemType">`, `<order>`, "</item></results>", "</order></results>"),
		"map by id":                replaced(`<item xsi:type="ns1:itemType">`, `<item><key>sklep-7</key><value>`, "</item></results>", "</value></item></results>"),
		"values as map": replaced("<courierId>3</courierId><courierName>DPD</courierName>",
			"<item><key>courierId</key><value>3</value></item><item><key>courierName</key><value>DPD</value></item>"),
		"reference":                 replaced(`<dispatch><courierId>3</courierId>`, `<dispatch href="#d"/><x id="d"><courierId>3</courierId>`, "</dispatch>", "</x>"),
		"xsi:nil":                   replaced("<orderDispatchDate>0000-00-00 00:00:00</orderDispatchDate>", `<orderDispatchDate xsi:nil="true"/>`),
		"zero date":                 replaced("0000-00-00 00:00:00", "0000-00-00"),
		"dispatch date 0":           replaced("0000-00-00 00:00:00", "0"),
		"decimal comma":             replaced("2.000", "2,0"),
		"thousands":                 replaced("1299,9", "1\u00a0299,90"),
		"empty array for a map":     replaced("</orderDetails>", `<x/></orderDetails><clientPickupPointAddress SOAP-ENC:arrayType="xsd:anyType[0]"/>`),
		"no errors element":         replaced(noFault, ""),
		"bare fault code 0":         replaced(noFault, "<faultCode>0</faultCode><faultString/>"),
		"fault code as string":      replaced(`<faultCode xsi:type="xsd:int">0`, `<faultCode xsi:type="xsd:string"> 0 `),
		"unknown elements":          replaced("<orderDetails>", "<somethingNew><deep><deeper>x</deeper></deep></somethingNew><orderDetails>"),
		"PHP's warning in front":    []byte("<br />\n<b>Warning</b>:  Undefined index in <b>/a.php</b> on line <b>3</b><br />\n" + plain),
		"BOM":                       append([]byte("\xef\xbb\xbf"), plain...),
		"ISO-8859-2":                []byte(latin2),
		"windows-1250":              []byte(windows),
		"UTF-16":                    wide,
		"blank lines in front":      []byte("\r\n\n" + strings.TrimPrefix(plain, `<?xml version="1.0" encoding="UTF-8"?>`)),
		"serial number as decimal":  replaced("1207", "1207.000"),
		"directly below the method": replaced(`<response xsi:type="ns1:responseType">`, "", "</response>", ""),
	} {
		t.Run(name, func(t *testing.T) {
			orders, err := idosell.DecodeOrders(body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]idosell.Order{wantOrder(t)}, orders, byValue); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A repeated element and its array are the same list.
func TestRepeatedElementsAreAList(t *testing.T) {
	line := func(n string) string { return `<productId>` + n + `</productId><quantity>1</quantity>` }
	for name, products := range map[string]string{
		"array":    `<products SOAP-ENC:arrayType="ns1:p[2]"><item>` + line("1") + `</item><item>` + line("2") + `</item></products>`,
		"repeated": `<products>` + line("1") + `</products><products>` + line("2") + `</products>`,
		"product":  `<products><product>` + line("1") + `</product><product>` + line("2") + `</product></products>`,
	} {
		t.Run(name, func(t *testing.T) {
			basket, err := idosell.DecodeBasket([]byte(envelope(products)))
			if err != nil {
				t.Fatal(err)
			}
			if len(basket.Lines) != 2 || basket.Lines[0].ProductID != 1 || basket.Lines[1].ProductID != 2 {
				t.Errorf("lines %+v, want products 1 and 2", basket.Lines)
			}
		})
	}
	basket, err := idosell.DecodeBasket([]byte(envelope(`<products SOAP-ENC:arrayType="ns1:p[0]"/><currencyId>PLN</currencyId>`)))
	if err != nil || len(basket.Lines) != 0 || basket.Currency != "PLN" {
		t.Errorf("an empty array: %+v, %v", basket, err)
	}
	basket, err = idosell.DecodeBasket([]byte(strings.Replace(envelope(""), `<results xsi:type="ns1:resultsType">`, `<results SOAP-ENC:arrayType="xsd:anyType[0]">`, 1)))
	if err != nil || len(basket.Lines) != 0 {
		t.Errorf("an empty array for a map: %+v, %v", basket, err)
	}
}

func TestUnreadableAnswers(t *testing.T) {
	plain := listed("", orderItem)
	deep := strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000)
	for name, body := range map[string]string{
		"empty":             "",
		"blank":             " \r\n ",
		"text":              "Internal error",
		"page":              "<!DOCTYPE html><html><body>Przerwa techniczna</body></html>",
		"page in capitals":  "<HTML><body>x</body></HTML>",
		"cut in a tag":      plain[:len(plain)/2],
		"cut before end":    plain[:strings.Index(plain, "</SOAP-ENV:Body>")],
		"other document":    "<rss><channel/></rss>",
		"no body":           `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>`,
		"empty body":        `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>`,
		"unknown encoding":  strings.Replace(plain, "UTF-8", "EBCDIC-12", 1),
		"a number is none":  strings.Replace(plain, "1207", "twelve", 1),
		"a date is none":    strings.Replace(plain, "2026-03-29 03:30:00", "yesterday", 1),
		"an entity is none": strings.Replace(plain, "Kubek", "&bomb;", 1),
		"too deep":          envelope(deep),
	} {
		t.Run(name, func(t *testing.T) {
			orders, err := idosell.DecodeOrders([]byte(body))
			if err == nil {
				t.Errorf("read as %+v, want an error", orders)
			}
		})
	}
}

// References that lead in circles, or that multiply, end.
func TestReferencesEnd(t *testing.T) {
	for name, results := range map[string]string{
		"itself":   `<products id="a" href="#a"/>`,
		"circle":   `<products href="#a"/><x id="a"><item href="#b"/></x><y id="b"><item href="#a"/></y>`,
		"multiply": `<products>` + strings.Repeat(`<item href="#big"/>`, 4000) + `</products><big id="big">` + strings.Repeat(`<productId>1</productId>`, 4000) + `</big>`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := idosell.DecodeBasket([]byte(envelope(results))); name == "multiply" && err == nil {
				t.Error("an answer that multiplies to 16 million elements was read to its end")
			}
		})
	}
}

// setProducts-response.xml is real traffic of the maker: outer fault 0, item 5,
// detail "5". Success is only when every level is 0.
func TestThreeLevelsOfFaults(t *testing.T) {
	folder := os.Getenv("OCTOTEST_WSDL_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_WSDL_SAMPLES is not set: the maker's real answer is not there")
	}
	body, err := os.ReadFile(filepath.Join(folder, "setProducts-response.xml"))
	if err != nil {
		t.Fatal(err)
	}
	fault, err := idosell.DecodeFault(body)
	if err != nil {
		t.Fatal(err)
	}
	if fault.Code != 5 || !strings.HasPrefix(fault.Text, "Dodawanie produktów zostało zablokowane") {
		t.Errorf("fault %+v, want code 5 with the maker's words", fault)
	}
}

// A 32 MB answer must not cost more than 64 MB, whatever is in it; nor must one
// that is just under the limit and made to grow in memory.
func TestHostileAnswersStaySmall(t *testing.T) {
	for name, piece := range map[string]string{
		"tiny elements": "<a/>",
		"attributes":    `<a b="" c="" d=""/>`,
		"one text":      "xxxxxxxx",
		"nesting":       "<a>",
		"orders":        "<item>" + orderItem + "</item>",
		"references":    `<item href="#a" id="a"/>`,
		"ISO-8859-2":    "\xb1\xe6\xea\xb3",
	} {
		head := envelopeHead
		if name == "ISO-8859-2" {
			head = strings.Replace(head, "UTF-8", name, 1)
		}
		for _, size := range []int{4 << 20, 7 << 20, 32 << 20} {
			t.Run(fmt.Sprintf("%s of %d MB", name, size>>20), func(t *testing.T) {
				body := []byte(head + "<results>" + strings.Repeat(piece, size/len(piece)) + "</results>" + envelopeTail)
				w := newWholesaler(t)
				w.answer("Orders/get", func(rw http.ResponseWriter, _ *http.Request) {
					rw.(http.Flusher).Flush() // no Content-Length: the client cannot know what comes
					rw.Write(body)
				})
				client := w.client(t)
				if err := client.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := client.OrdersPage(t.Context(), idosell.OrderQuery{}, 0, 100)
				runtime.ReadMemStats(&after)
				if err == nil && size > 8<<20 {
					t.Error("an answer over the limit was read")
				}
				if failure, ok := errors.AsType[*idosell.Error](err); ok && failure.SendAgain == idosell.SendAgainYes && size > 8<<20 {
					t.Errorf("the answer is asked for again: %v", err)
				}
				// Everything ever allocated, not only what was in use at one moment.
				if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
					t.Errorf("%d MB allocated, want at most 64 (error: %v)", got>>20, err)
				}
			})
		}
	}
}

// A wholesaler that does not say whether a product is visible has not hidden it.
func TestVisibleUnlessSaidOtherwise(t *testing.T) {
	w := newWholesaler(t)
	w.says("Products/search", listed("", "<productId>1</productId>", "<productId>2</productId><productIsVisible>n</productIsVisible>", `<productId>3</productId><productIsVisible xsi:nil="true"/>`))
	page, err := w.client(t).SearchProductsPage(t.Context(), idosell.ProductQuery{}, 0, 10)
	if err != nil || len(page.Items) != 3 {
		t.Fatalf("%d products, %v", len(page.Items), err)
	}
	if !page.Items[0].Visible || page.Items[1].Visible || !page.Items[2].Visible {
		t.Errorf("visible: %v %v %v, want true false true", page.Items[0].Visible, page.Items[1].Visible, page.Items[2].Visible)
	}
}
