package sandbox

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
)

// readFeed reads the gateway with the project's reader, which shares no code with
// the sandbox's writer.
func readFeed(t *testing.T, url string) *iof.Gateway {
	t.Helper()
	response, body := fetch(t, url+"/_sandbox/feed/gateway.xml")
	gateway, err := iof.ReadGateway(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("the gateway (status %d): %v", response.StatusCode, err)
	}
	return gateway
}

// readPart reads a file of the feed, which must be without damage.
func readPart(t *testing.T, part iof.Part) []iof.Product {
	t.Helper()
	_, body := fetch(t, part.URL.Reveal())
	var products []iof.Product
	for product, err := range iof.NewReader(bytes.NewReader(body)).Products() {
		if err != nil {
			t.Fatalf("%s: %v", part.Kind, err)
		}
		product.Offset = 0
		products = append(products, product)
	}
	return products
}

func changeOffer(t *testing.T, url, change string) offerDescription {
	t.Helper()
	var told offerDescription
	if status := ask(t, "POST", url+"/_sandbox/offer", change, &told); status != http.StatusOK {
		t.Fatalf("%s: status %d", change, status)
	}
	return told
}

func TestChangesHoldOnlyWhatDiffers(t *testing.T) {
	_, server := newWholesaler(t, ownAddress)
	before := readFeed(t, server.URL)
	if len(before.Changes) != 0 {
		t.Fatalf("%d changes of a new offer", len(before.Changes))
	}
	told := changeOffer(t, server.URL, `{"remove":[205],"rename":{"101":{"pol":"Kubek nowy"}},"stock":{"410":7},"price":{"101":"44.90"}}`)
	if told.Products != 2 || len(told.Changes) != 1 || told.Changes[0] != "full_change2026-11-21T12-00-01" {
		t.Errorf("told %+v", told)
	}
	after := readFeed(t, server.URL)
	if after.Full.Hash != before.Full.Hash || !after.Full.Changed.Equal(before.Full.Changed) {
		t.Error("the full file changed with the change")
	}
	if len(after.Changes) != 1 || !after.Changes[0].Changed.Equal(warsawNoon.Add(time.Second)) || after.Changes[0].Hash == "" ||
		!strings.Contains(after.Changes[0].URL.Reveal(), "&type=full_change2026-11-21T12-00-01&format=xml&iof_3_0") {
		t.Fatalf("changes %+v", after.Changes)
	}
	const always = iof.HasType | iof.HasCode | iof.HasVAT
	products := readPart(t, after.Changes[0])
	if len(products) != 3 {
		t.Fatalf("%d products in the change", len(products))
	}
	mug, boots, tape := products[0], products[1], products[2]
	if mug.Has != always|iof.HasNames|iof.HasRetailWas|iof.HasPromotion|iof.HasRetailPrice || mug.Names["pol"] != "Kubek nowy" || mug.Names["eng"] != "Meadow mug 330 ml" ||
		mug.RetailPrice.Gross.Decimal.String() != "44.9" || mug.RetailWas.Gross.Decimal.String() != "44.9" || mug.Promotion.Price.Gross.Decimal.String() != "34.9" {
		t.Errorf("the mug %+v", mug)
	}
	if boots.ID != "205" || !boots.Removed || boots.Has != iof.HasCode {
		t.Errorf("the boots %+v", boots)
	}
	if tape.Has != always|iof.HasSizes || len(tape.Sizes) != 1 || tape.Sizes[0].Stocks[0].Quantity.String() != "7" {
		t.Errorf("the tape %+v", tape)
	}
	light := readPart(t, *after.Light)
	if len(light) != 2 || light[1].Sizes[0].Stocks[0].Quantity.String() != "7" || light[0].RetailWas.Gross.Decimal.String() != "44.9" {
		t.Errorf("light %+v", light)
	}

	// The promotion ends: a price of 0 says so, in light, too.
	changeOffer(t, server.URL, `{"promotion":{"101":0}}`)
	ended := readFeed(t, server.URL)
	if len(ended.Changes) != 2 || ended.Changes[0].Hash != after.Changes[0].Hash {
		t.Fatalf("changes %+v", ended.Changes)
	}
	mug = readPart(t, ended.Changes[1])[0]
	if mug.Has != always|iof.HasRetailWas|iof.HasPromotion|iof.HasRetailPrice || mug.RetailWas.Present() || mug.Promotion.Price.Present() {
		t.Errorf("the promotion that ended %+v", mug)
	}
	if mug = readPart(t, *ended.Light)[0]; !mug.Has.Has(iof.HasRetailWas) || mug.RetailWas.Present() {
		t.Errorf("the promotion that ended, in light %+v", mug)
	}
	// What makes no difference makes no file.
	if told := changeOffer(t, server.URL, `{"promotion":{"101":"0.00"},"stock":{"410":7},"rename":{"101":{"pol":"Kubek nowy"}},"remove":[205]}`); len(told.Changes) != 2 {
		t.Errorf("changes %v", told.Changes)
	}

	// A new full file, with a new hash; the changes from before it stay listed.
	changeOffer(t, server.URL, `{"full":true}`)
	renewed := readFeed(t, server.URL)
	if renewed.Full.Hash == before.Full.Hash || len(renewed.Changes) != 2 || !renewed.Full.Changed.After(renewed.Changes[1].Changed) {
		t.Errorf("the new full file is of %v with the hash %s", renewed.Full.Changed, renewed.Full.Hash)
	}
	if full := readPart(t, *renewed.Full); len(full) != 2 || full[0].Names["pol"] != "Kubek nowy" {
		t.Errorf("the new full file %+v", full)
	}
}

