package sandbox

// Product is a product of the catalogue, and how it is ordered: orderInformation of
// docs.b2b.one, catalog/external-import.
type Product struct {
	SKU         string // its id; it may hold slashes
	Name        string
	ContentUnit string // what it is measured in, "m"
	OrderUnit   string // what it is sold in, "KR" of a coil
	// Numbers in content units. Packing is what one order unit holds; a quantity must
	// be a multiple of Interval and at least Minimum. "": there is no such rule, and
	// an order unit holds one.
	Packing, Interval, Minimum string
}

// PutProduct adds products, or replaces those with the same SKU. It panics on a
// number that is none.
func (s *Server) PutProduct(products ...Product) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range products {
		for _, number := range []string{p.Packing, p.Interval, p.Minimum} {
			if number == "" {
				continue
			}
			if value, err := rational(jsonNumber(number)); err != nil || value.Sign() <= 0 {
				panic("sandbox: product " + p.SKU + " has a number that is none, or not above zero: " + number)
			}
		}
		s.products[p.SKU] = p
	}
}
