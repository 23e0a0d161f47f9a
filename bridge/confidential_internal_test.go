package bridge

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

// The purchase side: amounts that stand nowhere else. The sandbox's products and
// orders get the first kind, the orders that are known here the second.
const plantedGoods, plantedExpected = "8419.57", "9241.63"

// demoEuro is what a euro costs in a demonstration.
const demoEuro = "4.25"

// paid is one amount that the shop pays, and where it was planted.
type paid struct {
	what   string
	amount decimal.Decimal
}

// TestWhatTheShopPaysStaysInside plants amounts in every place where purchase
// prices and upstream totals come from, and looks for them in everything that
// oct8ne or a browser can be answered. The wholesaler's own site with the
// account's prices is the proof that they would be found.
func TestWhatTheShopPaysStaysInside(t *testing.T) {
	t.Parallel()
	type way struct {
		kind   ShopKind
		source PriceSource
		offer  bool // products are those of the wholesaler's feed, not asked for live
	}
	cases := []way{
		{Dropshipping, PricesNone, false}, {Dropshipping, PricesRetail, false}, {Dropshipping, PricesSRP, false}, {Wholesale, PricesAccount, false},
		{Dropshipping, PricesNone, true}, {Dropshipping, PricesRetail, true}, {Dropshipping, PricesSRP, true}, {Dropshipping, PricesAccount, true}, {Wholesale, PricesAccount, true},
	}
	locales := []string{"pl-PL", "en-GB", "de-CH"}
	if testing.Short() { // the race detector makes minutes of it
		cases, locales = []way{cases[1], cases[3], cases[4], cases[7]}, locales[:1]
	}
	for _, c := range cases {
		name := string(c.kind) + " " + string(c.source)
		if c.offer {
			name += " from the feed"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := openShop(t, c.kind, c.source, c.offer)
			planted := shop.planted()
			found := map[string]bool{}
			look := func(answers map[string]string) {
				for where, answer := range answers {
					digits := squeezed(answer)
					for _, p := range planted {
						if !strings.Contains(digits, squeezed(p.amount.String())) {
							continue // the quick look, for the thousands of pairs
						}
						written := formOf(p.amount).FindStringSubmatch(answer)
						if written == nil {
							continue
						}
						if found[p.what] = true; c.kind == Dropshipping {
							t.Errorf("%s (%s) stands in the answer to %s as %q", p.what, p.amount, where, written[1])
						}
					}
				}
			}
			ways := []string{"&currency=EUR", "&currency=PLN", "&callback=f"}
			answers := shop.answers(ways, locales...)
			look(answers)
			shop.mustShow(answers, "149,90", "SH-1", "HERE-1", "HERE-3") // the retail side is there
			if c.source == PricesRetail {
				for _, product := range shop.catalogue.Products {
					if !slices.ContainsFunc(slices.Collect(maps.Values(answers)), formOf(product.Retail).MatchString) {
						t.Errorf("the retail price %s is nowhere: the look for amounts proves nothing", product.Retail)
					}
				}
			}
			if c.kind == Wholesale {
				for _, p := range planted {
					if strings.HasPrefix(p.what, "the price of") || strings.HasPrefix(p.what, "the total of") {
						if !found[p.what] {
							t.Errorf("%s (%s) is nowhere, even where it is shown: the look for amounts proves nothing", p.what, p.amount)
						}
					}
				}
			}
			// A wholesaler in trouble, who writes amounts into its complaints. Who asks
			// it live waits long for each answer, whatever is shown of prices.
			if !c.offer && c.source != PricesRetail {
				return
			}
			for _, trouble := range []string{
				`{"trouble": {"fault": {"code": 9, "text": "limit %[1]s, %[2]s"}}}`, `{"trouble": {"soapFault": "wartość %[1]s, %[2]s"}}`,
			} {
				shop.control(fmt.Sprintf(trouble, plantedGoods, shop.catalogue.Products[0].Wholesale))
				look(shop.answers(ways[:1], "it-IT")) // a language that nothing is kept in
			}
		})
	}
}

// pricedShop is the service with its storefront, in front of a sandbox with
// priced products.
type pricedShop struct {
	t          *testing.T
	catalogue  *sandbox.Catalogue
	wholesaler string
	public     string
	http       *http.Client
}

