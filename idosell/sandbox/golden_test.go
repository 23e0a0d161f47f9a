package sandbox

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goldenSessionKey stands in the golden envelopes for the random key.
const goldenSessionKey = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"

// goldenBefore says which golden requests come before one, on a fresh wholesaler.
var goldenBefore = map[string][]string{
	"Basket-get":                       {"Dropshipping-basketImport"},
	"Basket-clear":                     {"Dropshipping-basketImport"},
	"Basket-setQuantity":               {"Dropshipping-basketImport"},
	"Basket-remove":                    {"Dropshipping-basketImport"},
	"Dropshipping-getCouriersForOrder": {"Dropshipping-basketImport"},
	"Dropshipping-placeOrder":          {"Dropshipping-basketImport"},
	"Orders-cancel":                    {"Dropshipping-basketImport", "Dropshipping-placeOrder"},
	"Clients-setDeliveryAddress":       {"Dropshipping-basketImport", "Dropshipping-placeOrder"},
}

// TestGoldenEnvelopes sends the hand-written request of each gate and compares
// the answer with the hand-written one. One folder a gate.
func TestGoldenEnvelopes(t *testing.T) {
	folders, err := filepath.Glob("testdata/golden/*")
	if err != nil {
		t.Fatal(err)
	}
	var covered []string
	for _, folder := range folders {
		name := filepath.Base(folder)
		covered = append(covered, strings.Replace(name, "-", "/", 1))
		t.Run(name, func(t *testing.T) {
			_, server := newWholesaler(t)
			key := ""
			if name != "Authenticate-authenticate" {
				key = signIn(t, server).key
			}
			for _, before := range goldenBefore[name] {
				sendGolden(t, server.URL, before, key)
			}
			got := sendGolden(t, server.URL, name, key)
			if name == "Authenticate-authenticate" {
				key = got.text("results/sessionKey")
				if len(key) != 40 || strings.Trim(key, "0123456789abcdef") != "" {
					t.Fatalf("the sessionKey %q is not 40 hexadecimal digits", key)
				}
			}
			want, err := os.ReadFile(filepath.Join(folder, "response.xml"))
			if err != nil {
				t.Fatal(err)
			}
			body := strings.ReplaceAll(got.body, key, goldenSessionKey)
			if diff := cmp.Diff(canonical(t, string(want)), canonical(t, body)); diff != "" {
				t.Errorf("the answer differs from %s/response.xml (- golden, + sandbox):\n%s", folder, diff)
			}
		})
	}
	for _, g := range gates {
		if !slices.Contains(covered, g.String()) {
			t.Errorf("testdata/golden has no envelopes for %s", g)
		}
	}
}

func sendGolden(t *testing.T, url, name, key string) answer {
	t.Helper()
	request, err := os.ReadFile(filepath.Join("testdata/golden", name, "request.xml"))
	if err != nil {
		t.Fatal(err)
	}
	body := string(request)
	if key != "" {
		body = strings.ReplaceAll(body, goldenSessionKey, key)
	}
	got, err := post(url, strings.Replace(name, "-", "/", 1), body)
	if err != nil || got.status != http.StatusOK {
		t.Fatalf("%s: status %d, error %v", name, got.status, err)
	}
	return got
}

// canonical is a document as lines that do not depend on prefixes, on the order
// of attributes and on white space between elements. Types are resolved, too.
func canonical(t *testing.T, document string) []string {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(document))
	var lines []string
	var scopes []map[string]string
	text := ""
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, document)
		}
		switch e := token.(type) {
		case xml.StartElement:
			text = ""
			scope := map[string]string{}
			if len(scopes) > 0 {
				for prefix, uri := range scopes[len(scopes)-1] {
					scope[prefix] = uri
				}
			}
			for _, a := range e.Attr {
				if a.Name.Space == "xmlns" {
					scope[a.Name.Local] = a.Value
				}
			}
			var attributes []string
			for _, a := range e.Attr {
				value := a.Value
				if a.Name.Space == "xmlns" {
					continue
				}
				if a.Name.Local == "type" || a.Name.Local == "arrayType" {
					prefix, local, _ := strings.Cut(value, ":")
					value = "{" + scope[prefix] + "}" + local
				}
				attributes = append(attributes, fmt.Sprintf(" {%s}%s=%q", a.Name.Space, a.Name.Local, value))
			}
			slices.Sort(attributes)
			lines = append(lines, strings.Repeat(" ", len(scopes))+"<{"+e.Name.Space+"}"+e.Name.Local+strings.Join(attributes, "")+">")
			scopes = append(scopes, scope)
		case xml.CharData:
			text += string(e)
		case xml.EndElement:
			scopes = scopes[:len(scopes)-1]
			if text = strings.TrimSpace(text); text != "" {
				lines = append(lines, strings.Repeat(" ", len(scopes))+text)
			}
			text = ""
		}
	}
}
