package bridge

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
)

// accountOffer is an offer of twelve products of one category, whose prices for the
// account are in one order or in the opposite one. All else stays the same.
func accountOffer(backwards bool) string {
	var products []string
	for i := range 12 {
		account := 100 + 7*i
		if backwards {
			account = 100 + 7*(11-i)
		}
		price := func(element string, net int) string {
			return fmt.Sprintf(`<%s net="%d.00" gross="%d.%02d"/>`, element, net, net*123/100, net*123%100)
		}
		retail := 400 + 10*(i*5%12)
		products = append(products, element(i+1, "Kubek z kamionki "+string(rune('A'+i)), `<producer id="7" name="Modrak"/><category id="5" name="Dom/Kubki"/><series id="3" name="Kamionka"/>`+
			price("price", account)+price("srp", retail+50)+price("strikethrough_wholesale_price", account+3)+price("iaiext:price_wholesale", account+1)+price("iaiext:price_retail", retail)+
			fmt.Sprintf(`<sizes><size id="uniw" name="uniw" code="%d-uniw">%s%s<stock id="1" quantity="9"/></size></sizes>`, i+1, price("price", account+1), price("strikethrough_wholesale_price", account+5))))
	}
	return offerOf(products...)
}

// accountAnswers is what oct8ne is answered about all of them, in every order, by
// every filter on offer.
func accountAnswers(s *offerShop) map[string]string {
	answers := map[string]string{}
	ids := "1,2,3,4,5,6,7,8,9,10,11,12"
	for _, currency := range []string{"PLN", "EUR", "USD", "XXX"} {
		ask := func(method string, pairs ...string) {
			query := url.Values{"currency": {currency}, "locale": {"pl-PL"}, "pageSize": {"5"}}
			for i := 0; i < len(pairs); i += 2 {
				query.Set(pairs[i], pairs[i+1])
			}
			answers[method+" "+query.Encode()] = s.ask(method, query)
		}
		ask("productInfo", "productIds", ids)
		ask("productSummary", "productIds", ids)
		ask("productRelated", "productId", "4")
		ask("customerData")
		ask("getCart")
		for _, order := range []string{"relevance", "price", "name"} {
			for _, direction := range []string{"asc", "desc"} {
				ask("search", "orderBy", order, "dir", direction)
				ask("search", "orderBy", order, "dir", direction, "search", "kubek", "page", "2")
			}
		}
		for from := 0; from < 600; from += 20 {
			ask("search", "price", fmt.Sprintf("%d-%d", from, from+20), "orderBy", "price")
		}
	}
	return answers
}

// Whatever the account pays, oct8ne is answered the same to the byte: no amount, no
// order, no range and no count tells anything of it. Two offers that differ in
// nothing else are the proof.
func TestNothingDependsOnWhatTheAccountPays(t *testing.T) {
	t.Parallel()
	for _, source := range []PriceSource{PricesNone, PricesRetail, PricesSRP} {
		t.Run(string(source), func(t *testing.T) {
			t.Parallel()
			s := openOffer(t, accountOffer(false), func(c *config.Config) { c.Pricing.Source = string(source) })
			before := accountAnswers(s)
			s.put(accountOffer(true))
			if account, err := s.service.offer.catalog.Products(t.Context(), []int64{1}); err != nil || account[0].Prices.Account.Net.Decimal.String() != "177" {
				t.Fatalf("the other offer is not there: %v, %v", account, err)
			}
			for question, answer := range accountAnswers(s) {
				if answer != before[question] {
					t.Errorf("%s depends on what the account pays:\n%s\n%s", question, before[question], answer)
				}
			}
			if source == PricesNone {
				for question, answer := range before {
					if strings.HasPrefix(question, "search") && strings.Contains(answer, `"formattedPrice":"`) || strings.Contains(answer, `"param":"price","paramLabel":"Cena","options"`) {
						t.Errorf("%s shows prices: %s", question, answer)
					}
				}
			}
		})
	}
}

