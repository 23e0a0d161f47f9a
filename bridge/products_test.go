package bridge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the difference before committing it")

// golden compares a value's JSON with testdata/golden/<name>.json. The files are
// read by people before they are committed.
func golden(t *testing.T, name string, value any) {
	t.Helper()
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "golden", name+".json")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to write it, then read it)", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// mug is a product with everything that can be said of one.
func mug(p *idosell.Product) {
	p.DisplayedCode = "KUB/01 ł"
	p.CardURL = "/product-pol-41-Kubek.html"
	p.PromotionPrice = amount("1199.9")
	p.WholesalePrice = amount("777.77")
	p.Texts = []idosell.ProductText{
		{Language: "eng", Name: "Mug &quot;Łąka&quot; &amp; saucer", ShortDescription: "short", LongDescription: `<p onclick="x()">Holds <b>0,5&nbsp;l</b>.<script>alert(1)</script>` +
			`<img src="/data/include/mug.jpg" style="x" onerror="y()"> <a href="https://example.com/more">more</a> <a href="/local">here</a> <a href="javascript:z()">z</a></p><iframe src="https://example.com"></iframe>`},
		{Language: "pol", Name: "Kubek „Łąka” ze spodkiem", ShortDescription: "Pojemność 0,5 l\nMożna myć w zmywarce <60°"},
	}
	p.Images = []idosell.Image{
		{LargeURL: "/pol_pl_Kubek-41_1.jpg", SmallURL: "/pol_pm_Kubek-41_1.jpg"},
		{LargeURL: "https://cdn.example/41_2.jpg"},
		{LargeURL: "javascript:alert(1)"},
	}
	p.Sizes = []idosell.ProductSize{{ID: "uniw", Name: "uniwersalny"}}
}

func TestProductInfoPerLocale(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(goods(41, "", "1234.56", mug)))
	for _, locale := range []string{"pl-PL", "en-US", "de-DE"} {
		t.Run(locale, func(t *testing.T) {
			infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{Locale: locale}, []string{"41"})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "product-"+locale, infos)
		})
	}
}

func TestProductLinksByTemplate(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(goods(41, "", "1", mug)), func(o *bridge.AdapterOptions) {
		o.ProductURL = "https://shop.example/p/{slug}?c={code}&s={size}"
		o.AddToCartURL = "https://shop.example/basket/{id}"
	})
	infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"41"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := infos[0].ProductURL, "https://shop.example/p/kubek-laka-ze-spodkiem?c=KUB%2F01%20%C5%82&s=uniw"; got != want {
		t.Errorf("productUrl is %s, want %s", got, want)
	}
	if got, want := infos[0].AddToCartURL, "https://shop.example/basket/41"; got != want {
		t.Errorf("addToCartUrl is %s, want %s", got, want)
	}
}

func TestProductWithNothingToShow(t *testing.T) {
	t.Parallel()
	bare := idosell.Product{ID: 9, Visible: true}
	infos, err := newAdapter(t, newWholesaler(bare, goods(1, "x", "1"))).ProductInfo(t.Context(), &oct8ne.Request{}, []string{"9"})
	if err != nil || len(infos) != 0 {
		// The wholesaler above only finds products with a text.
		t.Fatalf("got %v, %v", infos, err)
	}
	bare.Texts = []idosell.ProductText{{Language: "pol"}}
	infos, err = newAdapter(t, newWholesaler(bare)).ProductInfo(t.Context(), &oct8ne.Request{}, []string{"9"})
	if err != nil {
		t.Fatal(err)
	}
	want := []oct8ne.ProductInfo{{
		InternalID: "9", Title: "9", ProductURL: "https://wholesaler.example/",
		AddToCartURL: "https://chat.shop.example/cart/add?id=9",
		Thumbnail:    "https://chat.shop.example/oct8ne/no-picture.png",
		Medias:       []oct8ne.Media{{URL: "https://chat.shop.example/oct8ne/no-picture.png"}},
	}}
	if diff := cmp.Diff(want, infos); diff != "" {
		t.Error(diff)
	}
}

