package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"octobridge/bridge/one/sandbox"
)

func cartAddress(address, id string) string {
	return address + "/api/v1/orderpath" + integ + "carts/" + url.PathEscape(id) + "/add-configurable-products"
}

// cable is a body with one length of the demonstration's cable, and more fields of
// its main product.
func cable(length, more string) string {
	return fmt.Sprintf(`{"configurableProducts":[{"main":{"productId":%q,"quantity":{"type":"CONTENT_QUANTITY","value":%s}%s},"children":[]}]}`, sandbox.DemoCable, length, more)
}

// Two lengths of a cable, one on a drum: the drum's line hangs on its cable's, flags
// that were left out are true, and it is told which those were.
func TestCart(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	body := `{"configurableProducts":[
		{"main":{"productId":"KAB/YDYP-3X1.5","quantity":{"type":"CONTENT_QUANTITY","value":12.5},"allowQuantitySplitting":false},
		 "children":[{"productId":"BEBEN-500","quantity":{"type":"ORDER_QUANTITY","value":1},"removable":true,"allowQuantityChange":false}]},
		{"main":{"productId":"KAB/YDYP-3X1.5","quantity":{"type":"ORDER_QUANTITY","value":2}},"children":[]}]}`
	answer := ask(t, "PUT", cartAddress(address, sandbox.DemoCart), body).want(t, 200).object(t)
	c, there := s.Cart(sandbox.DemoCart)
	if !there || c.Customer != sandbox.DemoCustomer || len(c.Lines) != 3 || len(c.Bodies) != 1 || string(c.Bodies[0]) != body {
		t.Fatalf("the cart is %+v", c)
	}
	first, drum, second := c.Lines[0], c.Lines[1], c.Lines[2]
	if first.Content != "12.5" || first.Unit != "m" || first.Parent != "" || first.AllowQuantitySplitting || !first.Removable || !first.AllowQuantityChange ||
		first.Sent.AllowQuantitySplitting == nil || *first.Sent.AllowQuantitySplitting || first.Sent.Removable != nil || first.Sent.AllowQuantityChange != nil {
		t.Errorf("the first length is %+v", first)
	}
	if drum.Parent != first.ID || drum.ID == first.ID || drum.SKU != "BEBEN-500" || drum.Type != "ORDER_QUANTITY" || drum.Content != "1" || drum.AllowQuantityChange || !drum.AllowQuantitySplitting ||
		drum.Sent.Removable == nil || !*drum.Sent.Removable {
		t.Errorf("the drum is %+v", drum)
	}
	if second.Content != "200" || second.Quantity != "2" || second.ID == first.ID {
		t.Errorf("the second length is %+v", second)
	}
	if at(t, answer, "productLines", 1, "parentLineId") != first.ID || at(t, answer, "productLines", 0, "quantity", "value") != json.Number("12.5") {
		t.Errorf("the answer is %v", answer)
	}
	if _, there := s.Cart("another"); there {
		t.Error("there is a cart that nobody made")
	}
	c.Lines[0].SKU = "changed"
	if again, _ := s.Cart(sandbox.DemoCart); again.Lines[0].SKU == "changed" {
		t.Error("a caller changes the sandbox's own cart")
	}
}

// What is wrong with a body is said, and nothing of it is put in.
func TestCartRefuses(t *testing.T) {
	s, address := start(t, sandbox.Options{})
	place := cartAddress(address, sandbox.DemoCart)
	main := `{"productId":"PUSZKA-60","quantity":{"type":"CONTENT_QUANTITY","value":1}}`
	good := `{"main":` + main + `,"children":[]}`
	for body, why := range map[string]string{
		``:                            "JSON",
		`null`:                        "must be an object",
		`{}`:                          "must be a list",
		`{"configurableProducts":[]}`: "1 to 100",
		`{"configurableProducts":{}}`: "must be a list",
		`{"ConfigurableProducts":[` + good + `]}`:                                            "Unrecognized field",
		`{"configurableProducts":[` + good + `],"note":1}`:                                   "Unrecognized field",
		`{"configurableProducts":[` + good + `,{"main":` + main + `}]}`:                      "configurableProducts[1].children",
		`{"configurableProducts":[{"children":[]}]}`:                                         "configurableProducts[0].main: must be an object",
		`{"configurableProducts":[` + good + `]} x`:                                          "JSON",
		`{"configurableProducts":[{"main":` + main + `,"main":` + main + `,"children":[]}]}`: "there twice",
		strings.Repeat("[", 40) + strings.Repeat("]", 40):                                    "nested deeper",
		cable("12.3", ""):        "no multiple of quantityInterval 0.5",
		cable("4.5", ""):         "less than quantityMin 5",
		cable("0", ""):           "above zero",
		cable("-10", ""):         "above zero",
		cable(`"10"`, ""):        "must be a number",
		cable("1e400000000", ""): "plain decimal",
		cable("10.0000000000000000000000000000", ""):                                "at most 30",
		cable("10", `,"removable":null`):                                            "true or false",
		cable("10", `,"removable":"true"`):                                          "true or false",
		cable("10", `,"Removable":true`):                                            "Unrecognized field",
		strings.Replace(cable("10", ""), "CONTENT_QUANTITY", "METRES", 1):           "one of",
		strings.Replace(cable("10.5", ""), "CONTENT_QUANTITY", "ORDER_QUANTITY", 1): "whole units",
		strings.Replace(cable("10", ""), sandbox.DemoCable, "NONE", 1):              "no product",
		strings.Replace(cable("10", ""), `"children":[]`, `"children":[{}]`, 1):     "children[0]",
		strings.Replace(cable("10", ""), `"type":"CONTENT_QUANTITY",`, ``, 1):       "one of",
		strings.Replace(cable("10", ""), `"productId"`, `"sku"`, 1):                 "Unrecognized field",
	} {
		r := ask(t, "PUT", place, body)
		if r.status != 400 || !strings.Contains(fmt.Sprint(r.object(t)["message"]), why) {
			t.Errorf("%s: %d %s, want 400 with %q", body, r.status, r.body, why)
		}
	}
	ask(t, "PUT", cartAddress(address, "K/9001/2"), cable("10", "")).want(t, 404)
	if c, _ := s.Cart(sandbox.DemoCart); len(c.Lines) != 0 || len(c.Bodies) != 0 {
		t.Errorf("something was put in: %+v", c)
	}
	ask(t, "PUT", place, cable("12.500", "")).want(t, 200)
	if c, _ := s.Cart(sandbox.DemoCart); len(c.Lines) != 1 || c.Lines[0].Quantity != "12.500" || c.Lines[0].Content != "12.5" {
		t.Errorf("the cart is %+v", c)
	}
}