// The gates answer what the feed says, after a change, too.
func TestGatesFollowTheOffer(t *testing.T) {
	_, server := newWholesaler(t, ownAddress)
	caller := signIn(t, server)
	caller.fill("205-41", "1")
	changeOffer(t, server.URL, `{"put":[{"id":900,"code":"N-900","categoryID":12,"producerID":21,"vat":23,"names":{"pol":"Dzbanek"},"retail":"60","wholesale":"30","sizes":[{"id":"uniw","quantity":4}]}],
		"remove":[205],"price":{"410":"25.00"},"stock":{"101":2}}`)
	answer := caller.must("Products/search", "")
	if got := answer.texts("results/item/productId"); !slices.Equal(got, []string{"101", "410", "900"}) {
		t.Errorf("searched %v", got)
	}
	if got := answer.texts("results/item/productRetailPrice"); !slices.Equal(got, []string{"39.90", "25.00", "60.00"}) {
		t.Errorf("prices %v", got)
	}
	caller.must("Products/search", "<containsText>dzbanek</containsText>")
	if got := caller.must("Products/search", "<productIds><item>205</item></productIds>").text("results/item/productIsVisible"); got != "n" && got != "false" {
		t.Errorf("the removed product is visible: %q", got)
	}
	if got := caller.must("Basket/get", "").text("results/products/item/productCode"); got != "205-41" {
		t.Errorf("the basket lost its line: %q", got)
	}
	if got := answer.texts("results/item/productStocksData/productSizesDispositions/item/productSizeQuantityAllStocks"); !slices.Equal(got, []string{"2", "50", "4"}) {
		t.Errorf("stock %v", got)
	}
	added := readPart(t, readFeed(t, server.URL).Changes[0])
	if last := added[len(added)-1]; last.ID != "900" || !last.Has.Has(iof.HasNames|iof.HasSizes|iof.HasCategory|iof.HasPrice|iof.HasImages) {
		t.Errorf("the new product %+v", last)
	}
}