func TestFiftyProductsAreOneCall(t *testing.T) {
	t.Parallel()
	shop := newWholesaler()
	var asked, want []string
	for id := int64(50); id > 0; id-- {
		p := goods(id, fmt.Sprint("Kubek ", id), "10")
		switch id {
		case 13:
			p.Deleted = true
		case 17:
			p.Visible = false
		case 19:
			p.Fault = idosell.Fault{Code: 5}
		default:
			want = append(want, fmt.Sprint(id))
		}
		shop.products = append([]idosell.Product{p}, shop.products...)
		asked = append(asked, fmt.Sprint(id))
	}
	adapter := newAdapter(t, shop)
	for range 2 {
		infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, asked)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ids(infos)); diff != "" {
			t.Errorf("not those in the order asked (-want +got):\n%s", diff)
		}
	}
	calls := shop.productCalls()
	if len(calls[0].IDs) != 50 || calls[0].size != 50 || calls[0].page != 0 {
		t.Errorf("first call %+v, want 50 ids on one page of 50", calls[0])
	}
	// The refused one is not known to be gone: it alone is asked for again.
	if len(calls) != 2 || len(calls[1].IDs) != 1 || calls[1].IDs[0] != 19 {
		t.Errorf("calls %v, want one more, for the refused product only", calls[1:])
	}
}

func TestIDsThatAreNoneMakeNoCall(t *testing.T) {
	t.Parallel()
	shop := newWholesaler(goods(7, "Kubek", "1"))
	adapter := newAdapter(t, shop)
	for _, id := range []string{"", "0", "007", "+7", "-7", "7-2", "7.0", "abc", " 7", "٧", "99999999999999999999"} {
		infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{id})
		if err != nil || len(infos) != 0 {
			t.Errorf("id %q: got %v, %v; want nothing", id, ids(infos), err)
		}
		related, err := adapter.ProductRelated(t.Context(), &oct8ne.Request{}, oct8ne.RelatedQuery{ProductID: id, Page: 1, PageSize: 10})
		if err != nil || related.Total != 0 {
			t.Errorf("id %q: got %v, %v; want nothing related", id, related, err)
		}
	}
	if calls := shop.productCalls(); len(calls) != 0 {
		t.Errorf("%d calls, want none", len(calls))
	}
}

func TestAnswersAreKeptForSeconds(t *testing.T) {
	t.Parallel()
	now := newClock()
	shop := newWholesaler(goods(1, "Kubek", "1"))
	adapter := newAdapter(t, shop, withClock(now))
	ask := func(locale string) {
		t.Helper()
		if _, err := adapter.ProductSummary(t.Context(), &oct8ne.Request{Locale: locale}, []string{"1", "2"}); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		name    string
		advance time.Duration
		locale  string
		asked   []int64 // nil: no call
	}{
		{"first", 0, "pl-PL", []int64{1, 2}},
		{"again", 29 * time.Second, "pl-PL", nil},
		{"another spelling of the language", 0, "pl", nil},
		{"another language", 0, "en-GB", []int64{1, 2}},
		{"the unknown one is tried again sooner", 2 * time.Second, "pl-PL", []int64{2}},
		{"the known one after a minute", 29 * time.Second, "pl-PL", []int64{1}},
	}
	for _, step := range steps {
		before := len(shop.productCalls())
		now.advance(step.advance)
		ask(step.locale)
		calls := shop.productCalls()[before:]
		var asked []int64
		if len(calls) == 1 {
			asked = calls[0].IDs
		}
		if len(calls) > 1 || !cmp.Equal(asked, step.asked) {
			t.Errorf("%s: calls %v, want one for %v", step.name, calls, step.asked)
		}
	}
}

