package storefront

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"
)

// shownOptions is how many values of a filter are seen at once; the rest unfolds.
const shownOptions = 7

var listTemplate = parse("list.html")

// listBody is what the list has.
type listBody struct {
	Found   Found
	Orders  []link
	Numbers []link // of the pages, with a link without address for a gap
	Before  string // address of the page before; "" on the first
	After   string
	Chips   []chip
	Clear   string // address without filters
	Facets  []facet
}

// chip is a filter in force, and the address without it.
type chip struct{ Label, Text, Without string }

// facet is a filter to choose from.
type facet struct {
	Label      string
	Open       bool
	First, Far []option
}

type option struct {
	Text    string
	Count   int
	Address string
}

// sortings are what the visitor may sort by. The catalogue sorts by its own prices:
// to a customer of the wholesaler, who sees others, their order would be a riddle.
func (v *visit) sortings() []Sorting {
	if v.session.Customer != nil && v.session.Customer.Wholesaler {
		return []Sorting{OrderRelevance, OrderName}
	}
	return []Sorting{OrderRelevance, OrderCheapest, OrderDearest, OrderName}
}

func (s *shop) list(v *visit) error {
	if !slices.Contains(v.sortings(), v.view.order) {
		v.view.order = OrderRelevance
	}
	found, err := s.options.Products.Search(v.ctx, Query{
		Text: v.view.text, Order: v.view.order, Page: v.view.page, Size: pageSize, Locale: v.tongue.Locale, Filters: v.view.filters,
	})
	if err != nil {
		return s.fail(v, err)
	}
	last := min(max((found.Total+pageSize-1)/pageSize, 1), maxPage)
	if v.view.page > last {
		return s.refuse(v, fiber.StatusNotFound)
	}
	return s.answer(v, s.listPage(v, found, last))
}

func (s *shop) listPage(v *visit, found Found, last int) *page {
	here := v.view
	with := func(change func(*view)) string {
		other := here
		change(&other)
		return other.address()
	}
	to := func(number int) string { return with(func(other *view) { other.page = number }) }
	body := &listBody{Found: found}
	p := s.newPage(v, listTemplate, with(func(other *view) { other.lang = "" }))
	p.Title, p.Query, p.Body = here.text, here.text, body
	if here.order != OrderRelevance {
		p.Sort = here.order
	}
	for _, c := range found.Cards {
		p.loads = append(p.loads, c.Picture)
	}
	for _, order := range v.sortings() {
		address := with(func(other *view) { other.order, other.page = order, 1 })
		body.Orders = append(body.Orders, link{Text: string(order), Address: address, Current: order == here.order})
	}
	for _, number := range pageNumbers(here.page, last) {
		l := link{}
		if number > 0 {
			l = link{Text: strconv.Itoa(number), Address: to(number), Current: number == here.page}
		}
		body.Numbers = append(body.Numbers, l)
	}
	if here.page > 1 {
		body.Before = to(here.page - 1)
	}
	if here.page < last {
		body.After = to(here.page + 1)
	}
	body.addFilters(here)
	return p
}

// addFilters makes addresses of what can be filtered by.
func (b *listBody) addFilters(here view) {
	var applied []string
	for _, filter := range b.Found.Applied {
		applied = append(applied, filter.Param)
		b.Chips = append(b.Chips, chip{Label: filter.Label, Text: filter.Text, Without: here.without(filter.Param).address()})
	}
	b.Clear = here.without(applied...).address()
	for _, available := range b.Found.Available {
		f := facet{Label: available.Label, Open: len(b.Facets) < 3}
		for _, o := range available.Options {
			// What an address could not carry is not offered.
			if !filterParam.MatchString(available.Param) || o.Value == "" || !isFilterValue(o.Value) {
				continue
			}
			made := option{Text: o.Text, Count: o.Count, Address: here.with(available.Param, o.Value).address()}
			if len(f.First) < shownOptions {
				f.First = append(f.First, made)
			} else {
				f.Far = append(f.Far, made)
			}
		}
		if len(f.First) > 0 {
			b.Facets = append(b.Facets, f)
		}
	}
}

// pageNumbers are the pages to link to: the first, the last and those around the
// current one, with 0 for a gap of more than one page. None for a single page.
func pageNumbers(current, last int) []int {
	if last < 2 {
		return nil
	}
	var numbers []int
	previous := 0
	for number := 1; number <= last; number++ {
		if number != 1 && number != last && (number < current-1 || number > current+1) {
			continue
		}
		switch number - previous {
		case 1:
		case 2:
			numbers = append(numbers, number-1)
		default:
			numbers = append(numbers, 0)
		}
		numbers = append(numbers, number)
		previous = number
	}
	return numbers
}
