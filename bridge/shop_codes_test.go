package bridge_test

import (
	"fmt"
	"strings"
	"testing"

	"octobridge/bridge"
	"octobridge/bridge/shopapi"
)

// A shop with ids of its own (shop.ids_file) had to know the wholesaler's codes to
// order what its visitors see under the shop's.
func TestShopOrdersByItsOwnIDs(t *testing.T) {
	s := startShop(t, func(parts *bridge.ShopAPI) { parts.IDs = readIDs(t, "MUG;1102\nMUG-2;1103-uniw\nGONE;999999\n") })
	var list struct{ Products []shopapi.Availability }
	body := `{"products":[{"code":"NONE","codeType":"shop","quantity":1},{"code":"MUG","codeType":"shop","quantity":1},{"code":"1102","quantity":2},{"code":"GONE","codeType":"shop","quantity":1}]}`
	if status := s.ask("POST", "/availability", body, &list); status != 200 || len(list.Products) != 4 {
		t.Fatalf("availability: %d %+v", status, list)
	}
	for i, want := range []struct {
		code, codeType, problem string
		product                 int64
	}{{"NONE", "shop", "unknown-product", 0}, {"MUG", "shop", "", 1102}, {"1102", "internal", "", 1102}, {"GONE", "shop", "unknown-product", 0}} {
		got, problem := list.Products[i], ""
		if got.Problem != nil {
			problem = got.Problem.Code
		}
		if got.Code != want.code || got.CodeType != want.codeType || got.ProductID != want.product || problem != want.problem {
			t.Errorf("line %d is %+v, %q", i, got, problem)
		}
	}
	if status := s.ask("GET", "/availability?code=NONE&codeType=shop", "", &list); status != 200 || list.Products[0].Problem == nil {
		t.Errorf("only an unknown id: %d %+v", status, list)
	}
	lines := `"recipient":` + recipient + `,"products":[{"code":"MUG","codeType":"shop","quantity":1},{"code":"%s","codeType":"shop","quantity":2}]}`
	order := `{"reference":"own-1","courier":{"rule":"cheapest"},` + lines
	for path, text := range map[string]string{"/orders": order, "/couriers": `{` + lines} {
		var problem struct{ Errors []shopapi.Fault }
		if status := s.ask("POST", path, fmt.Sprintf(text, "NONE"), &problem); status != 422 || len(problem.Errors) != 1 || problem.Errors[0].Pointer != "/products/1/code" ||
			!strings.Contains(problem.Errors[0].Detail, "shop.ids_file") {
			t.Errorf("%s with an unknown id: %d %+v", path, status, problem)
		}
	}
	if status := s.ask("POST", "/couriers", fmt.Sprintf(`{`+lines, "MUG-2"), nil); status != 200 {
		t.Errorf("couriers: %d", status)
	}
	for _, want := range []int{201, 200} {
		if status := s.ask("POST", "/orders", fmt.Sprintf(order, "MUG-2"), nil); status != want {
			t.Errorf("placing is answered %d, want %d", status, want)
		}
	}
	placed := s.waitFor("/orders/own-1", "placed")
	if lines := placed.Request.Lines; len(lines) != 2 || lines[0].Code != "1102" || lines[1].Code != "1103" || lines[1].CodeType != "internal" {
		t.Errorf("stored as %+v", lines)
	}
}

func TestOwnIDsNeedAFile(t *testing.T) {
	s := startShop(t)
	var problem struct{ Errors []shopapi.Fault }
	order := `{"reference":"own-2","recipient":` + recipient + `,"products":[{"code":"41","codeType":"shop","quantity":1}]}`
	if status := s.ask("POST", "/orders", order, &problem); status != 422 || len(problem.Errors) != 1 || !strings.Contains(problem.Errors[0].Detail, "has no file") {
		t.Errorf("%d %+v", status, problem)
	}
}