func TestPricesBySource(t *testing.T) {
	t.Parallel()
	full := func(p *idosell.Product) {
		p.PromotionPrice, p.SRPPrice, p.WholesalePrice = amount("80"), amount("120"), amount("55.5")
	}
	sized := func(p *idosell.Product) {
		p.Sizes = []idosell.ProductSize{
			{ID: "M", RetailPrice: amount("33"), WholesalePrice: amount("22")},
			{ID: "S", RetailPrice: amount("31"), WholesalePrice: amount("21")},
			{ID: "L", RetailPrice: amount("0")},
		}
	}
	cases := []struct {
		name        string
		source      bridge.PriceSource
		product     idosell.Product
		now, before string
	}{
		{"none", bridge.PricesNone, goods(1, "x", "100", full), "<null>", "<null>"},
		{"retail in a promotion", bridge.PricesRetail, goods(1, "x", "100", full), "80,00 zł", "100,00 zł"},
		{"a promotion that is dearer", bridge.PricesRetail, goods(1, "x", "70", full), "70,00 zł", "70,00 zł"},
		{"srp", bridge.PricesSRP, goods(1, "x", "100", full), "120,00 zł", "120,00 zł"},
		{"no srp", bridge.PricesSRP, goods(1, "x", "100"), "<null>", "<null>"},
		{"account", bridge.PricesAccount, goods(1, "x", "100", full), "55,50 zł", "55,50 zł"},
		{"no account price", bridge.PricesAccount, goods(1, "x", "100"), "<null>", "<null>"},
		{"no retail price", bridge.PricesRetail, goods(1, "x", ""), "<null>", "<null>"},
		{"retail of nothing", bridge.PricesRetail, goods(1, "x", "0"), "<null>", "<null>"},
		{"the lowest size", bridge.PricesRetail, goods(1, "x", "", sized), "31,00 zł", "31,00 zł"},
		{"the lowest size of the account", bridge.PricesAccount, goods(1, "x", "", sized), "21,00 zł", "21,00 zł"},
		{"its own before its sizes'", bridge.PricesRetail, goods(1, "x", "40", sized), "40,00 zł", "40,00 zł"},
		{"no such currency", bridge.PricesRetail, goods(1, "x", "40", func(p *idosell.Product) { p.Currency = "ZŁOTE" }), "<null>", "<null>"},
		{"in lower case", bridge.PricesRetail, goods(1, "x", "40", func(p *idosell.Product) { p.Currency = "eur" }), "40,00 €", "40,00 €"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			adapter := newAdapter(t, newWholesaler(c.product), wholesale, func(o *bridge.AdapterOptions) { o.Prices = c.source })
			infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{Locale: "pl-PL"}, []string{"1"})
			if err != nil {
				t.Fatal(err)
			}
			space := strings.NewReplacer("\u00a0", " ")
			if now, before := space.Replace(text(infos[0].FormattedPrice)), space.Replace(text(infos[0].FormattedPrevPrice)); now != c.now || before != c.before {
				t.Errorf("got %s, before %s; want %s, %s", now, before, c.now, c.before)
			}
		})
	}
}

// In dropshipping what the account pays must not be in any answer.
func TestAccountPriceNeverLeaves(t *testing.T) {
	t.Parallel()
	for _, source := range []bridge.PriceSource{bridge.PricesNone, bridge.PricesRetail, bridge.PricesSRP} {
		shop := newWholesaler(
			goods(41, "", "1234.56", mug),
			goods(42, "Kubek", "", func(p *idosell.Product) {
				p.WholesalePrice = amount("777.77")
				p.Sizes = []idosell.ProductSize{{ID: "S", WholesalePrice: amount("777.77")}}
			}))
		shop.orders = []idosell.Order{anOrder(1)}
		adapter := newAdapter(t, shop, func(o *bridge.AdapterOptions) { o.Prices = source })
		answers := []any{}
		for _, locale := range []string{"pl", "en", "de", "fr"} {
			answers = append(answers, everyAnswer(t, adapter, &oct8ne.Request{Locale: locale})...)
		}
		all, err := json.Marshal(answers)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(all, []byte("SH-1")) || !bytes.Contains(all, []byte("Kubek")) {
			t.Fatalf("%s: the answers hold neither product nor order: %s", source, all)
		}
		for _, secret := range []string{"777", "888"} {
			if bytes.Contains(all, []byte(secret)) {
				t.Errorf("%s: what the account pays (%s) is in an answer: %s", source, secret, all)
			}
		}
	}
}

