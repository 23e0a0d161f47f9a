package bridge

import (
	"slices"
	"strconv"

	"octobridge/bridge/shopapi"
	"octobridge/idosell"
)

// supplierCode returns the code that the wholesaler knows goods by, for what a shop
// calls them by. An id of the shop's own becomes the code that shop.ids_file has for
// it; false where the file has none, or there is no file.
func supplierCode(ids *ShopIDs, code, codeType string) (string, idosell.CodeType, bool) {
	if codeType != shopapi.ShopCode {
		return code, idosell.CodeType(codeType), true
	}
	if ids == nil {
		return "", "", false
	}
	known, ok := ids.Code(code)
	return known, idosell.CodeInternal, ok
}

// noSuchID is what is said of an id of the shop's that means nothing.
func noSuchID(ids *ShopIDs) string {
	if ids == nil {
		return "is an id of the shop's, but the bridge has no file of those (shop.ids_file)"
	}
	return "is not in the file of the shop's ids (shop.ids_file)"
}

// withSupplierCodes returns lines of an order, or of what is asked about one, with
// the codes that the wholesaler knows. The error is an *shopapi.InvalidError that
// names each line of which that is not known.
func withSupplierCodes[L any](ids *ShopIDs, lines []L, parts func(*L) (code, codeType *string)) ([]L, error) {
	lines = slices.Clone(lines)
	var faults []shopapi.Fault
	for i := range lines {
		code, codeType := parts(&lines[i])
		known, kind, ok := supplierCode(ids, *code, *codeType)
		if !ok {
			faults = append(faults, shopapi.Fault{Pointer: "/products/" + strconv.Itoa(i) + "/code", Detail: noSuchID(ids)})
			continue
		}
		*code, *codeType = known, string(kind)
	}
	if faults != nil {
		return nil, &shopapi.InvalidError{Faults: faults}
	}
	return lines, nil
}