func TestOfferRefusesWhole(t *testing.T) {
	_, server := newWholesaler(t, ownAddress)
	before := readFeed(t, server.URL).Full.Hash
	const put = `"code":"x","names":{"pol":"x"},"retail":"2","wholesale":"1"`
	for change, says := range map[string]string{
		`{"price":{"101":"1"},"remove":[7]}`:             "there is no product 7",
		`{"price":{"101":"-1"}}`:                         "cannot cost",
		`{"price":{"101":"0"}}`:                          "cannot cost",
		`{"stock":{"101-XL":1}}`:                         "no size",
		`{"stock":{"mug":1}}`:                            "not a quantity",
		`{"stock":{"101":-2}}`:                           "not a quantity",
		`{"rename":{"7":{"pol":"x"}}}`:                   "there is no product 7",
		`{"put":[{"id":0,` + put + `}]}`:                 "not a positive number",
		`{"put":[{"id":5,"names":{"eng":"x"}}]}`:         "no name in pol",
		`{"put":[{"id":5,"names":{"pol":"x"}}]}`:         "retail",
		`{"put":[{"id":5,"categoryID":77,` + put + `}]}`: "category",
		`{"put":[{"id":205,` + put + `}]}`:               "cannot be taken away",
		`{"put":[{"id":5,"sizes":[{}],` + put + `}]}`:    "size needs an id",
		`{"put":[{"id":5,"vat":101,` + put + `}]}`:       "VAT",
		`{"prices":{}}`:                                  "unknown field", `[]`: "the offer takes", ``: "the offer takes",
	} {
		var told struct{ Error string }
		if status := ask(t, "POST", server.URL+"/_sandbox/offer", change, &told); status != http.StatusBadRequest || !strings.Contains(told.Error, says) {
			t.Errorf("%s: status %d, %q, want %q", change, status, told.Error, says)
		}
	}
	changeOffer(t, server.URL, `{"full":true}`)
	gateway := readFeed(t, server.URL)
	if len(gateway.Changes) != 0 || len(readPart(t, *gateway.Full)) != 3 || gateway.Full.Hash == before {
		t.Errorf("a refused change left %d files", len(gateway.Changes))
	}
}

func TestFullIsMadeAnewAfterManyChanges(t *testing.T) {
	s, server := newWholesaler(t, ownAddress)
	first := readFeed(t, server.URL).Full
	for n := 1; n <= mostChanges+1; n++ {
		if err := s.ChangeOffer(OfferChange{Stock: map[string]int64{"410": int64(1000 + n)}}); err != nil {
			t.Fatal(err)
		}
		if n > 1 && n < mostChanges-1 {
			continue
		}
		gateway := readFeed(t, server.URL)
		if len(gateway.Changes) != min(n, 24) {
			t.Fatalf("%d changes are listed after %d", len(gateway.Changes), n)
		}
		if renewed := gateway.Full.Hash != first.Hash; renewed != (n > 24) {
			t.Fatalf("after %d changes the full file is new: %v", n, renewed)
		}
		for i := 1; i < len(gateway.Changes); i++ {
			if !gateway.Changes[i].Changed.After(gateway.Changes[i-1].Changed) {
				t.Fatal("two changes have one moment")
			}
		}
	}
}

// merge applies a file with changes as the format says: what is not there is
// unchanged.
func merge(state map[string]iof.Product, changes []iof.Product) {
	for _, change := range changes {
		if change.Removed {
			delete(state, change.ID)
			continue
		}
		p, known := state[change.ID]
		if !known {
			state[change.ID] = change
			continue
		}
		for part, copyPart := range map[iof.Parts]func(){
			iof.HasType: func() { p.Type = change.Type }, iof.HasCode: func() { p.CodeOnCard = change.CodeOnCard }, iof.HasVAT: func() { p.VAT = change.VAT },
			iof.HasCategory: func() { p.Category = change.Category }, iof.HasProducer: func() { p.Producer = change.Producer },
			iof.HasUnit: func() { p.Unit = change.Unit }, iof.HasSeries: func() { p.Series = change.Series },
			iof.HasCard: func() { p.CardURL = change.CardURL }, iof.HasNames: func() { p.Names = change.Names },
			iof.HasLongDescs: func() { p.LongDescs = change.LongDescs }, iof.HasShortDescs: func() { p.ShortDescs = change.ShortDescs },
			iof.HasPrice: func() { p.Price = change.Price }, iof.HasSRP: func() { p.SRP = change.SRP },
			iof.HasRetailPrice: func() { p.RetailPrice = change.RetailPrice }, iof.HasRetailWas: func() { p.RetailWas = change.RetailWas },
			iof.HasPromotion: func() { p.Promotion = change.Promotion }, iof.HasSizes: func() { p.Sizes = change.Sizes },
			iof.HasImages: func() { p.Images, p.Icons = change.Images, change.Icons }, iof.HasParameters: func() { p.Parameters = change.Parameters },
		} {
			if change.Has.Has(part) {
				copyPart()
			}
		}
		state[change.ID] = p
	}
}