// With a margin on what the account pays, that itself is nowhere, nor what it was,
// nor what it is of a size: in no currency, and in no way to write it.
func TestTheAccountsPriceIsNotShownBesideItsMargin(t *testing.T) {
	t.Parallel()
	secrets := []string{"6173.29", "5018.93", "6999.37", "5690.54", "6183.31", "5027.08"}
	price := func(element, net, gross string) string {
		return fmt.Sprintf(`<%s net="%s" gross="%s"/>`, element, net, gross)
	}
	was := price("strikethrough_wholesale_price", secrets[3], secrets[2])
	size := fmt.Sprintf(`<sizes><size id="uniw" name="uniw" code="1-uniw">%s%s<stock id="1" quantity="9"/></size></sizes>`, price("price", secrets[5], secrets[4]), was)
	s := openOffer(t, offerOf(
		element(1, "Kubek", price("price", secrets[1], secrets[0])+was+size+`<category id="5" name="Dom"/>`),
		element(2, "Kubek z wzorem", size+`<category id="5" name="Dom"/>`),
		element(4, "Kubek bez marży", price("price", "10.00", "12.30")+was+`<category id="5" name="Dom"/>`),
	), func(c *config.Config) { c.Pricing.Source, c.Pricing.Margins = "account", []string{"price=1000..: 37%"} })
	var forms []*regexp.Regexp
	for _, secret := range secrets {
		for _, rate := range []string{"1", demoEuro, "3.65"} {
			forms = append(forms, formOf(decimal.RequireFromString(secret).DivRound(decimal.RequireFromString(rate), 2)))
		}
	}
	shown := map[string]bool{}
	for question, answer := range accountAnswers(s) {
		answer = unescaped(answer)
		for _, form := range forms {
			if written := form.FindString(answer); written != "" {
				t.Errorf("%s has %q: %s", question, written, answer)
			}
		}
		for _, wanted := range []string{"8457,41", "8471,13", "12,30"} {
			shown[wanted] = shown[wanted] || strings.Contains(squeezedSpaces(answer), wanted)
		}
	}
	if !shown["8457,41"] || !shown["8471,13"] || shown["12,30"] {
		t.Errorf("shown with a margin, and without one: %v", shown)
	}
}

// squeezedSpaces takes the spaces out of a text.
func squeezedSpaces(text string) string { return strings.Join(strings.Fields(text), "") }

// A promotion's price is written in a feed with the element of the account's own
// price, and no source says whose it is. In dropshipping one that is not above what
// the account pays was shown to consumers as a bargain.
func TestAPromotionOfTheAccountsIsNotShown(t *testing.T) {
	t.Parallel()
	promotion := func(amount string) string {
		return `<price net="100.00" gross="123.00"/><iaiext:price_retail net="200.00" gross="246.00"/><promotion name="x"><price net="` + amount + `"/></promotion>`
	}
	s := openOffer(t, offerOf(
		element(1, "Kubek", promotion("80.00")), element(2, "Kubek", promotion("100.00")), element(3, "Kubek", promotion("150.00")),
	), nil)
	found := s.search(url.Values{"orderBy": {"price"}, "currency": {"PLN"}})
	var prices []string
	for _, product := range found.Results {
		prices = append(prices, product.InternalID+": "+strings.ReplaceAll(*product.FormattedPrice+" / "+*product.FormattedPrevPrice, "\u00a0", " "))
	}
	if got, want := strings.Join(prices, "; "), "3: 184,50 zł / 246,00 zł; 1: 246,00 zł / 246,00 zł; 2: 246,00 zł / 246,00 zł"; got != want {
		t.Errorf("shown are %s\nwant %s", got, want)
	}
}

