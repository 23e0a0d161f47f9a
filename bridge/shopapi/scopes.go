package shopapi

import (
	"fmt"
	"slices"
	"strings"
)

// Scope is something that a token allows.
type Scope string

// The scopes.
const (
	OrdersRead     Scope = "orders:read"
	OrdersWrite    Scope = "orders:write"
	CatalogRead    Scope = "catalog:read" // availability, couriers, products
	AddressesRead  Scope = "addresses:read"
	AddressesWrite Scope = "addresses:write"
	// PricesRead shows what the account pays: confidential in dropshipping.
	// Without it the fields with such amounts are left out.
	PricesRead Scope = "prices:read"
)

// Scopes are all there are.
func Scopes() []Scope {
	return []Scope{OrdersRead, OrdersWrite, CatalogRead, AddressesRead, AddressesWrite, PricesRead}
}

// checkScopes returns scopes sorted and each once.
func checkScopes(scopes []Scope) ([]Scope, error) {
	if len(scopes) == 0 {
		return nil, fmt.Errorf("%w: a token needs a scope: give some of %s", ErrBadToken, joined(Scopes(), ", "))
	}
	for _, scope := range scopes {
		if !slices.Contains(Scopes(), scope) {
			return nil, fmt.Errorf("%w: there is no scope %q: give some of %s", ErrBadToken, scope, joined(Scopes(), ", "))
		}
	}
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}

func joined(scopes []Scope, separator string) string {
	texts := make([]string, len(scopes))
	for i, scope := range scopes {
		texts[i] = string(scope)
	}
	return strings.Join(texts, separator)
}

func separated(text string) []Scope {
	var scopes []Scope
	for part := range strings.FieldsSeq(text) {
		scopes = append(scopes, Scope(part))
	}
	return scopes
}
