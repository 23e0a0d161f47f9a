package sandbox

import (
	"encoding/xml"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parseTree reads a document into nodes.
func parseTree(t *testing.T, document []byte) *node {
	t.Helper()
	var root node
	if err := xml.Unmarshal(document, &root); err != nil {
		t.Fatalf("%v in %.300s", err, document)
	}
	return &root
}

func (n *node) attribute(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func readWSDL(t *testing.T, method, url string) *node {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d", url, response.StatusCode)
	}
	var root node
	if err := xml.NewDecoder(response.Body).Decode(&root); err != nil {
		t.Fatal(err)
	}
	return &root
}

// Every gate's WSDL names each type that it uses, and the gate's own elements.
func TestWSDLsAreComplete(t *testing.T) {
	_, server := newWholesaler(t)
	for _, g := range gates {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			doc := readWSDL(t, method, server.URL+"/customer-api/?gate="+g.String()+"/107/soap/wsdl")
			address := doc.all("service/port/address")[0].attribute("location")
			if want := "https://hurtownia.example/customer-api/?gate=" + g.String() + "/1/soap"; address != want {
				t.Errorf("%s: address %s, want the newest version's, %s", g, address, want)
			}
			types := map[string]*node{}
			for _, typ := range doc.all("types/schema/complexType") {
				if types[typ.attribute("name")] != nil {
					t.Errorf("%s: the type %s stands twice", g, typ.attribute("name"))
				}
				types[typ.attribute("name")] = typ
			}
			for name, typ := range types {
				for _, part := range typ.all("all/element") {
					if used, own := strings.CutPrefix(part.attribute("type"), "ns:"); own && types[used] == nil {
						t.Errorf("%s: %s uses the type %s, which is missing", g, name, used)
					}
				}
				for _, array := range typ.all("complexContent/restriction/attribute") {
					if used, own := strings.CutPrefix(array.attribute("arrayType"), "ns:"); own && types[strings.TrimSuffix(used, "[]")] == nil {
						t.Errorf("%s: %s is an array of %s, which is missing", g, name, used)
					}
				}
			}
			if body := doc.all("binding/operation/input/body")[0]; body.attribute("use") != "encoded" || body.attribute("namespace") != g.name {
				t.Errorf("%s: the input is %q in %q", g, body.attribute("use"), body.attribute("namespace"))
			}
		}
	}
	doc := readWSDL(t, http.MethodGet, server.URL+"/customer-api/?gate=Dropshipping/basketImport/1/soap/wsdl")
	for typ, want := range map[string][]string{
		"requestType":      {"authenticate", "params"},
		"authenticateType": {"sessionKey", "dropshippingKey"},
		"paramsType":       {"products", "comment", "attachments"},
		"productsItemType": {"productCode", "codeType", "quantity", "comment"},
		"responseType":     {"authenticate", "errors", "results"},
		"products2ItemType": {"productCode", "codeType", "productId", "sizeId", "productName", "available", "availableQuantity",
			"price", "priceGross", "vat", "errors", "basketPosition"},
	} {
		var parts []string
		for _, c := range doc.all("types/schema/complexType") {
			if c.attribute("name") == typ {
				for _, part := range c.all("all/element") {
					parts = append(parts, part.attribute("name"))
				}
			}
		}
		if !slices.Equal(parts, want) {
			t.Errorf("%s has %v, want %v", typ, parts, want)
		}
	}
}

func TestMissingGateHasNoWSDL(t *testing.T) {
	s, server := newWholesaler(t)
	s.SetMoods(Moods{Different: Different{MissingGates: []string{"Orders/cancel"}}})
	for gate, want := range map[string]int{"Orders/cancel": 404, "Orders/get": 200, "Orders/steal": 404} {
		if response, _ := fetch(t, server.URL+"/customer-api/?gate="+gate+"/1/soap/wsdl"); response.StatusCode != want {
			t.Errorf("%s: status %d, want %d", gate, response.StatusCode, want)
		}
	}
}

// The form is the maker's: the same elements, by path and attributes' names, as
// its real WSDLs have, as far as both describe the same things.
func TestWSDLsHaveTheMakersForm(t *testing.T) {
	folder := os.Getenv("OCTOTEST_WSDL_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_WSDL_SAMPLES is not set")
	}
	samples, err := filepath.Glob(filepath.Join(folder, "*.wsdl"))
	if err != nil || len(samples) == 0 {
		t.Fatalf("no *.wsdl in %s: %v", folder, err)
	}
	theirs := map[string]bool{}
	for _, sample := range samples {
		content, err := os.ReadFile(sample)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(theirs, forms(parseTree(t, content)))
	}
	for _, g := range gates {
		for form := range forms(parseTree(t, []byte(wsdl(g, "https://hurtownia.example/")))) {
			if !theirs[form] {
				t.Errorf("%s: %s is in no real WSDL", g, form)
			}
		}
	}
}

// forms are the elements of a document: paths with the names of attributes.
func forms(root *node) map[string]bool {
	all := map[string]bool{}
	var walk func(n *node, path string)
	walk = func(n *node, path string) {
		path += "/{" + n.XMLName.Space + "}" + n.XMLName.Local
		var attributes []string
		for _, a := range n.Attrs {
			if a.Name.Space != "xmlns" {
				attributes = append(attributes, a.Name.Local)
			}
		}
		slices.Sort(attributes)
		all[path+" "+strings.Join(attributes, " ")] = true
		for _, below := range n.Nodes {
			walk(below, path)
		}
	}
	walk(root, "")
	return all
}

func TestDescriptionsAreRead(t *testing.T) {
	got := describe("a s, b? i,\n c[] d, d[]?{e b, f{g t}}")
	want := []described{
		{name: "a", kind: 's'}, {name: "b", kind: 'i', optional: true}, {name: "c", kind: 'd', list: true},
		{name: "d", kind: 's', list: true, optional: true, parts: []described{
			{name: "e", kind: 'b'}, {name: "f", kind: 's', parts: []described{{name: "g", kind: 't'}}},
		}},
	}
	if !slices.EqualFunc(got, want, sameDescription) {
		t.Errorf("read %+v", got)
	}
	for _, bad := range []string{"a", "a x", "a{b s", "{a s}", "a s}"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was read", bad)
				}
			}()
			describe(bad)
		}()
	}
}

func sameDescription(a, b described) bool {
	return a.name == b.name && a.kind == b.kind && a.optional == b.optional && a.list == b.list && slices.EqualFunc(a.parts, b.parts, sameDescription)
}