// sameOffer ignores how something was said: which parts a file has, and the name
// of a promotion that there is not.
func sameOffer() cmp.Option {
	return cmp.Options{
		cmpopts.IgnoreFields(iof.Product{}, "Has", "Offset"), cmpopts.EquateEmpty(),
		cmp.Transformer("promotion", func(p iof.Promotion) string {
			if !p.Price.Present() {
				return ""
			}
			return p.Name + p.Price.Gross.Decimal.String()
		}),
	}
}

// Whatever changes, the full file with its changes, one after the other, is the
// next full file.
func TestChangesAddUpToTheNextFull(t *testing.T) {
	chance := rand.New(rand.NewPCG(20261122, 3))
	catalogue := Assortment()
	catalogue.Products = catalogue.Products[:60]
	s, server := newWholesaler(t, ownAddress, func(o *Options) { o.Catalogue = catalogue; o.Orders = []SeedOrder{} })
	state := map[string]iof.Product{}
	merge(state, readPart(t, *readFeed(t, server.URL).Full))
	known := slices.Clone(catalogue.Products)
	for step := range 20 {
		change := OfferChange{Price: map[int64]decimal.Decimal{}, Promotion: map[int64]decimal.Decimal{}, Suggested: map[int64]decimal.Decimal{},
			Wholesale: map[int64]decimal.Decimal{}, Stock: map[string]int64{}, Rename: map[int64]map[string]string{}, Describe: map[int64]map[string]string{}}
		for range 1 + chance.IntN(6) {
			p := known[chance.IntN(len(known))]
			price := decimal.New(100+chance.Int64N(90_000), -2)
			switch chance.IntN(9) {
			case 0:
				change.Price[p.ID] = price
			case 1:
				change.Promotion[p.ID] = price.Mul(decimal.NewFromInt(chance.Int64N(2)))
			case 2:
				change.Suggested[p.ID] = price.Mul(decimal.NewFromInt(chance.Int64N(2)))
			case 3:
				change.Wholesale[p.ID] = price
			case 4:
				change.Stock[fmt.Sprintf("%d-%s", p.ID, p.Sizes[chance.IntN(len(p.Sizes))].ID)] = chance.Int64N(40) - 1
			case 5:
				change.Rename[p.ID] = map[string]string{[]string{"pol", "eng"}[chance.IntN(2)]: fmt.Sprintf("Rzecz %d", step)}
			case 6:
				change.Describe[p.ID] = map[string]string{"pol": fmt.Sprintf("<p>Opis %d</p>", step)}
			case 7:
				change.Remove = append(change.Remove, p.ID)
			case 8:
				other := known[chance.IntN(len(known))]
				p.CategoryID, p.ProducerID, p.SeriesID, p.VAT = other.CategoryID, other.ProducerID, other.SeriesID, []int64{5, 8, 23}[chance.IntN(3)]
				p.Parameters, p.Drawings = p.Parameters[:chance.IntN(len(p.Parameters)+1)], chance.IntN(3)
				if chance.IntN(2) == 0 {
					p.ID = 90_000 + int64(step)
					known = append(known, p)
				}
				change.Put = append(change.Put, p)
			}
		}
		if err := s.ChangeOffer(change); err != nil {
			t.Fatal(err)
		}
	}
	gateway := readFeed(t, server.URL)
	for _, part := range gateway.Changes {
		merge(state, readPart(t, part))
	}
	s.RegenerateFull()
	want := map[string]iof.Product{}
	merge(want, readPart(t, *readFeed(t, server.URL).Full))
	if diff := cmp.Diff(want, state, sameOffer()); diff != "" || len(gateway.Changes) < 15 {
		t.Errorf("%d changes add up to (-full +changes):\n%s", len(gateway.Changes), diff)
	}
}

