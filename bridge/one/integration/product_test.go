package integration_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge/one/integration"
)

func TestProduct(t *testing.T) {
	for body, want := range map[string]*integration.Product{
		`{"id":"YKY","name":"Kabel","orderInformation":{"contentUnitCode":"m","orderUnitCode":"rol","packingQuantity":500,"quantityInterval":0.5,"quantityMin":"5"}}`: {
			ID: "YKY", Name: "Kabel", ContentUnit: "m", Step: decimal.RequireFromString("0.5"), Minimum: decimal.NewFromInt(5)},
		`{"sku":"YKY"}`: {ID: "YKY"},
		`{"sku":"YKY","orderInformation":{"quantityInterval":null,"quantityMin":""}}`: {ID: "YKY"},
		`{"orderInformation":{}}`: {ID: "asked"},
		`{"name":"Kabel"}`:        nil,
		`[]`:                      nil,
		``:                        nil,
		`{"id":"YKY","orderInformation":{"quantityInterval":"pół"}}`:   nil,
		`{"id":"YKY","orderInformation":{"quantityMin":-1}}`:           nil,
		`{"id":"YKY","orderInformation":{"quantityInterval":1e99999}}`: nil,
	} {
		got, err := integration.ReadProduct([]byte(body), "asked")
		if (want == nil) != (err != nil) {
			t.Errorf("%s: %v", body, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
	one := serve(t, answers(http.StatusNotFound, `{"message":"no handler"}`))
	_, err := connect(t, one.URL).Product(context.Background(), "YKY")
	checkFailure(t, "a product that ONe does not tell", err, integration.KindNotFound, integration.SendAgainNo)
}
