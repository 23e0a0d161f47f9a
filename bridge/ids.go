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

// size returns the size that the shop's id stands for, as the wholesaler calls it;
// "" for an id of a whole product.
func (b *idBook) size(id string) string {
	if b == nil {
		return ""
	}
	code, _ := b.ids.Code(id)
	_, size, _ := strings.Cut(code, "-")
	return size
}

// sold are the cards of what the shop has.
func (b *idBook) sold(cards []*card) []*card {
	if b == nil {
		return cards
	}
	list := make([]*card, 0, len(cards)) // those that came are kept by others
	for _, c := range cards {
		if b.sells(c.id) {
			list = append(list, c)
		}
	}
	return list
}

// sells says whether the shop has the product.
func (b *idBook) sells(id int64) bool { return b == nil || len(b.ids.Product(id)) > 0 }
