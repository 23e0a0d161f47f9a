package sandbox

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.uber.org/goleak"

	"octobridge/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The wholesaler that the tests and the golden envelopes are about.
const (
	testLogin    = "sklep"
	testPassword = "haslo-testowe"
	testKey      = "klucz-dropshipping"
	otherLogin   = "kwiaciarnia"
	otherWord    = "zażółć" // a password beyond ASCII
)

// warsawNoon is 12:00 in Warsaw.
var warsawNoon = time.Date(2026, time.November, 21, 11, 0, 0, 0, time.UTC)

type fixedClock struct{}

func (fixedClock) Now() time.Time { return warsawNoon }

func amount(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func testCatalogue() *Catalogue {
	bothNames := func(pol, eng string) map[string]string { return map[string]string{"pol": pol, "eng": eng} }
	return &Catalogue{
		Currency: "PLN", Languages: []string{"pol", "eng"},
		Producers: map[int64]string{21: "Modrak", 22: "Turnik", 23: "Świerszcz"},
		Series:    map[int64]map[string]string{31: bothNames("Polana", "Glade")},
		Categories: map[int64]Category{
			10: {ID: 10, Names: bothNames("Dom", "Home")},
			12: {ID: 12, ParentID: 10, Names: bothNames("Kuchnia", "Kitchen")},
			20: {ID: 20, Names: bothNames("Buty", "Shoes")},
			30: {ID: 30, Names: map[string]string{"pol": "Książki"}},
		},
		Products: []Product{
			{
				ID: 101, Code: "GARNEK-101", ProducerID: 21, CategoryID: 12, SeriesID: 31, VAT: 23, Weight: 350, UnitName: "szt.", Type: "regular",
				Names:     bothNames("Kubek „Łąka” 330 ml", "Meadow mug 330 ml"),
				Shorts:    bothNames("<p>Kubek z <b>uchem</b>.</p>", "<p>A mug.</p>"),
				Longs:     bothNames("<p>Malowany ręcznie.</p>", "<p>Painted by hand.</p>"),
				Wholesale: amount("24.60"), Retail: amount("39.90"), SRP: amount("42"), Promotion: amount("34.90"), Drawings: 2,
				Sizes:      []Size{{ID: "uniw", Name: "uniwersalny", CodeExternal: "KUB-101", CodeProducer: "5900000001012", Quantity: 120, Reserved: 3}},
				Parameters: []Parameter{{ID: "7", ValueID: "71", Names: bothNames("Kolor", "Colour"), Values: bothNames("zielony", "green")}},
			},
			{
				ID: 205, Code: "TREK-205", ProducerID: 22, CategoryID: 20, VAT: 23, Weight: 1200, UnitName: "para",
				Names:     bothNames("Buty trekkingowe za kostkę", "Ankle-high trekking boots"),
				Wholesale: amount("184.50"), Retail: amount("299"), CardURL: "/pl/products/buty-205.html",
				Sizes: []Size{
					{ID: "41", Name: "41", CodeExternal: "BUT-41", CodeProducer: "5900000002040", Quantity: 5},
					{ID: "42", Name: "42", CodeExternal: "BUT-42", CodeProducer: "5900000002057", Quantity: -1},
				},
			},
			{
				ID: 309, Code: "KSI-309", ProducerID: 23, CategoryID: 30, VAT: 5, Weight: 800, UnitName: "szt.", Invisible: true,
				Names: map[string]string{"pol": "Atlas grzybów"}, Wholesale: amount("31.50"), Retail: amount("49.90"),
				CardURL: "https://ksiegarnia.example/atlas", Pictures: []string{"https://ksiegarnia.example/atlas.jpg"},
				Sizes: []Size{{ID: "uniw", Name: "uniwersalny"}},
			},
			{
				ID: 410, Code: "TAS-410", ProducerID: 21, CategoryID: 10, VAT: 8, Weight: 45, UnitName: "m",
				Names: bothNames("Taśma łańcuchowa", "Chain tape"), Wholesale: amount("10.80"), Retail: amount("19.90"), Drawings: 1,
				Sizes: []Size{{ID: "uniw", Name: "uniwersalny", CodeProducer: "5900000004105", Quantity: 50}},
			},
		},
	}
}

var testRecipient = Address{
	FirstName: "Anna", LastName: "Nowak", Street: "ul. Kwiatowa 12/3", ZipCode: "50-001", City: "Wrocław",
	CountryID: "PL", Phone1: "+48 500 000 003", Email: "anna.nowak@example.com",
}

// newWholesaler starts the test wholesaler behind a real HTTP server. Its clock
// stands at noon.
func newWholesaler(t *testing.T, change ...func(*Options)) (*Server, *httptest.Server) {
	t.Helper()
	options := Options{
		Catalogue: testCatalogue(), Clock: fixedClock{}, DropshippingKey: secret.New(testKey), PublicURL: "https://hurtownia.example",
		Accounts: []Account{
			{Login: testLogin, Password: secret.New(testPassword), Email: "sklep@sklep.example", Address: Address{
				FirstName: "Ewa", LastName: "Sklepowa", Firm: "Sklep Testowy", NIP: "0000000000", Street: "ul. Przykładowa 1",
				ZipCode: "00-001", City: "Warszawa", CountryID: "PL", Phone1: "+48 500 000 001",
			}},
			{Login: otherLogin, Password: secret.New(otherWord), Email: "kwiaty@example.com", Discount: amount("10")},
		},
		Orders: []SeedOrder{{Login: testLogin, Age: 48 * time.Hour, Note: "[ref:SH-1001]", Delivery: testRecipient,
			CourierID: courierDPD, PaymentType: "prepaid", Products: []int{0, 1}}},
	}
	for _, c := range change {
		c(&options)
	}
	s := New(options)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		server.CloseClientConnections()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return s, server
}

// shop is a caller of the wholesaler's gates, with a session.
type shop struct {
	t           *testing.T
	url         string
	key         string
	dropshipper string
}

// sha is independent of the sandbox's own systemKey.
func sha(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func login(t *testing.T, server *httptest.Server, name, password, date string) (*shop, answer) {
	t.Helper()
	s := &shop{t: t, url: server.URL, dropshipper: testKey}
	got := s.send("Authenticate/authenticate", fmt.Sprintf(
		`<authenticate><login>%s</login><systemKey>%s</systemKey></authenticate>`, name, sha(date+sha(password))))
	s.key = got.text("results/sessionKey")
	return s, got
}

// signIn opens a session of the test account.
func signIn(t *testing.T, server *httptest.Server) *shop {
	t.Helper()
	s, got := login(t, server, testLogin, testPassword, "20261121")
	if got.code() != "0" || s.key == "" {
		t.Fatalf("signing in: fault %s", got.code())
	}
	return s
}

// answer is a gate's answer: the HTTP response and the part of its envelope.
type answer struct {
	status int
	header http.Header
	body   string
	part   *node
}

// node is an element, by its local name.
type node struct {
	XMLName xml.Name
	Text    string     `xml:",chardata"`
	Attrs   []xml.Attr `xml:",any,attr"`
	Nodes   []*node    `xml:",any"`
}

func (n *node) all(path string) []*node {
	found := []*node{n}
	for _, name := range strings.Split(path, "/") {
		var next []*node
		for _, at := range found {
			for _, below := range at.Nodes {
				if below.XMLName.Local == name {
					next = append(next, below)
				}
			}
		}
		found = next
	}
	return found
}

func (n *node) text(path string) string {
	if found := n.all(path); len(found) > 0 {
		return strings.TrimSpace(found[0].Text)
	}
	return ""
}

func (n *node) texts(path string) []string {
	var all []string
	for _, found := range n.all(path) {
		all = append(all, strings.TrimSpace(found.Text))
	}
	return all
}

func (a answer) text(path string) string {
	if a.part == nil {
		return ""
	}
	return a.part.text(path)
}

func (a answer) texts(path string) []string {
	if a.part == nil {
		return nil
	}
	return a.part.texts(path)
}

func (a answer) code() string { return a.text("errors/faultCode") }

// call sends params to a gate within the session.
func (s *shop) call(gate, params string) answer {
	s.t.Helper()
	return s.send(gate, fmt.Sprintf(`<authenticate><sessionKey>%s</sessionKey><dropshippingKey>%s</dropshippingKey></authenticate><params>%s</params>`,
		s.key, s.dropshipper, params))
}

// must is call for what has to succeed.
func (s *shop) must(gate, params string) answer {
	s.t.Helper()
	got := s.call(gate, params)
	if got.code() != "0" {
		s.t.Fatalf("%s: status %d, fault %q: %s", gate, got.status, got.code(), got.text("errors/faultString"))
	}
	return got
}

func (s *shop) send(gate, part string) answer {
	s.t.Helper()
	got, err := s.try(gate, part)
	if err != nil {
		s.t.Fatalf("%s: %v", gate, err)
	}
	return got
}

func (s *shop) try(gate, part string) (answer, error) {
	method := gate[strings.Index(gate, "/")+1:]
	return post(s.url, gate, fmt.Sprintf(
		`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><n:%s xmlns:n="x"><anything>%s</anything></n:%s></e:Body></e:Envelope>`,
		method, part, method))
}

func post(url, gate, body string) (answer, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Post(url+"/customer-api/?gate="+gate+"/1/soap", "text/xml; charset=utf-8", strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	got := answer{status: response.StatusCode, header: response.Header, body: string(content)}
	if err != nil {
		return got, err
	}
	var envelope node
	if xml.NewDecoder(bytes.NewReader(content)).Decode(&envelope) == nil {
		if inside := envelope.all("Body"); len(inside) == 1 && len(inside[0].Nodes) > 0 && len(inside[0].Nodes[0].Nodes) > 0 {
			got.part = inside[0].Nodes[0].Nodes[0]
		}
	}
	return got, nil
}

// item writes an item of an array.
func item(parts ...string) string {
	out := "<item>"
	for i := 0; i+1 < len(parts); i += 2 {
		out += "<" + parts[i] + ">" + parts[i+1] + "</" + parts[i] + ">"
	}
	return out + "</item>"
}

const goodAddress = `<deliveryAddress><firstName>Anna</firstName><lastName>Nowak</lastName><street>ul. Kwiatowa 12/3</street>
	<zipCode>50-001</zipCode><city>Wrocław</city><countryId>PL</countryId><email>anna.nowak@example.com</email></deliveryAddress>`

// fill puts pieces of a product into the basket.
func (s *shop) fill(code, quantity string) answer {
	s.t.Helper()
	return s.must("Dropshipping/basketImport", "<products>"+item("productCode", code, "codeType", "internal", "quantity", quantity)+"</products>")
}

// place orders what the basket holds, by courier 6, with a note.
func (s *shop) place(note string) answer {
	s.t.Helper()
	return s.must("Dropshipping/placeOrder", goodAddress+"<courierId>6</courierId><paymentType>prepaid</paymentType><clientNoteToOrder>"+note+"</clientNoteToOrder>")
}
