package iof_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell/iof"
)

// one reads the one product of an offer.
func one(t *testing.T, product string) iof.Product {
	t.Helper()
	_, products := readAll(t, offerOf(product))
	if len(products) != 1 {
		t.Fatalf("%d products, want 1", len(products))
	}
	return products[0]
}

func TestRarerParts(t *testing.T) {
	got := one(t, `<product id="7" site="3">
		<category id="5" name="Narzędzia/Młotki"/>
		<iaiext:category_translation xml:lang="eng" name="Tools/Hammers"/>
		<iaiext:category_translation xml:lang="ger" name="Werkzeug/Hämmer"/>
		<description>
			<name xml:lang="pol">Młotek</name>
			<iaiext:search_keywords xml:lang="pol" iaiext:site_id="1">młot ciesielski
			</iaiext:search_keywords>
			<iaiext:search_keywords xml:lang="pol" iaiext:site_id="2">drugi sklep</iaiext:search_keywords>
			<iaiext:search_keywords xml:lang="eng">claw hammer</iaiext:search_keywords>
		</description>
		<price gross="61.50" net="50"><normal_retail_price gross="98.40" net="80"/><normal_wholesale_price net="1"/></price>
		<srp gross="110.70" net="90"/>
		<iaiext:srp gross="1" net="1"/>
		<iaiext:strikethrough_wholesale_price gross="73.80" net="60"/>
		<iaiext:price_minimal>
			<iaiext:site id="1" size_id="0" gross="86.10" net="70"/>
			<iaiext:site id="3" size_id="0" gross="79.95" net="65"/>
			<iaiext:site id="3" size_id="L" gross="92.25" net="75"/>
			<iaiext:site id="3" size_id="none" gross="9" net="9"/>
		</iaiext:price_minimal>
		<promotion name="Zima" start_date="2026-12-01" ending_date="2026-12-24"><price gross="49.20" net="40"/><shown_in_the_zone promotion="yes"/></promotion>
		<sizes>
			<size id="L" code="7-L" iaiext:priority="2" available="unavailable"><price net="55"><normal_retail_price net="88"/></price></size>
			<size id="M" code="7-M"/>
		</sizes>
		<parameters>
			<parameter id="1" name="Kolor" priority="4" distinction="y" group_distinction="yes" hide="yes" context_id="CONTEXT_COLOR">
				<value id="2" name="czarny" priority="3" iaiext:context_id="CONTEXT_STATE_NEW"/></parameter>
			<parameter id="3" name="Waga" distinction="n" hide="no"/>
		</parameters></product>`)
	got.Offset = 0
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	want := iof.Product{
		ID: "7", Currency: "PLN",
		Has: iof.HasCategory | iof.HasNames | iof.HasKeywords | iof.HasPrice | iof.HasRetailPrice | iof.HasSRP | iof.HasWholesaleWas |
			iof.HasMinimalPrice | iof.HasPromotion | iof.HasSizes | iof.HasParameters,
		Category:      iof.Reference{ID: "5", Name: "Narzędzia/Młotki"},
		CategoryNames: iof.Texts{"eng": "Tools/Hammers", "ger": "Werkzeug/Hämmer"},
		Names:         iof.Texts{"pol": "Młotek"},
		Keywords:      iof.Texts{"pol": "młot ciesielski", "eng": "claw hammer"},
		Prices: iof.Prices{
			Price:        price("50", "61.50"),
			RetailPrice:  price("80", "98.40"),
			SRP:          price("90", "110.70"),
			WholesaleWas: price("60", "73.80"),
			MinimalPrice: price("65", "79.95"),
		},
		Promotion: iof.Promotion{Name: "Zima", Price: price("40", "49.20"),
			Begin: time.Date(2026, 12, 1, 0, 0, 0, 0, warsaw), End: time.Date(2026, 12, 25, 0, 0, 0, 0, warsaw)},
		Sizes: []iof.Size{
			{ID: "L", Code: "7-L", Priority: 2, Availability: "unavailable", Prices: iof.Prices{
				Price: iof.Price{Net: opt("55")}, RetailPrice: iof.Price{Net: opt("88")}, MinimalPrice: price("75", "92.25")}},
			{ID: "M", Code: "7-M"},
		},
		Parameters: []iof.Parameter{
			{ID: "1", Names: iof.Texts{"pol": "Kolor"}, Priority: 4, Distinction: true, GroupDistinction: true, Hidden: true,
				ContextID: "CONTEXT_COLOR", Values: []iof.ParameterValue{
					{ID: "2", Names: iof.Texts{"pol": "czarny"}, Priority: 3, ContextID: "CONTEXT_STATE_NEW"}}},
			{ID: "3", Names: iof.Texts{"pol": "Waga"}},
		},
	}
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The prices of another shop than the product's are taken only where there are
// no others.
func TestPricesOfAnotherShop(t *testing.T) {
	got := one(t, `<product id="7" site="9"><iaiext:price_retail><iaiext:site id="1" size_id="0" net="0" gross="0"/>`+
		`<iaiext:site id="2" size_id="0" net="5" gross="6.15"/><iaiext:site id="3" net="7"/></iaiext:price_retail></product>`)
	if !cmp.Equal(got.RetailPrice, price("5", "6.15"), equal) || !got.Has.Has(iof.HasRetailPrice) {
		t.Errorf("the retail price is %+v", got.RetailPrice)
	}
	got = one(t, `<product id="7"><iaiext:price_minimal net="5" gross="6.15"/></product>`)
	if !cmp.Equal(got.MinimalPrice, price("5", "6.15"), equal) {
		t.Errorf("a price without shops is %+v", got.MinimalPrice)
	}
}

func TestPromotionTimes(t *testing.T) {
	for text, want := range map[string]struct{ begin, end string }{
		`start_date="2026-06-01" ending_date="2026-06-01"`:          {"2026-05-31T22:00:00Z", "2026-06-01T22:00:00Z"},
		`start_date="2026-06-01T12:00:00"`:                          {"2026-06-01T10:00:00Z", "0001-01-01T00:00:00Z"},
		`ending_date="2026-06-01T12:00:00"`:                         {"0001-01-01T00:00:00Z", "2026-06-01T10:00:00Z"},
		`start_date="0000-00-00" ending_date="0000-00-00 00:00:00"`: {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		`start_date="jutro"`:                                        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
	} {
		p := one(t, `<product id="7"><promotion name="x" `+text+`/></product>`).Promotion
		if got := p.Begin.UTC().Format(time.RFC3339); got != want.begin {
			t.Errorf("%s begins %s, want %s", text, got, want.begin)
		}
		if got := p.End.UTC().Format(time.RFC3339); got != want.end {
			t.Errorf("%s ends %s, want %s", text, got, want.end)
		}
	}
}

// Which parts are there says what a differential file changes: an empty part is
// not an absent one.
func TestHasTellsEmptyFromAbsent(t *testing.T) {
	got := one(t, `<product id="7"><srp net="0" gross="0"/><description><long_desc/></description><parameters/><sizes/><images/><card/></product>`)
	want := iof.HasSRP | iof.HasLongDescs | iof.HasParameters | iof.HasSizes | iof.HasImages | iof.HasCard
	if got.Has != want || got.SRP.Present() || got.LongDescs != nil {
		t.Errorf("it has %b, want %b: %+v", got.Has, want, got)
	}
}

// What a product is sold by has an assumed form: what is not of it is left out, and
// never makes the product a damaged one. An element without attributes is there, and
// says that there is no step any more.
func TestSellBy(t *testing.T) {
	for text, want := range map[string]iof.SellBy{
		`<iaiext:sell_by retail="1" wholesale="10"/>`: {Retail: opt("1"), Wholesale: opt("10")},
		`<sell_by retail="0,5"/>`:                     {Retail: opt("0.5")},
		`<sell_by wholesale=" 6 "/>`:                  {Wholesale: opt("6")},
		`<sell_by retail="0" wholesale="-3"/>`:        {},
		`<sell_by retail="karton" wholesale="1e9"/>`:  {},
		`<sell_by/>`: {},
		`<sell_by retail="2"/><iaiext:sell_by retail="3"/>`:   {Retail: opt("3")},
		`<group><sell_by retail="2"/></group><sell_by x=""/>`: {},
	} {
		got := one(t, `<product id="7">`+text+`</product>`)
		if diff := cmp.Diff(want, got.SellBy, equal); diff != "" || got.Has != iof.HasSellBy {
			t.Errorf("%s has %b (-want +got):\n%s", text, got.Has, diff)
		}
	}
	if got := one(t, `<product id="7"><iaiext:sold_by retail="2"/></product>`); got.Has != 0 || got.SellBy != (iof.SellBy{}) {
		t.Errorf("another element was read: %+v", got.SellBy)
	}
	file := `<offer><products><product id="7"><description><name>Śruba</name></description><sizes/><iaiext:sell_by retail="x"/></product></products></offer>`
	if _, problems, err := check([]byte(file)); err != nil || problems != nil {
		t.Errorf("a step that cannot be read is a problem: %v, %v", problems, err)
	}
}

// The parts and languages of one product never become another's: maps are made
// anew, and texts are copies.
func TestProductsShareNothing(t *testing.T) {
	_, products := readAll(t, offerOf(`<product id="1"><description><name>jeden</name></description></product>`+
		`<product id="2"><description><name xml:lang="eng">two</name></description></product>`))
	if diff := cmp.Diff([]iof.Texts{{"pol": "jeden"}, {"eng": "two"}}, []iof.Texts{products[0].Names, products[1].Names}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Line ends are as XML has them, in texts and in values; a reference stays what
// it stands for.
func TestWhiteSpace(t *testing.T) {
	got := one(t, "<product id=\"1\"><category id=\"2\" name=\"a\r\nb\tc\n\nd&#10;e\"/><description><name>a\r\nb\rc&#13;d<![CDATA[\r\ne]]></name></description></product>")
	if want := "a b c  d\ne"; got.Category.Name != want {
		t.Errorf("the category is %q, want %q", got.Category.Name, want)
	}
	if want := "a\nb\nc\rd\ne"; got.Names["pol"] != want {
		t.Errorf("the name is %q, want %q", got.Names["pol"], want)
	}
}

func TestReferences(t *testing.T) {
	got := one(t, `<product id="1"><description><name>&lt;&gt;&amp;&quot;&apos;&#322;&#x142;&#x1F527;&amp;lt;&#38;#60;</name></description></product>`)
	if want := `<>&"'łł🔧&lt;&#60;`; got.Names["pol"] != want {
		t.Errorf("the name is %q, want %q", got.Names["pol"], want)
	}
}