// The consumers' prices of the feed are those of Products/search.
func TestFeedAndGatesAgreeOnPrices(t *testing.T) {
	catalogue := Assortment()
	if testing.Short() { // every fourth is enough to see most kinds
		catalogue.Products = slices.DeleteFunc(catalogue.Products, func(p Product) bool { return p.ID%4 != 0 })
	}
	s, server := newWholesaler(t, ownAddress, func(o *Options) { o.Catalogue = catalogue; o.Orders = []SeedOrder{} })
	if err := s.ChangeOffer(OfferChange{Full: true, Price: map[int64]decimal.Decimal{catalogue.Products[0].ID: amount("77.70")}}); err != nil {
		t.Fatal(err)
	}
	caller := signIn(t, server)
	feed := map[string]iof.Product{}
	for _, p := range readPart(t, *readFeed(t, server.URL).Full) {
		feed[p.ID] = p
	}
	compared := 0
	promotions, ownPrices := 0, 0
	for page := 0; ; page++ {
		answer := caller.must("Products/search", fmt.Sprintf("<resultsPage>%d</resultsPage><resultsLimit>100</resultsLimit>", page))
		for _, item := range answer.part.all("results/item") {
			p := feed[item.text("productId")]
			compared++
			gross := func(price iof.Price) string {
				if !price.Present() {
					return ""
				}
				return price.Gross.Decimal.StringFixed(2)
			}
			want := []string{item.text("productRetailPrice"), item.text("productPromotionPrice"), item.text("productSrpPrice"), item.text("productWholesalePrice")}
			if got := []string{gross(p.RetailPrice), gross(p.Promotion.Price), gross(p.SRP), gross(p.Price)}; !slices.Equal(got, want) {
				t.Errorf("product %s: the feed says %v, the gate %v", p.ID, got, want)
			}
			before := ""
			if want[1] != "" {
				before = want[0]
				promotions++
			}
			if gross(p.RetailWas) != before {
				t.Errorf("product %s: the price before is %s, want %s", p.ID, gross(p.RetailWas), before)
			}
			for i, size := range item.all("productSizesAttributes/item") {
				retail, account := p.Sizes[i].RetailPrice, p.Sizes[i].Price
				if !retail.Present() {
					retail = p.RetailPrice
				} else {
					ownPrices++
				}
				if !account.Present() {
					account = p.Price
				}
				if gross(retail) != size.text("productRetailPrice") || gross(account) != size.text("productWholesalePrice") {
					t.Errorf("product %s, size %s: the feed says %s and %s, the gate %s and %s", p.ID, p.Sizes[i].ID, gross(retail), gross(account),
						size.text("productRetailPrice"), size.text("productWholesalePrice"))
				}
			}
		}
		if len(answer.part.all("results/item")) < 100 {
			break
		}
	}
	if compared != len(feed) || compared < 70 || promotions == 0 || ownPrices == 0 {
		t.Errorf("%d of %d products, %d promotions, %d sizes with prices of their own were compared", compared, len(feed), promotions, ownPrices)
	}
}

// The gateway has the elements of the maker's, and no others.
func TestGatewayHasTheMakersForm(t *testing.T) {
	folder := os.Getenv("OCTOTEST_IOF_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_IOF_SAMPLES is not set: the gateway is not compared with the official sample")
	}
	sample, err := os.ReadFile(filepath.Join(folder, "3.0", "gateway.xml"))
	if err != nil {
		t.Fatal(err)
	}
	_, server := newWholesaler(t, ownAddress)
	changeOffer(t, server.URL, `{"stock":{"410":7}}`)
	_, own := fetch(t, server.URL+"/_sandbox/feed/gateway.xml")
	if diff := cmp.Diff(shapeOf(t, sample), shapeOf(t, own)); diff != "" {
		t.Errorf("elements and attributes (-official +sandbox):\n%s", diff)
	}
}

// shapeOf lists the paths of a document's elements with the names of their
// attributes, in order, each once.
func shapeOf(t *testing.T, document []byte) []string {
	t.Helper()
	var root node
	if err := xml.Unmarshal(document, &root); err != nil {
		t.Fatal(err)
	}
	var paths []string
	var walk func(path string, n *node)
	walk = func(path string, n *node) {
		path += "/" + n.XMLName.Local
		for _, attribute := range n.Attrs {
			path += "@" + attribute.Name.Local
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
		for _, below := range n.Nodes {
			walk(path, below)
		}
	}
	walk("", &root)
	return paths
}
