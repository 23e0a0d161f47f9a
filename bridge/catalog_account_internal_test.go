package bridge

import (
	"fmt"
	"net/url"
	"regexp"
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
