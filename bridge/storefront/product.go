package storefront

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

var productTemplate = parse("product.html")

// productBody is what a product's page has.
type productBody struct {
	Product *Product
	Related []Card
	// Step and Minimum of the quantity; never "".
	Step, Minimum string
	SoldOut       bool // nothing can be put into the cart
}

func (s *shop) product(v *visit) error {
	id := strings.Clone(v.c.Params("id"))
	if !isProductID(id) {
		return s.refuse(v, fiber.StatusNotFound)
	}
	product, err := s.options.Products.Product(v.ctx, id, v.tongue.Locale)
	if err != nil {
		return s.fail(v, err)
	}
	if product == nil {
		return s.refuse(v, fiber.StatusNotFound)
	}
	related, err := s.options.Products.Related(v.ctx, id, v.tongue.Locale, mostRelated)
	if err != nil {
		// The product itself is known: its page does without the others.
		s.options.OnError(v.c.UserContext(), err)
		related = nil
	}
	return s.answer(v, s.productPage(v, product, related))
}

func (s *shop) productPage(v *visit, product *Product, related []Card) *page {
	shown := *product
	if len(shown.Pictures) == 0 && shown.Picture != "" {
		shown.Pictures = []string{shown.Picture}
	}
	description, inDescription := wellFormed(shown.Description)
	shown.Description = description
	available := func(size Size) bool { return size.Available }
	body := &productBody{
		Product: &shown, Related: related[:min(len(related), mostRelated)],
		Step: cmp.Or(shown.Step, "1"), Minimum: cmp.Or(shown.Minimum, "1"),
		SoldOut: shown.SoldOut || len(shown.Choices) > 0 && !slices.ContainsFunc(shown.Choices, available),
	}
	p := s.newPage(v, productTemplate, productAddress(shown.ID, ""))
	p.Title, p.Body = shown.Title, body
	p.Widget.Product, p.Widget.Thumbnail = shown.ID, shown.Picture
	p.loads = append(p.loads, shown.Pictures...)
	for _, c := range body.Related {
		p.loads = append(p.loads, c.Picture)
	}
	p.loads = append(p.loads, inDescription...)
	return p
}
