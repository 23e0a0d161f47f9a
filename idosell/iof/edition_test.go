package iof_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell/iof"
)

// What public code shows of 2.6: IdoSell's own has a default namespace; other
// programs write it with dates in the Polish way, two letters for a language,
// paths with backslashes, codes at the product, pictures outside large, and
// sizes without an id.
func TestEdition2(t *testing.T) {
	offer, products := readAll(t, []byte(`<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<offer file_format="IOF" version="2.6" generated="09.05.2025 01:13:52" xmlns="http://www.iai-shop.com/developers/iof.phtml">
 <products language="pl" currency="EUR">
  <product id="24" vat="0" code="C49" code_on_card="C49" EAN="5901477140723" code_producer="X-49">
   <producer name="Przykładowa" id=""/>
   <category id="105" name="Podnośniki" path="Części\Podnośniki"/>
   <description><name><![CDATA[Koło]]></name><name xml:lang="en-GB">Wheel</name><description><![CDATA[nie]]></description></description>
   <price gross="2,46" net="2,00"/><srp gross="" net=""/>
   <sizes><size code="C49" weight="350" stock="25"/></sizes>
   <images><large url="https://h.example/1.jpg"/><image url="https://h.example/3.jpg" sort="3"/><image url="https://h.example/2.jpg" sort="2"/></images>
  </product>
  <product id="25" code="C50">
   <sizes><size code="25-S"><stock quantity="1"/></size><size name="duży"/><size code="ZZ"/></sizes>
  </product>
 </products>
</offer>`))
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	wantOffer := iof.Offer{Format: "IOF", Version: "2.6", Edition: iof.Edition2, Currency: "EUR", Language: "pol",
		Generated: time.Date(2025, 5, 9, 1, 13, 52, 0, warsaw)}
	if diff := cmp.Diff(wantOffer, offer, equal); diff != "" {
		t.Errorf("the head (-want +got):\n%s", diff)
	}
	for i := range products {
		products[i].Offset = 0
	}
	want := []iof.Product{{
		ID: "24", CodeOnCard: "C49", CodeProducer: "5901477140723", Currency: "EUR", VAT: opt("0"),
		Has: iof.HasCode | iof.HasVAT | iof.HasProducer | iof.HasCategory | iof.HasNames | iof.HasPrice | iof.HasSRP |
			iof.HasSizes | iof.HasImages,
		Producer: iof.Reference{Name: "Przykładowa"},
		Category: iof.Reference{ID: "105", Name: "Części/Podnośniki"},
		Names:    iof.Texts{"pol": "Koło", "eng": "Wheel"},
		Prices:   iof.Prices{Price: price("2", "2.46")},
		Sizes: []iof.Size{{ID: iof.OneSize, Code: "C49", CodeProducer: "5901477140723", Weight: 350,
			Stocks: []iof.Stock{{Quantity: dec("25")}}}},
		Images: []iof.Image{{URL: "https://h.example/1.jpg"}, {URL: "https://h.example/2.jpg"}, {URL: "https://h.example/3.jpg"}},
	}, {
		ID: "25", CodeOnCard: "C50", Currency: "EUR", Has: iof.HasCode | iof.HasSizes,
		Sizes: []iof.Size{{ID: "S", Code: "25-S", Stocks: []iof.Stock{{Quantity: dec("1")}}},
			{ID: "duży", Name: "duży", Code: "25-duży"}, {ID: "ZZ", Code: "ZZ"}},
	}}
	if diff := cmp.Diff(want, products, equal); diff != "" {
		t.Errorf("the products (-want +got):\n%s", diff)
	}
}

func TestEditionByForm(t *testing.T) {
	for root, want := range map[string]string{
		`<offer version="3.0">`: iof.Edition3,
		`<offer version="2.6">`: iof.Edition2,
		`<offer version="2.5" xmlns="http://www.iai-shop.com/developers/iof.phtml">`: iof.Edition2,
		`<offer version="3.0" xmlns="http://www.iai-shop.com/developers/iof.phtml">`: iof.Edition3,
		`<offer xmlns="http://www.iai-shop.com/developers/iof.phtml">`:               iof.Edition2,
		`<offer xmlns:iof="http://www.iai-shop.com/developers/iof.phtml">`:           iof.Edition3,
		`<offer xmlns="urn:x">`: iof.Edition3,
		`<offer>`:               iof.Edition3,
	} {
		if offer, _ := readAll(t, []byte(root+`<products/></offer>`)); offer.Edition != want {
			t.Errorf("%s is taken for %s, want %s", root, offer.Edition, want)
		}
	}
}