func openShop(t *testing.T, kind ShopKind, source PriceSource, offer bool) *pricedShop {
	t.Helper()
	s := &pricedShop{t: t, catalogue: pricedCatalogue()}
	server := sandbox.New(sandbox.Options{Catalogue: s.catalogue, Orders: pricedOrders()})
	var err error
	if s.wholesaler, err = server.Listen(context.Background(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.public = "http://" + listener.Addr().String()
	settings := demoConfig(kind, s.public, s.wholesaler, t.TempDir(), s.catalogue.Currency)
	settings.Pricing.Source = string(source)
	if kind == Dropshipping && source == PricesAccount {
		settings.Pricing.Margins = []string{"37%"}
	}
	if !offer {
		settings.Feed = config.Feed{}
	}
	pages, err := newDemoShop(kind, s.public, s.wholesaler, nil)
	if err != nil {
		t.Fatal(err)
	}
	service, err := NewService(t.Context(), ServiceOptions{Config: settings, Version: "test", Listener: listener, Public: pages.mount})
	if err != nil {
		t.Fatal(err)
	}
	pages.open(service)
	s.plantOrders(service)
	if offer {
		if err := service.offer.readNow(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := service.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	transport := &http.Transport{}
	s.http = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		pages.visitors.close()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the service did not end well: %v", err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// pricedCatalogue is some of the assortment with purchase prices that nothing
// else costs.
func pricedCatalogue() *sandbox.Catalogue {
	catalogue := sandbox.Assortment()
	catalogue.Products = catalogue.Products[:8]
	for i := range catalogue.Products {
		p := &catalogue.Products[i]
		p.Wholesale = decimal.New(617_329+int64(i)*10_007, -2)
		p.Retail, p.SRP, p.Promotion = decimal.New(999_00+int64(i)*100, -2), decimal.New(1099_00+int64(i)*100, -2), decimal.Zero
		p.Weight, p.Invisible = 1900, false
		for j := range p.Sizes {
			size := &p.Sizes[j]
			size.Wholesale, size.Retail, size.Quantity = p.Wholesale, decimal.Zero, -1
		}
	}
	return catalogue
}

func pricedOrders() []sandbox.SeedOrder {
	anna := sandbox.Address{FirstName: "Anna", LastName: "Nowak", Street: "Kwiatowa 12", ZipCode: "50-001", City: "Wrocław", CountryID: "PL", Email: sandbox.DemoCustomerEmail}
	var list []sandbox.SeedOrder
	for i := range 4 {
		list = append(list, sandbox.SeedOrder{Login: sandbox.DemoLogin, Age: time.Duration(5-i) * 24 * time.Hour, Note: fmt.Sprintf("[ref:SH-%d]", i+1),
			Delivery: anna, CourierID: 12, PaymentType: "prepaid", Products: []int{i, i + 2}})
	}
	return list
}

// plantOrders stores orders that know what the shop pays: in the goods as they
// were verified, and in what the shop expected.
func (s *pricedShop) plantOrders(service *Service) {
	s.t.Helper()
	goods, err := json.Marshal([]orders.Goods{{ProductID: s.catalogue.Products[0].ID, Code: "x", Name: "Towar", Quantity: decimal.NewFromInt(1),
		Gross: decimal.NewNullDecimal(decimal.RequireFromString(plantedGoods))}})
	if err != nil {
		s.t.Fatal(err)
	}
	err = service.store.Tx(s.t.Context(), func(tx *sql.Tx) error {
		for i, state := range []orders.State{orders.Failed, orders.Placed, orders.Failed, orders.Cancelled} {
			reference := fmt.Sprint("HERE-", i+1)
			if state == orders.Placed {
				reference = "SH-2" // the wholesaler has it, too
			}
			request, err := json.Marshal(orders.Request{Reference: reference, Customer: orders.Customer{ID: "17", Email: sandbox.DemoCustomerEmail},
				Total: orders.Money{Amount: decimal.RequireFromString("149.90"), Currency: "PLN"}, Session: "session-17",
				Lines: []orders.Line{{Code: "x", Quantity: decimal.NewFromInt(1), Price: decimal.NewNullDecimal(decimal.RequireFromString(plantedExpected))}}})
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO orders (account, reference, digest, request, customer_id, email, recipient_email, session, state, reason_code, reason_text, goods, created_at, updated_at)
				VALUES ('a', ?, '', ?, '17', ?, '', 'session-17', ?, 'price-changed', ?, ?, ?, ?)`, reference, string(request), sandbox.DemoCustomerEmail, string(state),
				"The price is "+plantedGoods+" now.", string(goods), time.Now().UnixMicro(), time.Now().UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// planted asks the wholesaler, as the account does, for everything that it costs.
func (s *pricedShop) planted() []paid {
	s.t.Helper()
	list := []paid{
		{"what goods of an order cost", decimal.RequireFromString(plantedGoods)},
		{"what the shop expected goods to cost", decimal.RequireFromString(plantedExpected)},
	}
	client, err := idosell.New(idosell.Config{URL: s.wholesaler, Login: sandbox.DemoLogin, Password: secret.New(sandbox.DemoPassword), DropshippingKey: secret.New(sandbox.DemoDropshippingKey)})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	for product, err := range client.SearchProducts(s.t.Context(), idosell.ProductQuery{}) {
		if err != nil || !product.WholesalePrice.Valid {
			s.t.Fatalf("the purchase prices cannot be read: %v", err)
		}
		price := product.WholesalePrice.Decimal
		list = append(list, paid{fmt.Sprint("the price of product ", product.ID), price},
			paid{fmt.Sprint("the net price of product ", product.ID), price.Div(decimal.RequireFromString("1.23")).Round(2)},
			paid{fmt.Sprint("the double price of product ", product.ID), price.Add(price)},
			paid{fmt.Sprint("in euros the price of product ", product.ID), price.DivRound(decimal.RequireFromString(demoEuro), 2)})
	}
	for order, err := range client.Orders(s.t.Context(), idosell.OrderQuery{}) {
		if err != nil || !order.Payment.Costs.Total().Valid {
			s.t.Fatalf("what the orders cost cannot be read: %v", err)
		}
		costs := order.Payment.Costs
		list = append(list, paid{"the worth of order " + order.ID, costs.Products.Decimal}, paid{"the delivery of order " + order.ID, costs.Delivery.Decimal})
		// The shop's customer sees the retail total of what is known here.
		if order.Reference() != "SH-2" {
			list = append(list, paid{"the total of order " + order.ID, costs.Total().Decimal})
		}
	}
	if len(list) < 2+3*8+4*2+3 {
		s.t.Fatalf("only %d amounts are planted", len(list))
	}
	return list
}

// answers asks for everything that oct8ne or a browser can ask for, in JSON and
// JSONP, and in the currencies of the ways. Escapes are taken out of what comes.
func (s *pricedShop) answers(ways []string, locales ...string) map[string]string {
	s.t.Helper()
	var ids []string
	for i := range s.catalogue.Products {
		ids = append(ids, fmt.Sprint(s.catalogue.Products[i].ID))
	}
	token, email := "apiToken="+DemoAPIToken, "customerEmail="+url.QueryEscape(sandbox.DemoCustomerEmail)
	methods := []string{
		"productInfo?productIds=" + strings.Join(ids, ","), "productSummary?productIds=" + strings.Join(ids, ","), "productInfo?productIds=0,x",
		"search?pageSize=100", "search?pageSize=100&orderBy=price&price=0-7000", "search?price=0-1500", "search?search=a&orderBy=price&dir=desc", "search?orderBy=price", "search?orderBy=name&category=1",
		"productRelated?productId=" + ids[0], "customerData?x=1", "getCart?x=1", "addToWishList?productIds=" + ids[0], "getAdapterInfo?x=1",
		"getOrders?pageSize=100&" + email + "&" + token, "getOrders?pageSize=1&page=2&" + email + "&" + token, "getOrders?" + email + "&apiToken=wrong",
		"getOrders?customerEmail=zamowienia%40demoshop.example&" + token, "getSalesReport?" + token, "getSalesReport?from=2000-01-01&to=2100-01-01&" + token,
		"checkSession?sessionId=session-17&" + email + "&" + token, "checkSession?sessionId=x&order_id=SH-1&" + email + "&" + token,
		"nothing?x=1", "search?callback=alert(1)",
	}
	for _, reference := range []string{"SH-1", "SH-2", "SH-3", "SH-4", "HERE-1", "HERE-3", "HERE-4", "1", "2", "demoshop-1"} {
		methods = append(methods, "getOrderDetails?reference="+reference+"&"+token)
	}
	answers := map[string]string{}
	ask := func(path string) {
		response, err := s.http.Get(s.public + path)
		if err != nil {
			s.t.Error(err)
			return
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			s.t.Error(err)
		}
		var head strings.Builder
		_ = response.Header.Write(&head)
		answers[path] = unescaped(head.String() + "\n" + string(body))
	}
	for _, locale := range locales {
		for _, method := range methods {
			for _, way := range ways {
				ask("/oct8ne/frame/" + method + way + "&locale=" + locale)
			}
		}
	}
	for _, page := range []string{"", "?q=a", "?sort=price&lang=en", "?page=999", "nothing", "product/0"} {
		ask("/shop/" + page)
	}
	for _, id := range ids {
		ask("/shop/product/" + id)
	}
	// Without a token, which is as much as a browser has.
	for _, path := range []string{"", "openapi.json", "products", "couriers", "orders", "orders/SH-1", "orders/HERE-1", "availability", "addresses"} {
		ask("/api/v1/" + path)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/nothing", "/webhooks/idosell/x"} {
		ask(path)
	}
	return answers
}

func (s *pricedShop) mustShow(answers map[string]string, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if !slices.ContainsFunc(slices.Collect(maps.Values(answers)), func(a string) bool { return strings.Contains(a, text) }) {
			s.t.Errorf("%q is in no answer: the look for amounts proves nothing", text)
		}
	}
}

func (s *pricedShop) control(moods string) {
	s.t.Helper()
	response, err := s.http.Post(s.wholesaler+"/_sandbox/moods", "application/json", strings.NewReader(moods))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		s.t.Fatalf("moods: status %d", response.StatusCode)
	}
}

var escapes = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)

// unescaped takes the escapes of JSON, HTML and addresses out of an answer.
func unescaped(answer string) string {
	answer = html.UnescapeString(escapes.ReplaceAllStringFunc(answer, func(code string) string {
		var letter rune
		if _, err := fmt.Sscanf(code, `\u%04x`, &letter); err != nil {
			return code
		}
		return string(letter)
	}))
	if plain, err := url.PathUnescape(answer); err == nil {
		return plain
	}
	return answer
}

// squeezed takes out of a text whatever may part the digits of an amount.
func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\n', '\r', '\f', '\u00a0', '\u2009', '\u202f', '.', ',', '\'', '’':
			return -1
		}
		return r
	}, text)
}

// formOf matches every way to write an amount: in full, without the zeros at its
// end, in minor units, with a point or a comma, and its thousands parted by
// whatever CLDR parts them with. Other digits beside make it another number.
func formOf(amount decimal.Decimal) *regexp.Regexp {
	whole, fraction, _ := strings.Cut(amount.StringFixed(2), ".")
	if n := len(whole); n > 3 {
		whole = whole[:n-3] + `[\s\x{a0}\x{2009}\x{202f}.,'’]?` + whole[n-3:]
	}
	if short := strings.TrimRight(fraction, "0"); short != fraction {
		fraction = short + strings.Repeat("0?", len(fraction)-len(short))
	}
	return regexp.MustCompile(`(?:^|[^0-9])(` + whole + `[.,]?` + fraction + `)(?:[^0-9]|$)`)
}

func TestAmountIsFoundInEveryForm(t *testing.T) {
	t.Parallel()
	form := formOf(decimal.RequireFromString("6173.20"))
	for text, want := range map[string]bool{
		`"6173.20"`: true, `6173.2`: true, `6173,20 zł`: true, "6\u00a0173,20\u00a0zł": true, "6\u202f173,20": true, "PLN 6,173.20": true, "6.173,20": true,
		"6’173.20": true, `"6\u00a0173,20\u00a0z\u0142"`: true, "6&nbsp;173,20": true, "6&#160;173,2": true, `{"amount":617320}`: true, "6%20173,20": true,
		"16173.20": false, "6173.21": false, "6173.205": false, "6173": false, "61732": true, "617": false, "6 17320": true, "7320": false, "": false,
	} {
		text := unescaped(text)
		if got := form.MatchString(text); got != want || got && !strings.Contains(squeezed(text), "61732") {
			t.Errorf("%q: found %t, want %t, squeezed to %q", text, got, want, squeezed(text))
		}
	}
}
