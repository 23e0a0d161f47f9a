package shopapi

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// openAPIText is the contract with callers, written by hand.
//
//go:embed openapi.yaml
var openAPIText []byte

// openAPI returns the OpenAPI document in JSON, with the address of this service
// in it.
func openAPI(publicURL string) ([]byte, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openAPIText, &document); err != nil {
		return nil, fmt.Errorf("reading openapi.yaml: %w", err)
	}
	document["servers"] = []map[string]string{{"url": publicURL + Prefix}}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("writing openapi.json: %w", err)
	}
	return text, nil
}
