package shopapi

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	maxPage       = 100_000
	maxPageSize   = 100
	defaultPage   = 20
	maxQueryLines = 100 // products in a query
	defaultAmount = "1"
)

// availabilityList is what is answered about lines, in their order.
type availabilityList struct {
	Products []Availability `json:"products"`
}

func (a *api) getAvailability(c *call) error {
	p, err := a.query(c, []string{"codeType", "quantity"}, []string{"code"})
	if err != nil {
		return err
	}
	codes := p.values["code"]
	if len(codes) == 0 || len(codes) > maxQueryLines {
		p.wrong("?code", "must be given once to %d times", maxQueryLines)
	}
	amount := defaultAmount
	if p.values.Has("quantity") {
		amount = p.text("quantity")
	}
	quantity, ok := exact(amount)
	if !ok {
		p.wrong("?quantity", "must be a number such as 2 or 1.5")
	}
	if len(p.faults) == 0 {
		lines := make([]Line, len(codes))
		for i, code := range codes {
			lines[i] = Line{Code: code, CodeType: p.text("codeType"), Quantity: quantity}
		}
		checkLines(&p.reading, func(_ int, field string) string { return "?" + field }, lines)
		if len(p.faults) == 0 {
			return a.availability(c, lines)
		}
	}
	return a.invalid(p.faults)
}

func (a *api) postAvailability(c *call) error {
	if _, err := a.noQuery(c); err != nil {
		return err
	}
	var lines []Line
	err := a.readBody(c, fields{"products": listInto(&lines, maxLines, func(line *Line) reader { return line.read })}.read)
	if err != nil {
		return err
	}
	r := &reading{}
	checkBodyLines(r, lines)
	if len(r.faults) > 0 {
		return a.invalid(r.faults)
	}
	return a.availability(c, lines)
}

func checkBodyLines(r *reading, lines []Line) {
	if len(lines) == 0 {
		r.wrong("/products", "must have 1 to %d entries", maxLines)
	}
	checkLines(r, func(i int, field string) string { return "/products/" + strconv.Itoa(i) + "/" + field }, lines)
}

func (a *api) availability(c *call, lines []Line) error {
	list, err := a.options.Wholesaler.Availability(c.ctx, lines)
	if err != nil {
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	shown := append([]Availability{}, list...)
	if !c.token.Has(PricesRead) {
		for i := range shown {
			shown[i].Price = nil
		}
	}
	return answer(c, http.StatusOK, availabilityList{shown})
}

// courierList is who delivers to a country.
type courierList struct {
	Couriers []Courier `json:"couriers"`
}

func (a *api) getCouriers(c *call) error {
	p, err := a.query(c, []string{"country"}, nil)
	if err != nil {
		return err
	}
	country := strings.ToUpper(p.text("country"))
	if p.values.Has("country") && !countryCode(country) {
		p.wrong("?country", "must be an ISO 3166-1 code of two letters, such as PL")
	}
	if len(p.faults) > 0 {
		return a.invalid(p.faults)
	}
	couriers, err := a.options.Wholesaler.Couriers(c.ctx, country)
	if err != nil {
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	return answer(c, http.StatusOK, courierList{couriersFor(couriers, &c.token)})
}

func (a *api) postCouriers(c *call) error {
	if _, err := a.noQuery(c); err != nil {
		return err
	}
	var request QuoteRequest
	if err := a.readBody(c, request.read); err != nil {
		return err
	}
	r := &reading{}
	checkBodyLines(r, request.Lines)
	request.Recipient.tidy()
	request.Recipient.check(r, "/recipient")
	if request.PaymentType != "" && !oneOf(request.PaymentType, "prepaid", "cash_on_delivery", "tradecredit") {
		r.wrong("/paymentType", "must be prepaid, cash_on_delivery or tradecredit")
	}
	if len(r.faults) > 0 {
		return a.invalid(r.faults)
	}
	quote, err := a.options.Wholesaler.Quote(c.ctx, request)
	if err != nil {
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	quote.Couriers = couriersFor(quote.Couriers, &c.token)
	return answer(c, http.StatusOK, quote)
}

// couriersFor leaves out what they cost the account, unless the token may see it.
func couriersFor(couriers []Courier, token *Token) []Courier {
	shown := append([]Courier{}, couriers...)
	for i := range shown {
		shown[i].PaymentTypes, shown[i].Countries = orEmpty(shown[i].PaymentTypes), orEmpty(shown[i].Countries)
		if !token.Has(PricesRead) {
			shown[i].Cost = nil
		}
	}
	return shown
}

func (a *api) getProducts(c *call) error {
	p, err := a.query(c, []string{"search", "page", "pageSize"}, []string{"ids"})
	if err != nil {
		return err
	}
	query := ProductQuery{
		Search: strings.TrimSpace(p.text("search")), IDs: p.ids("ids"),
		Page: p.integer("page", 1, 1, maxPage), PageSize: p.integer("pageSize", defaultPage, 1, maxPageSize),
	}
	switch {
	case len(p.faults) > 0:
	case p.values.Has("ids") && (p.values.Has("search") || p.values.Has("page") || p.values.Has("pageSize")):
		p.wrong("?ids", "cannot be combined with search, page and pageSize")
	case !p.values.Has("ids") && (query.Search == "" || !plain(query.Search, 1, 200)):
		p.wrong("?search", "is required, of 1 to 200 characters; or ids")
	}
	if len(p.faults) > 0 {
		return a.invalid(p.faults)
	}
	page, err := a.options.Wholesaler.Products(c.ctx, query)
	if err != nil {
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	page.Products = append([]Product{}, page.Products...)
	for i := range page.Products {
		page.Products[i].Sizes = orEmpty(page.Products[i].Sizes)
	}
	return answer(c, http.StatusOK, page)
}

// ids reads product ids, with commas between them.
func (p *parameters) ids(name string) []int64 {
	var ids []int64
	for _, value := range p.values[name] {
		for part := range strings.SplitSeq(value, ",") {
			id, err := strconv.ParseInt(part, 10, 64)
			if err != nil || id < 1 || len(ids) == maxPageSize {
				p.wrong("?"+name, "must be 1 to %d product numbers, with commas between them", maxPageSize)
				return nil
			}
			ids = append(ids, id)
		}
	}
	return ids
}
