package idosell_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"octobridge/idosell"
)

// The golden envelopes are written by hand after gates.md; the sandbox is held
// to the same files. So a mistake in either codec shows against the other.
const goldenFolder = "sandbox/testdata/golden"

// goldenKey is the session key of the golden requests.
const goldenKey = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"

var anna = idosell.Address{FirstName: "Anna", LastName: "Nowak", Street: "ul. Kwiatowa 12/3", ZipCode: "50-001", City: "Wrocław", CountryID: "PL",
	Phone1: "+48 500 000 003", Email: "anna.nowak@example.com"}

// goldenCalls makes the call of each golden request and returns what was read.
func goldenCalls(t *testing.T) map[string]func(*idosell.Client) (any, error) {
	ctx := t.Context()
	one := func(err error) (any, error) { return nil, err }
	return map[string]func(*idosell.Client) (any, error){
		"Authenticate-authenticate": func(c *idosell.Client) (any, error) { return goldenKey + " 900", c.Renew(ctx) },
		"Basket-clear":              func(c *idosell.Client) (any, error) { return one(c.ClearBasket(ctx)) },
		"Basket-get":                func(c *idosell.Client) (any, error) { return c.Basket(ctx) },
		"Basket-remove":             func(c *idosell.Client) (any, error) { return one(c.RemoveFromBasket(ctx, 4)) },
		"Basket-setQuantity":        func(c *idosell.Client) (any, error) { return one(c.SetBasketQuantity(ctx, 3, number(t, "5"))) },
		"Clients-getDeliveryAddresses": func(c *idosell.Client) (any, error) {
			var out []idosell.DeliveryAddress
			for address, err := range c.DeliveryAddresses(ctx, idosell.AddressQuery{OrderIDs: []string{"sklep-1"}}) {
				if err != nil {
					return nil, err
				}
				out = append(out, address)
			}
			return out, nil
		},
		"Clients-setDeliveryAddress": func(c *idosell.Client) (any, error) {
			moved := anna
			moved.Street, moved.ZipCode = "ul. Polna 4", "50-002"
			return "5002", c.SetDeliveryAddress(ctx, idosell.DeliveryAddress{ID: 5002, Address: moved})
		},
		"Dropshipping-basketImport": func(c *idosell.Client) (any, error) {
			return c.ImportBasket(ctx, idosell.BasketImport{
				Lines: []idosell.Line{
					{Code: "101", Quantity: number(t, "2"), Comment: "Proszę o oryginalne opakowanie"},
					{Code: "5900000002057", CodeType: idosell.CodeProducer, Quantity: number(t, "1")},
					{Code: "309", Quantity: number(t, "1")},
				},
				Comment:     "Lista z zamówienia SH-2001",
				Attachments: []idosell.Attachment{{Name: "etykieta.txt", Content: []byte("etykieta")}},
			})
		},
		"Dropshipping-basketVerification": func(c *idosell.Client) (any, error) {
			return c.Availability(ctx, idosell.Line{Code: "101", Quantity: number(t, "2")},
				idosell.Line{Code: "BUT-41", CodeType: idosell.CodeExternal, Quantity: number(t, "10")},
				idosell.Line{Code: "5900000999999", CodeType: idosell.CodeProducer, Quantity: number(t, "1")})
		},
		"Dropshipping-getCouriers": func(c *idosell.Client) (any, error) { return c.Couriers(ctx, "DE") },
		"Dropshipping-getCouriersForOrder": func(c *idosell.Client) (any, error) {
			return c.CouriersForOrder(ctx, idosell.CourierQuery{Address: anna, PaymentType: idosell.Prepaid})
		},
		"Dropshipping-getSupplierData": func(c *idosell.Client) (any, error) { return c.Supplier(ctx) },
		"Dropshipping-placeOrder": func(c *idosell.Client) (any, error) {
			return c.PlaceOrder(ctx, idosell.NewOrder{
				Delivery: anna, PickupPointID: "WRO01TEST", CourierID: 151, PaymentType: idosell.Prepaid,
				Billing: &idosell.Address{FirstName: "Ewa", LastName: "Sklepowa", Firm: "Sklep Testowy", NIP: "0000000000",
					Street: "ul. Przykładowa 1", ZipCode: "00-001", City: "Warszawa", CountryID: "PL", Email: "sklep@sklep.example"},
				ClientNote: "[ref:SH-2001] Prosimy zapakować na prezent", CourierNote: "Proszę dzwonić",
				DeliveryDate: warsaw(t, "2026-11-25 00:00:00"),
			})
		},
		"Orders-cancel": func(c *idosell.Client) (any, error) { return "canceled", c.CancelOrder(ctx, "sklep-2") },
		"Orders-get": func(c *idosell.Client) (any, error) {
			page, err := c.OrdersPage(ctx, idosell.OrderQuery{IDs: []string{"sklep-1"}, SerialNumbers: []int64{1001}, Statuses: []idosell.OrderStatus{"new", "finished"},
				Begin: warsaw(t, "2026-11-01 00:00:00"), End: warsaw(t, "2026-11-21 12:00:00")}, 0, 100)
			return page.Items, err
		},
		"Products-get": func(c *idosell.Client) (any, error) {
			var out []idosell.Product
			for product, err := range c.GetProducts(ctx, idosell.ProductQuery{IDs: []int64{205, 309, 999999}, Language: "eng", Currency: "PLN"}) {
				if err != nil {
					return nil, err
				}
				out = append(out, product)
			}
			return out, nil
		},
		"Products-search": func(c *idosell.Client) (any, error) {
			page, err := c.SearchProductsPage(ctx, idosell.ProductQuery{Text: "laka", CategoryID: 10, Language: "pol", Currency: "PLN",
				OrderBy: []idosell.Ordering{{Element: "price", Direction: "DESC"}}}, 0, 20)
			return page.Items, err
		},
	}
}

