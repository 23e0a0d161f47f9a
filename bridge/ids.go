package bridge

import (
	"strconv"
	"strings"

	"octobridge/bridge/visitors"
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

// shopItem is what an id of the shop's means: a product, in a size where it names
// one.
type shopItem struct {
	product int64
	size    string
}

// item reads an id of a product, "41", or of a product in a size, "41-3"; false for
// what the shop does not sell.
func (b *idBook) item(id string) (shopItem, bool) {
	code := id
	if b != nil {
		var ok bool
		if code, ok = b.ids.Code(id); !ok {
			return b.itemOfLine(id)
		}
	}
	number, size, sized := strings.Cut(code, "-")
	product, ok := productID(number)
	if !ok || sized && (size == "" || len(size) > mostSizeID) {
		return shopItem{}, false
	}
	return shopItem{product, size}, true
}

// mostSizeID bounds a size's id, in bytes; the wholesaler's are a few characters.
const mostSizeID = 50

// itemOfLine reads what lineID writes for a size that the shop has no id for.
func (b *idBook) itemOfLine(id string) (shopItem, bool) {
	at := strings.LastIndexByte(id, '-')
	if at < 0 || at+1 == len(id) || len(id)-at > mostSizeID {
		return shopItem{}, false
	}
	product, ok := b.product(id[:at])
	if !ok || b.size(id[:at]) != "" {
		return shopItem{}, false
	}
	return shopItem{product, id[at+1:]}, true
}

// ofSize returns the shop's id of a product in a size; false where it has none.
func (b *idBook) ofSize(key visitors.Key) (string, bool) {
	if b == nil || key.Size == "" {
		return "", false
	}
	for _, id := range b.ids.Product(key.Product) {
		if strings.EqualFold(b.size(id), key.Size) {
			return id, true
		}
	}
	return "", false
}

// lineID is what the shop calls a line of a cart: the id of the product in this
// size where the shop has one, else the product's id with the size's behind it.
func (b *idBook) lineID(key visitors.Key) string {
	if id, ok := b.ofSize(key); ok {
		return id
	}
	id := b.shown(key.Product)
	if key.Size != "" {
		id += "-" + key.Size
	}
	return id
}
