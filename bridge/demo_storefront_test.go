package bridge_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"octobridge/bridge"
)

// visit opens a page of the demonstration's shop.
func (d *demo) visit(path string) (*http.Response, string) {
	d.t.Helper()
	response, err := d.http.Get(d.Storefront + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response, string(body)
}

// A shop that sells the wholesaler's goods links to its own pages, and they are
// there; the wholesaler's own site keeps the wholesaler's.
func TestDemoProductsHavePages(t *testing.T) {
	for kind, own := range map[bridge.ShopKind]bool{bridge.Dropshipping: true, bridge.Wholesale: false} {
		t.Run(string(kind), func(t *testing.T) {
			d := runDemo(t, func(o *bridge.DemoOptions) { o.Kind = kind })
			if want := d.PublicURL() + "/shop/"; d.Storefront != want {
				t.Errorf("the shop is at %s, want %s", d.Storefront, want)
			}
			want := d.Sandbox + "/"
			if own {
				want = d.Storefront + "product/1105"
			}
			_, body := d.get("productInfo?productIds=1105")
			if !strings.Contains(body, `"productUrl":"`+want) {
				t.Errorf("the product's address is not below %s: %s", want, body)
			}
			if response, page := d.visit("product/1105"); response.StatusCode != 200 || !strings.Contains(page, "Kubek emaliowany biały") {
				t.Errorf("the product's page: status %d\n%s", response.StatusCode, page)
			}
		})
	}
}

// The pages show what the sandbox's assortment says of a product: the prices of
// a promotion, three pictures, sizes where there are some.
func TestDemoShopShowsTheOffer(t *testing.T) {
	d := runDemo(t)
	_, page := d.visit("product/1105?lang=pl")
	for _, wanted := range []string{">29,90\u00a0zł</del>", "23,90\u00a0zł</strong>", "/_sandbox/picture/1105/3-800x800.png", "Podobne produkty", `<h2>Opis</h2>`} {
		if !strings.Contains(page, wanted) {
			t.Errorf("the mug's page lacks %s", wanted)
		}
	}
	if strings.Contains(page, "Rozmiary") {
		t.Error("a mug has sizes")
	}
	_, page = d.visit("product/4308?lang=en")
	for _, size := range []string{"XS", "S", "M", "L", "XL", "XXL"} {
		if !strings.Contains(page, `value="4308-`) || !strings.Contains(page, ">"+size+"<") {
			t.Errorf("the shirt's page lacks the size %s:\n%s", size, page)
		}
	}
	if _, page = d.visit("?q=kubek&lang=pl"); !strings.Contains(page, "12 produktów") {
		t.Errorf("kubek is not found twelve times, in nine titles and three names of categories:\n%s", page)
	}
	cheapest, dearest := firstProduct(t, d, "?sort=cheapest"), firstProduct(t, d, "?sort=dearest")
	if cheapest == dearest || firstProduct(t, d, "?sort=name") == firstProduct(t, d, "?sort=relevance&page=2") {
		t.Errorf("the order changes nothing: %s is first by price, both ways", cheapest)
	}
}

func firstProduct(t *testing.T, d *demo, query string) string {
	t.Helper()
	_, page := d.visit(query)
	_, rest, found := strings.Cut(page, `href="/shop/product/`)
	if !found {
		t.Fatalf("%s shows no product", query)
	}
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// An outage is a page that says so, and only for what is not known yet; the
// cause is in the log.
func TestDemoShopInAnOutage(t *testing.T) {
	d := runDemo(t, live)
	if response, _ := d.visit("product/1101"); response.StatusCode != 200 {
		t.Fatalf("status %d before the outage", response.StatusCode)
	}
	d.control("moods", `{"trouble": {"status": 503, "html": true}}`)
	response, page := d.visit("product/1201")
	if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || !strings.Contains(page, `<main id="content"`) {
		t.Errorf("an unknown product: status %d, Retry-After %q\n%s", response.StatusCode, response.Header.Get("Retry-After"), page)
	}
	if response, page := d.visit("product/1101"); response.StatusCode != 200 || !strings.Contains(page, "1101/1-800x800.png") {
		t.Errorf("a known product: status %d", response.StatusCode)
	}
	if !strings.Contains(d.logs.String(), "a page of the shop could not be made") {
		t.Error("the log says nothing of the outage")
	}
}

// IdoSell's official offer has pages, too.
func TestOfficialOfferHasPages(t *testing.T) {
	d := runOfficialDemo(t)
	response, page := d.visit("")
	if got := strings.Count(page, `<li class="card">`); response.StatusCode != 200 || got != 8 {
		t.Fatalf("status %d with %d products, want the offer's 8", response.StatusCode, got)
	}
	for part := range strings.SplitSeq(page, `href="/shop/product/`) {
		id, _, _ := strings.Cut(part, `"`)
		if len(id) > 19 {
			continue // what stands before the first product
		}
		response, page := d.visit("product/" + id)
		if policy := response.Header.Get("Content-Security-Policy"); response.StatusCode != 200 || !strings.Contains(page, "<h2>Opis</h2>") || !strings.Contains(policy, " https://iof.shop.pl") {
			t.Errorf("product %s: status %d, %s", id, response.StatusCode, policy)
		}
	}
}

// submit sends a form of the shop's as a browser does, and returns the address that
// it is led to and the page there.
func (g *guest) submit(path, form string) (address, page string) {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.PublicURL()+path, strings.NewReader(form))
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", g.PublicURL())
	request.Header.Set("Accept", "text/html")
	response, err := g.http.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return response.Request.URL.RequestURI(), string(body)
}

// Who asks for more than there is, on the page of the cart, is told what is left.
// It said that the cart was saved, and showed another quantity.
func TestDemoCartSaysWhatIsLeft(t *testing.T) {
	g := runDemo(t).guest()
	g.submit("/cart/add", "id=1105&qty=1&back=/shop/cart")
	address, page := g.submit("/shop/cart?lang=en", "id=1105&qty=9000&lang=en")
	query := address[strings.Index(address, "?")+1:]
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	left := values.Get("left")
	if values.Get("notice") != "limited" || left == "" || left == "9000" {
		t.Errorf("it leads to %s", address)
	}
	for _, wanted := range []string{"Only " + left + " left", `value="` + left + `" min="0"`} {
		if !strings.Contains(page, wanted) {
			t.Errorf("the page lacks %s", wanted)
		}
	}
}

// A customer of the wholesaler sees an address once, though each of the orders
// left one there: the account's page showed the same one three times.
func TestDemoAddressesAreShownOnce(t *testing.T) {
	g := runDemo(t, func(o *bridge.DemoOptions) { o.Kind = bridge.Wholesale }).guest()
	_, page := g.submit("/visitor/login", url.Values{"login": {g.VisitorLogin}, "password": {g.VisitorPassword}, "back": {"/shop/account"}}.Encode())
	if n := strings.Count(page, "ul. Ogrodowa 7"); n != 1 {
		t.Errorf("the address is there %d times:\n%s", n, page)
	}
}
