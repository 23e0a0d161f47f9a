package sandbox

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// maxBasketLines keeps a basket within bounds, whatever is imported.
const maxBasketLines = 10_000

type basketLine struct {
	position int64
	variant  variant
	quantity decimal.Decimal
	comment  string
}

// askedLine is one line of a request, and what the wholesaler makes of it.
type askedLine struct {
	code, codeType string
	quantity       decimal.Decimal
	comment        string
	variant        variant
	product        *Product
	size           *Size
	free           int64
	refused        *fault
}

// readLines reads products[] and looks each line up.
func (s *Server) readLines(req *request) ([]askedLine, error) {
	items := req.params.list("products")
	if len(items) == 0 {
		return nil, refuse(faultParameter, "Lista towarów jest pusta")
	}
	lines := make([]askedLine, len(items))
	for i, item := range items {
		line := &lines[i]
		line.code, line.codeType = item.value("productCode", "code"), item.value("codeType")
		line.comment = item.value("comment")
		quantity, err := readDecimal(item.value("quantity", "productQuantity"))
		if err != nil {
			line.refused = refuse(faultParameter, "Niepoprawna ilość")
		}
		line.quantity = quantity
		found, known := s.index().find(item)
		if !known {
			line.refused = refuse(faultNothing, "Nie znaleziono towaru")
			continue
		}
		line.variant = found
		line.product, line.size = s.index().size(found)
		line.free = s.free(found, line.size)
		if precision := s.index().units[line.product.UnitName].precision; !quantity.Equal(quantity.Truncate(precision)) {
			line.refused = refuse(faultParameter, "Ilość ma zbyt wiele miejsc po przecinku")
		}
		if req.mood.Different.EnforceStep && line.refused == nil {
			line.refused = offStep(line.product, quantity)
		}
	}
	return lines, nil
}

// readDecimal reads a quantity above zero, with a point or a comma. What is
// longer than any real quantity is refused before it is computed with.
func readDecimal(written string) (decimal.Decimal, error) {
	if len(written) > 20 || strings.ContainsAny(written, "eE") {
		return decimal.Decimal{}, refuse(faultParameter, "Niepoprawna liczba")
	}
	value, err := decimal.NewFromString(strings.Replace(written, ",", ".", 1))
	if err != nil || !value.IsPositive() {
		return decimal.Decimal{}, refuse(faultParameter, "Niepoprawna liczba")
	}
	return value, nil
}

func (l *askedLine) available() bool {
	return l.refused == nil && (l.free == unlimited || !l.quantity.GreaterThan(decimal.NewFromInt(l.free)))
}

func (l *askedLine) parts(req *request) []*element {
	parts := []*element{text("productCode", l.code), text("codeType", l.codeType)}
	if l.product != nil {
		gross := accountGross(&req.account.Account, l.product, l.size)
		parts = append(parts, whole("productId", l.product.ID), text("sizeId", l.size.ID),
			text("productName", l.product.Names[firstLanguage(l.product)]), flag("available", l.available()),
			number("availableQuantity", decimal.NewFromInt(l.free)),
			money("price", withoutVAT(gross, l.product.VAT)), money("priceGross", gross),
			number("vat", decimal.NewFromInt(l.product.VAT)))
	}
	if l.refused != nil {
		parts = append(parts, faultElement("errors", l.refused.code, l.refused.text))
	}
	return parts
}

// firstLanguage is Polish where the product has a Polish name.
func firstLanguage(p *Product) string {
	if _, ok := p.Names["pol"]; ok || len(p.Names) == 0 {
		return "pol"
	}
	names := make([]string, 0, len(p.Names))
	for language := range p.Names {
		names = append(names, language)
	}
	return slices.Min(names)
}

// basketVerification tells whether each line can be had. It changes nothing.
func (s *Server) basketVerification(req *request) (*element, error) {
	lines, err := s.readLines(req)
	if err != nil {
		return nil, err
	}
	items := make([][]*element, len(lines))
	for i := range lines {
		items[i] = lines[i].parts(req)
	}
	return structure("results", array("products", items...)), nil
}

