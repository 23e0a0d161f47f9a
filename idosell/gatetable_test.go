package idosell_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"octobridge/idosell"
)

// The override of a wholesaler that names nearly everything differently.
const override = `
authenticate:
  names:
    authenticate.login: userLogin
    authenticate.systemKey: authenticateKey
get-orders:
  gate: Zamowienia
  method: pobierz
  version: 107
  part: get
  namespace: ApiOrders
  names:
    params.ids: zamowieniaIds
    results.details: [szczegoly, orderDetails]
    results.details.status: status_zamowienia
`

func TestOverride(t *testing.T) {
	table, err := idosell.ReadGates(strings.NewReader(override))
	if err != nil {
		t.Fatal(err)
	}
	w := newWholesaler(t)
	var asked string
	granted := w.answers[authenticate]
	w.answer(authenticate, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = string(body)
		granted(rw, r)
	})
	w.answer("Zamowienia/pobierz", func(rw http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.RawQuery, "/107/soap") || r.Header.Get("SOAPAction") != `"#pobierz"` {
			t.Errorf("asked %s with SOAPAction %s", r.URL.RawQuery, r.Header.Get("SOAPAction"))
		}
		io.WriteString(rw, listed("",
			"<orderId>sklep-1</orderId><szczegoly><statusZamowienia>new</statusZamowienia></szczegoly>",
			"<orderId>sklep-1</orderId><orderDetails><statusZamowienia>packed</statusZamowienia></orderDetails>"))
	})
	page, err := w.client(t, func(c *idosell.Config) { c.Gates = table }).OrdersPage(t.Context(), idosell.OrderQuery{IDs: []string{"sklep-1"}}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 2 || page.Items[0].Status != "new" || page.Items[1].Status != "packed" {
		t.Errorf("read %+v", page.Items)
	}
	for _, part := range []string{"<ns1:pobierz><get ", `xmlns:ns1="ApiOrders"`, "<zamowieniaIds "} {
		if !strings.Contains(w.lastRequest(), part) {
			t.Errorf("the request lacks %s:\n%s", part, w.lastRequest())
		}
	}
	for _, part := range []string{"<userLogin ", "<authenticateKey "} {
		if !strings.Contains(asked, part) {
			t.Errorf("Authenticate lacks %s:\n%s", part, asked)
		}
	}
	if def := idosell.DefaultGates().Gate(idosell.OpGetOrders); def.Gate != "Orders" || def.Params[0].Name != "ordersIds" {
		t.Error("the override changed the built-in table")
	}
}

func TestOverrideMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"get-order:\n  version: 1":                                               `did you mean "get-orders"?`,
		"get-orders:\n  names: {params.id: x}":                                   `did you mean "params.ids"?`,
		"get-orders:\n  verison: 1":                                              "verison",
		"get-orders:\n  version: -1":                                             "negative",
		"get-orders:\n  gate: 'Orders&x=1'":                                      "no name",
		"get-orders:\n  names: {params.ids: 'a b'}":                              "no element name",
		"get-orders:\n  names:\n    params.ids:":                                 "has no name",
		"get-orders:\n  names: {params.ids: []}":                                 "no name",
		"get-orders:\n  names: {params.ids: {a: b}}":                             "want an element name",
		"get-orders: [":                                                          "line 1",
		"get-orders:\n  version: 1\nget-orders:\n  version: 2":                   "already defined",
		"get-orders:\n  names: {params.ids: '" + strings.Repeat("x", 200) + "'}": "no element name",
	} {
		if _, err := idosell.ReadGates(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
	if _, err := idosell.ReadGates(strings.NewReader("# nothing\n")); err != nil {
		t.Errorf("an empty override: %v", err)
	}
	if _, err := idosell.ReadGatesFile(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a missing file is read")
	}
}

// The maker's real WSDLs: parts, versions and actions as its own files have them.
func TestRealWSDLs(t *testing.T) {
	folder := os.Getenv("OCTOTEST_WSDL_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_WSDL_SAMPLES is not set: the maker's real WSDLs are not there")
	}
	for file, want := range map[string]struct {
		namespace string
		version   int
		op        idosell.WSDLOperation
	}{
		"orders-get-107.wsdl":     {"ApiOrders", 105, idosell.WSDLOperation{Name: "get", SOAPAction: "#get", RequestPart: "get", AnswerPart: "getResponse"}},
		"productsstocks-get.wsdl": {"ApiProductsStocks", 0, idosell.WSDLOperation{Name: "get", SOAPAction: "#get", RequestPart: "getRequest", AnswerPart: "getResponse"}},
		"checkServerLoad.wsdl":    {"CheckServerLoad", 6, idosell.WSDLOperation{Name: "checkServerLoad", SOAPAction: "#checkServerLoad", RequestPart: "checkServerLoadRequest", AnswerPart: "checkServerLoadResponse"}},
	} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		wsdl, err := idosell.ParseWSDL(text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if wsdl.Namespace != want.namespace || wsdl.Version != want.version || len(wsdl.Operations) != 1 || wsdl.Operations[0] != want.op {
			t.Errorf("%s: read %+v, want %+v", file, wsdl, want)
		}
	}
}

func TestWSDLMistakes(t *testing.T) {
	for _, text := range []string{"", "x", "<html></html>", "<definitions/>", "<a/>", `<definitions><portType>`} {
		if wsdl, err := idosell.ParseWSDL([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, wsdl)
		}
	}
}