func TestGoldenEnvelopes(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(goldenFolder, "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no golden envelopes: %v", err)
	}
	calls := goldenCalls(t)
	for _, folder := range folders {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			request := golden(t, folder, "request.xml")
			response, err := os.ReadFile(filepath.Join(folder, "response.xml"))
			if err != nil {
				t.Fatal(err)
			}
			call := calls[name]
			if call == nil {
				t.Fatalf("no call for %s", name)
			}
			gate := strings.Replace(name, "-", "/", 1)
			method := strings.Split(name, "-")[1]
			w := newWholesaler(t)
			w.answer(authenticate, func(rw http.ResponseWriter, _ *http.Request) {
				io.WriteString(rw, envelope("<sessionKey>"+goldenKey+"</sessionKey>"))
			})
			w.says(gate+"/wsdl", `<definitions><portType><operation name="`+method+`"/></portType></definitions>`)
			w.says(gate, string(response))
			got, err := call(w.client(t, func(c *idosell.Config) {
				if key := request.FindElement("//dropshippingKey"); key != nil {
					c.DropshippingKey = idosell.NewSecret(key.Text())
				}
			}))
			if _, partly := err.(*idosell.ImportError); err != nil && !partly {
				t.Fatal(err)
			}
			if name != "Authenticate-authenticate" {
				sent := etree.NewDocument()
				if err := sent.ReadFromString(w.lastRequest()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tree(request.Root(), ""), tree(sent.Root(), "")); diff != "" {
					t.Errorf("the request: -golden +sent:\n%s", diff)
				}
			}
			nothingLost(t, response, got)
		})
	}
}

func golden(t *testing.T, folder, file string) *etree.Document {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromFile(filepath.Join(folder, file)); err != nil {
		t.Fatal(err)
	}
	return doc
}

// tree lists the elements of a document with their texts, xsi:type and array
// types, sorted within their parents: prefixes and order do not matter.
func tree(element *etree.Element, path string) []string {
	path += "/" + element.Tag
	line := path
	for _, attr := range element.Attr {
		if attr.Key == "type" || attr.Key == "arrayType" {
			line += " " + attr.Key + "=" + attr.Value
		}
	}
	children := element.ChildElements()
	if len(children) == 0 {
		return []string{line + " " + strings.TrimSpace(element.Text())}
	}
	out := []string{line}
	for i, child := range children {
		inner := tree(child, path)
		if child.Tag == "item" {
			for j := range inner {
				inner[j] = strings.Replace(inner[j], path+"/item", path+"/item"+string(rune('a'+i)), 1)
			}
		}
		out = append(out, inner...)
	}
	slices.Sort(out)
	return out
}

// notRead are elements of the golden answers that the client has no use for.
var notRead = []string{"clientCountryName", "clientDeliveryAddressCountry", "billingCurrency", "endClientAccount"}

// nothingLost checks that each text in the results of an answer is somewhere in
// what was read: independent of how the decoder finds it.
func nothingLost(t *testing.T, response []byte, got any) {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(response); err != nil {
		t.Fatal(err)
	}
	results := doc.FindElement("//results")
	if results == nil {
		return
	}
	read, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	text := string(read)
	for _, leaf := range results.FindElements(".//*") {
		value := strings.TrimSpace(leaf.Text())
		if len(leaf.ChildElements()) > 0 || value == "" || value == "y" || value == "n" || strings.HasPrefix(value, "0000-00-00") || slices.Contains(notRead, leaf.Tag) {
			continue
		}
		if leaf.Tag == "faultCode" && value == "0" {
			continue
		}
		quoted, _ := json.Marshal(value)
		forms := []string{strings.Trim(string(quoted), `"`), strings.Replace(value, " ", "T", 1)}
		if d, err := idosell.ParseDecimal(value); err == nil {
			forms = append(forms, d.String())
		}
		if !slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(text, form) }) {
			t.Errorf("%s = %q is not in what was read", leaf.GetPath(), value)
		}
	}
}
