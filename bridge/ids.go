package bridge

import (
	"strconv"
	"strings"
)

// idBook reads and writes products' ids as the shop has them (shop.ids_file). Nil
// is the book of a shop that uses the wholesaler's.
type idBook struct{ ids *ShopIDs }

// product returns the wholesaler's id of a product; false for what the shop does
// not sell.
func (b *idBook) product(id string) (int64, bool) {
	if b == nil {
		return productID(id)
	}
	code, ok := b.ids.Code(id)
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(code, "-")
	return productID(number)
}

// shown returns the shop's id of a product, the first where it has several.
func (b *idBook) shown(id int64) string {
	if b != nil {
		if ids := b.ids.Product(id); len(ids) > 0 {
			return ids[0]
		}
	}
	return strconv.FormatInt(id, 10)
}

// sells says whether the shop has the product.
func (b *idBook) sells(id int64) bool { return b == nil || len(b.ids.Product(id)) > 0 }