// basketImport puts what can be had into the basket, after what is there.
// Lines that cannot be had stay out, each with a fault of its own.
func (s *Server) basketImport(req *request) (*element, error) {
	lines, err := s.readLines(req)
	if err != nil {
		return nil, err
	}
	for _, attachment := range req.params.list("attachments") {
		file, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(attachment.value("file")), ""))
		if err != nil || len(file) == 0 || attachment.value("name") == "" {
			return nil, refuse(faultParameter, "Niepoprawny załącznik")
		}
	}
	owner := req.account
	if req.mood.Different.ReplaceOnImport {
		owner.basket = nil
	}
	if len(owner.basket)+len(lines) > maxBasketLines {
		return nil, refuse(faultNotAllowed, "Koszyk jest pełny")
	}
	items := make([][]*element, len(lines))
	for i := range lines {
		line := &lines[i]
		if line.refused == nil && !line.available() {
			line.refused = refuse(faultNotAllowed, "Brak wystarczającej ilości towaru")
		}
		parts := line.parts(req)
		if line.refused == nil {
			owner.lastPosition++
			owner.basket = append(owner.basket, basketLine{owner.lastPosition, line.variant, line.quantity, line.comment})
			parts = append(parts, whole("basketPosition", owner.lastPosition))
		}
		items[i] = parts
	}
	return structure("results", array("products", items...)), nil
}

// getBasket tells what the account's basket holds.
func (s *Server) getBasket(req *request) (*element, error) {
	items := make([][]*element, len(req.account.basket))
	worthNet, worthGross := decimal.Zero, decimal.Zero
	for i, line := range req.account.basket {
		p, size := s.index().size(line.variant)
		gross := accountGross(&req.account.Account, p, size)
		worthGross = worthGross.Add(gross.Mul(line.quantity))
		worthNet = worthNet.Add(withoutVAT(gross, p.VAT).Mul(line.quantity))
		items[i] = []*element{whole("basketPosition", line.position), whole("productId", p.ID), text("sizeId", size.ID),
			text("productCode", line.variant.internalCode()), text("productName", p.Names[firstLanguage(p)]),
			number("quantity", line.quantity), money("price", withoutVAT(gross, p.VAT)), money("priceGross", gross)}
		if line.comment != "" {
			items[i] = append(items[i], text("comment", line.comment))
		}
	}
	return structure("results", array("products", items...), text("currencyId", s.catalogue().Currency),
		money("worthNet", worthNet), money("worthGross", worthGross)), nil
}

func (s *Server) clearBasket(req *request) (*element, error) {
	req.account.basket = nil
	return nil, nil
}

// basketAt finds the place of an asked basketPosition.
func basketAt(req *request) (int, error) {
	position, err := strconv.ParseInt(req.params.value("basketPosition"), 10, 64)
	if err != nil {
		return 0, refuse(faultParameter, "Niepoprawna wartość basketPosition")
	}
	at := slices.IndexFunc(req.account.basket, func(line basketLine) bool { return line.position == position })
	if at < 0 {
		return 0, refuse(faultNothing, "Nie znaleziono pozycji w koszyku")
	}
	return at, nil
}

func (s *Server) setBasketQuantity(req *request) (*element, error) {
	at, err := basketAt(req)
	if err != nil {
		return nil, err
	}
	quantity, err := readDecimal(req.params.value("quantity", "productQuantity"))
	if err != nil {
		return nil, err
	}
	line := &req.account.basket[at]
	p, size := s.index().size(line.variant)
	if !quantity.Equal(quantity.Truncate(s.index().units[p.UnitName].precision)) {
		return nil, refuse(faultParameter, "Ilość ma zbyt wiele miejsc po przecinku")
	}
	if off := offStep(p, quantity); off != nil && req.mood.Different.EnforceStep {
		return nil, off
	}
	if free := s.free(line.variant, size); free != unlimited && quantity.GreaterThan(decimal.NewFromInt(free)) {
		return nil, refuse(faultNotAllowed, "Brak wystarczającej ilości towaru")
	}
	line.quantity = quantity
	return nil, nil
}

func (s *Server) removeFromBasket(req *request) (*element, error) {
	at, err := basketAt(req)
	if err != nil {
		return nil, err
	}
	req.account.basket = slices.Delete(req.account.basket, at, at+1)
	return nil, nil
}
