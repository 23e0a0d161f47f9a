package bridge_test

import (
	"net/url"
	"strings"
	"testing"

	"octobridge/bridge/shopapi"
	"octobridge/idosell/sandbox"
)

// What the wholesaler says of a product that it refuses was passed on as it came,
// to tokens without prices:read as well.
func TestARefusedProductTellsNoAmount(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	code := s.available()
	fault := sandbox.Fault{Code: 9, Text: "Limit przekroczony: 8 419,57 zł"}
	s.wholesaler.SetMoods(sandbox.Moods{Trouble: sandbox.Trouble{ItemFault: &fault}})
	token, _, err := s.tokens.Create(t.Context(), "without prices", []shopapi.Scope{shopapi.CatalogRead})
	if err != nil {
		t.Fatal(err)
	}
	s.token = token.Reveal()
	var list struct{ Products []shopapi.Availability }
	if status := s.ask("GET", "/availability?code="+url.QueryEscape(code), "", &list); status != 200 || len(list.Products) != 1 || list.Products[0].Problem == nil {
		t.Fatalf("%d %+v: the test proves nothing", status, list)
	}
	if text := list.Products[0].Problem.Text; !strings.HasPrefix(text, "Limit przekroczony") || strings.Contains(text, "419,57") {
		t.Errorf("the problem is told as %q", text)
	}
}
