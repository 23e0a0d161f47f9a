package shopapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is openapi.json as callers get it.
type contract struct {
	document map[string]any
	compiler *jsonschema.Compiler
	seen     map[string]bool // "GET /orders 200"
}

func readContract(t testing.TB, s *service) *contract {
	t.Helper()
	got := s.send(request{method: "GET", path: "/openapi.json", token: "-"})
	if got.status != 200 || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("openapi.json: %d %s", got.status, got.header.Get("Content-Type"))
	}
	document := decoded(t, got.body)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("https://contract.example/openapi.json", document); err != nil {
		t.Fatal(err)
	}
	return &contract{document: document.(map[string]any), compiler: compiler, seen: map[string]bool{}}
}

func decoded(t testing.TB, text []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("not JSON: %v: %s", err, text)
	}
	return value
}

// at follows a path into the document, through references, and returns where it
// ends: the JSON pointer and what is there.
func (c *contract) at(path ...string) ([]string, map[string]any) {
	var here any = c.document
	var pointer []string
	for _, part := range path {
		object, ok := here.(map[string]any)
		if !ok {
			return nil, nil
		}
		here = object[part]
		pointer = append(pointer, part)
		if next, ok := here.(map[string]any); ok && next["$ref"] != nil && len(next) == 1 {
			pointer = strings.Split(strings.TrimPrefix(next["$ref"].(string), "#/"), "/")
			_, resolved := c.at(pointer...)
			here = resolved
		}
	}
	found, _ := here.(map[string]any)
	return pointer, found
}

func (c *contract) schema(t testing.TB, pointer []string) *jsonschema.Schema {
	t.Helper()
	var fragment strings.Builder
	for _, part := range pointer {
		fragment.WriteString("/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(part)))
	}
	schema, err := c.compiler.Compile("https://contract.example/openapi.json#" + fragment.String())
	if err != nil {
		t.Fatalf("the schema at %s: %v", fragment.String(), err)
	}
	return schema
}

// operation names the path of the contract that a request goes to.
func (c *contract) operation(path string) string {
	path, _, _ = strings.Cut(path, "?")
	switch {
	case strings.HasPrefix(path, "/orders/") && strings.HasSuffix(path, "/cancel"):
		return "/orders/{reference}/cancel"
	case strings.HasPrefix(path, "/orders/"):
		return "/orders/{reference}"
	case strings.HasPrefix(path, "/addresses/"):
		return "/addresses/{id}"
	}
	return path
}

// check holds an answer against what the contract says of the operation and the
// status: that it is named at all, its kind, its headers and its body.
func (c *contract) check(t testing.TB, r request, got reply) {
	t.Helper()
	status := fmt.Sprint(got.status)
	name := r.method + " " + c.operation(r.path) + " " + status
	_, response := c.at("paths", c.operation(r.path), strings.ToLower(r.method), "responses", status)
	if response == nil {
		t.Fatalf("%s is not in the contract: %s", name, got.body)
	}
	kind := got.header.Get("Content-Type")
	pointer, media := c.at("paths", c.operation(r.path), strings.ToLower(r.method), "responses", status, "content", kind)
	if media == nil {
		t.Fatalf("%s: the contract has no %s", name, kind)
	}
	if err := c.schema(t, append(slices.Clone(pointer), "schema")).Validate(decoded(t, got.body)); err != nil {
		t.Errorf("%s breaks the contract: %v\n%s", name, err, got.body)
	}
	_, headers := c.at("paths", c.operation(r.path), strings.ToLower(r.method), "responses", status, "headers")
	for header, of := range headers {
		value := got.header.Get(header)
		if value == "" {
			t.Errorf("%s lacks the header %s", name, header)
		}
		schema := c.schemaOf(t, of.(map[string]any)["schema"])
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %s: %v", name, header, err)
		}
	}
	if got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s may be kept by caches: %q", name, got.header.Get("Cache-Control"))
	}
	c.seen[name] = true
}

func (c *contract) schemaOf(t testing.TB, of any) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("https://contract.example/one.json", of); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("https://contract.example/one.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// operations calls for each operation of the contract.
func (c *contract) operations(each func(path, method string, operation map[string]any)) {
	for path, item := range c.document["paths"].(map[string]any) {
		for method, operation := range item.(map[string]any) {
			each(path, strings.ToUpper(method), operation.(map[string]any))
		}
	}
}

// An object in an answer that takes any field would hide one that slipped out.
func TestContractHasNoOpenObjects(t *testing.T) {
	c := readContract(t, start(t, 0))
	objects := 0
	var walk func(where string, value any)
	walk = func(where string, value any) {
		switch value := value.(type) {
		case map[string]any:
			if _, has := value["properties"]; has || value["type"] == "object" {
				if _, isSchema := value["properties"].(map[string]any); isSchema || value["type"] == "object" {
					objects++
					if value["additionalProperties"] != false {
						t.Errorf("%s takes any field", where)
					}
				}
			}
			for name, next := range value {
				if name != "example" && name != "examples" {
					walk(where+"/"+name, next)
				}
			}
		case []any:
			for i, next := range value {
				walk(fmt.Sprintf("%s/%d", where, i), next)
			}
		}
	}
	walk("", c.document)
	if objects < 20 {
		t.Errorf("only %d objects were found: does this test still read the contract?", objects)
	}
}

// All schemas can be compiled, examples or not; and all examples hold.
func TestContractsExamplesHold(t *testing.T) {
	s := start(t, 0)
	c := readContract(t, s)
	for name := range c.document["components"].(map[string]any)["schemas"].(map[string]any) {
		c.schema(t, []string{"components", "schemas", name})
	}
	examples := 0
	media := func(where string, pointer []string) {
		_, content := c.at(pointer...)
		for kind := range content {
			at, body := c.at(append(slices.Clone(pointer), kind)...)
			named, _ := body["examples"].(map[string]any)
			for name, example := range named {
				examples++
				schema := c.schema(t, append(slices.Clone(at), "schema"))
				if err := schema.Validate(example.(map[string]any)["value"]); err != nil {
					t.Errorf("%s, example %s: %v", where, name, err)
				}
			}
		}
	}
	c.operations(func(path, method string, operation map[string]any) {
		base := []string{"paths", path, strings.ToLower(method)}
		for status := range operation["responses"].(map[string]any) {
			media(method+" "+path+" "+status, append(slices.Clone(base), "responses", status, "content"))
		}
		if operation["requestBody"] == nil {
			return
		}
		media(method+" "+path, append(slices.Clone(base), "requestBody", "content"))
		// What the contract shows as a request is taken, too.
		_, body := c.at(append(slices.Clone(base), "requestBody", "content", "application/json")...)
		for name, example := range body["examples"].(map[string]any) {
			text, err := json.Marshal(example.(map[string]any)["value"])
			if err != nil {
				t.Fatal(err)
			}
			s.shop.place("to-cancel") // one more each time; the first is found
			s.shop.orders[0].State = "accepted"
			to := strings.NewReplacer("{reference}", "to-cancel", "{id}", "12").Replace(path)
			if got := s.send(request{method: method, path: to, body: string(text)}); got.status/100 != 2 {
				t.Errorf("%s %s, example %s is answered %d %s", method, path, name, got.status, got.body)
			}
		}
	})
	if examples < 12 {
		t.Errorf("only %d examples were found", examples)
	}
}