// What the feed says of prices reaches whoever asks, by the shop's rules: of sizes
// the lowest, never below the minimal one, promotions in their time, and ranges in
// the currency that was asked for.
func TestPricesOfTheFeed(t *testing.T) {
	t.Parallel()
	price := func(element, gross string) string { return fmt.Sprintf(`<%s net="1.00" gross="%s"/>`, element, gross) }
	size := func(id, gross string) string {
		return fmt.Sprintf(`<size id="%s" name="%s" code="x-%s">%s<stock id="1" quantity="1"/></size>`, id, id, id, price("iaiext:price_retail", gross))
	}
	promotion := func(begin, end string) string {
		return fmt.Sprintf(`<promotion name="x" start_date="%s" ending_date="%s">%s</promotion>`, begin, end, price("price", "85.00"))
	}
	retail := price("price", "20.00") + price("iaiext:price_retail", "170.00")
	s := openOffer(t, offerOf(
		element(1, "Sizes", "<sizes>"+size("s", "59.50")+size("m", "42.50")+size("l", "51.00")+"</sizes>"),
		element(2, "Minimal", retail+price("iaiext:price_minimal", "180.00")),
		element(3, "Promotion", retail+promotion("2020-01-01", "2099-01-01")),
		element(4, "Promotion that is over", retail+promotion("2020-01-01", "2020-01-02")),
		element(5, "Promotion to come", retail+promotion("2099-01-01", "2099-01-02")),
		element(6, "Net alone", `<srp net="100.00"/>`),
		element(7, "Nothing", ""),
		element(8, "Was", retail+price("strikethrough_retail_price", "200.00")),
	), nil)
	shown := func(query url.Values) string {
		var list []string
		for _, p := range s.search(query).Results {
			text := p.InternalID + " none"
			if p.FormattedPrice != nil {
				text = p.InternalID + " " + *p.FormattedPrice + "/" + *p.FormattedPrevPrice
			}
			list = append(list, squeezedSpaces(text))
		}
		return strings.Join(list, " ")
	}
	euros := url.Values{"currency": {"EUR"}, "orderBy": {"price"}}
	if got, want := shown(euros), "110,00€/10,00€ 320,00€/40,00€ 628,94€/28,94€ 840,00€/47,06€ 440,00€/40,00€ 540,00€/40,00€ 242,35€/42,35€ 7none"; !sameSet(got, want) {
		t.Errorf("in euros they are\n%s\nwant\n%s", got, want)
	}
	for filter, want := range map[string]string{"10-11": "110,00€/10,00€", "42-43": "242,35€/42,35€", "11-20": "", "20-28.95": "320,00€/40,00€ 628,94€/28,94€", "41-": "242,35€/42,35€"} {
		euros.Set("price", filter)
		if got := shown(euros); got != want {
			t.Errorf("from %s euros: %q, want %q", filter, got, want)
		}
	}
	zloty := url.Values{"currency": {"PLN"}, "price": {"42-43"}}
	if got, want := shown(zloty), "142,50zł/42,50zł"; got != want {
		t.Errorf("from 42 to 43 złoty: %q, want %q", got, want)
	}
}

// sameSet says whether two lists have the same words.
func sameSet(a, b string) bool {
	first, second := strings.Fields(a), strings.Fields(b)
	slices.Sort(first)
	slices.Sort(second)
	return slices.Equal(first, second)
}

// While there are no rates, nothing is shown in a shop of another currency, rather
// than an amount that nobody knows; with them everything is, in the shop's.
func TestAShopInAnotherCurrency(t *testing.T) {
	t.Parallel()
	offer := offerOf(element(1, "Kubek", `<srp net="1.00" gross="42.50"/>`))
	for from, want := range map[string]string{"none": `"formattedPrice":null`, "fixed": "10,00", "nbp": `"formattedPrice":null`} {
		s := openOffer(t, offer, func(c *config.Config) {
			c.Shop.Currency, c.Pricing.RatesFrom, c.Pricing.NBPURL = "EUR", from, "http://127.0.0.1:1"
		})
		for _, currency := range []string{"", "EUR", "XXX"} {
			answer := s.ask("search", url.Values{"currency": {currency}})
			if !strings.Contains(answer, want) || strings.Contains(answer, "42,50") || strings.Contains(answer, `"param":"price"`) != (from == "fixed") {
				t.Errorf("rates from %s, asked in %q: %s", from, currency, answer)
			}
		}
	}
}
