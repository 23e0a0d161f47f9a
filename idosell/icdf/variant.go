package icdf

import (
	"fmt"
	"strconv"
	"strings"
)

// OneSize is the size id of a product without sizes.
const OneSize = "uniw"

// VariantCode is the internal code of a product in a size: "41-XL", or "41" for
// the product without sizes, whose size id is "uniw", "0" or empty.
func VariantCode(productID int64, sizeID string) string {
	if IsOneSize(sizeID) {
		return strconv.FormatInt(productID, 10)
	}
	return strconv.FormatInt(productID, 10) + "-" + sizeID
}

// ParseVariantCode is the reverse of VariantCode. The size of a product without
// sizes is always OneSize, also from "41-uniw" and "41-0", as offer feeds write
// it. The error tells what an internal code looks like.
func ParseVariantCode(code string) (productID int64, sizeID string, err error) {
	product, size, sized := strings.Cut(strings.TrimSpace(code), "-")
	productID, parseErr := strconv.ParseInt(product, 10, 64)
	if parseErr != nil || productID <= 0 || strings.Trim(product, "0123456789") != "" || sized && size == "" {
		return 0, "", fmt.Errorf("icdf: %q is not an internal code: write <productId> or <productId>-<sizeId>, such as 41 or 41-XL", shown(code))
	}
	if IsOneSize(size) {
		size = OneSize
	}
	return productID, size, nil
}

// IsOneSize says whether a size id names the only size of a product without
// sizes: "uniw", "0" as light offers write it, or none.
func IsOneSize(id string) bool { return id == "" || id == "0" || strings.EqualFold(id, OneSize) }