// everyAnswer calls every method that answers something of the wholesaler's.
func everyAnswer(t *testing.T, adapter oct8ne.Adapter, request *oct8ne.Request) (answers []any) {
	t.Helper()
	take := func(answer any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	ctx := t.Context()
	infos, err := adapter.ProductInfo(ctx, request, []string{"41", "42"})
	take(infos, err)
	short, err := adapter.ProductSummary(ctx, request, []string{"41", "42"})
	take(short, err)
	found, err := adapter.Search(ctx, request, oct8ne.SearchQuery{Page: 1, PageSize: 10, OrderBy: oct8ne.OrderPrice})
	take(found, err)
	related, err := adapter.ProductRelated(ctx, request, oct8ne.RelatedQuery{ProductID: "41", Page: 1, PageSize: 10})
	take(related, err)
	orders, err := adapter.Orders(ctx, request, oct8ne.OrdersQuery{CustomerEmail: "anna@example.com", Page: 1, PageSize: 10})
	take(orders, err)
	details, err := adapter.OrderDetails(ctx, request, "SH-1")
	take(details, err)
	return answers
}

func TestOptionsThatCannotWork(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		adjust func(*bridge.AdapterOptions)
		want   string
	}{
		{"no upstream", func(o *bridge.AdapterOptions) { o.Upstream = nil }, "needs a client"},
		{"no kind", func(o *bridge.AdapterOptions) { o.ShopKind = "" }, "shop.kind"},
		{"no price source", func(o *bridge.AdapterOptions) { o.Prices = "" }, "pricing.source"},
		{"account prices for consumers", func(o *bridge.AdapterOptions) { o.Prices = bridge.PricesAccount }, "pricing.source account"},
		{"no public URL", func(o *bridge.AdapterOptions) { o.PublicURL = "chat" }, "public_url"},
		{"no wholesaler", func(o *bridge.AdapterOptions) { o.UpstreamURL = "" }, "idosell.url"},
		{"unknown locale", func(o *bridge.AdapterOptions) { o.DefaultLocale = "xx-YY" }, "shop.locale"},
		{"relative template", func(o *bridge.AdapterOptions) { o.ProductURL = "/p/{id}" }, "shop.product_url"},
		{"unknown placeholder", func(o *bridge.AdapterOptions) { o.AddToCartURL = "https://shop.example/{sku}" }, "{sku}"},
		{"no cache", func(o *bridge.AdapterOptions) { o.CacheItems = -1 }, "cache.items"},
	}
	for _, c := range cases {
		options := bridge.AdapterOptions{
			Upstream: newWholesaler(), ShopKind: bridge.Dropshipping, Prices: bridge.PricesNone,
			PublicURL: "https://chat.shop.example", UpstreamURL: "https://wholesaler.example",
		}
		c.adjust(&options)
		adapter, err := bridge.NewAdapter(options)
		if err == nil {
			adapter.Close()
			t.Errorf("%s: no error", c.name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q does not name %q", c.name, err, c.want)
		}
	}
}

func TestUnavailableSaysWhenToAskAgain(t *testing.T) {
	t.Parallel()
	shop := newWholesaler()
	shop.failure = &idosell.Error{Gate: "a gate", Kind: idosell.KindHTTP, Status: 503, RetryAfter: 7 * time.Second}
	_, err := newAdapter(t, shop).ProductInfo(t.Context(), &oct8ne.Request{}, []string{"1"})
	if outage, ok := errors.AsType[*oct8ne.Unavailable](err); !ok || outage.RetryAfter != 7*time.Second || !errors.Is(err, shop.failure) {
		t.Errorf("got %#v, want an Unavailable with the cause and 7 s", err)
	}
}

func TestEveryAddressIsAbsolute(t *testing.T) {
	t.Parallel()
	infos, err := newAdapter(t, newWholesaler(goods(41, "", "1", mug))).ProductInfo(t.Context(), &oct8ne.Request{}, []string{"41"})
	if err != nil {
		t.Fatal(err)
	}
	addresses := []string{infos[0].ProductURL, infos[0].AddToCartURL, infos[0].Thumbnail}
	for _, media := range infos[0].Medias {
		addresses = append(addresses, media.URL)
	}
	for _, address := range addresses {
		if parsed, err := url.Parse(address); err != nil || parsed.Scheme != "https" || parsed.Host == "" {
			t.Errorf("%q is not absolute", address)
		}
	}
}
