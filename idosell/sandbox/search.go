package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// searchProducts finds products. Invisible ones are found by their id only.
func (s *Server) searchProducts(req *request) (*element, error) {
	words := strings.Fields(plainLetters(req.params.value("containsText")))
	if len(words) > 32 {
		return nil, refuse(faultParameter, "Zbyt wiele słów w containsText")
	}
	numbers, err := wholeNumbers(req.params, "productIds")
	if err != nil {
		return nil, err
	}
	ids := setOf(numbers) // a request may hold very many
	codes, byCode := s.productsByCode(req.params)
	var category map[int64]bool
	if asked := req.params.value("categoryId"); asked != "" && asked != "0" {
		id, err := strconv.ParseInt(asked, 10, 64)
		if err != nil {
			return nil, refuse(faultParameter, "Niepoprawna wartość categoryId")
		}
		if category = s.index().category[id]; category == nil {
			category = map[int64]bool{id: true}
		}
	}
	type hit struct {
		product *Product
		score   int
	}
	var hits []hit
	for i := range s.catalogue().Products {
		p := &s.catalogue().Products[i]
		asked := ids[p.ID]
		if p.Invisible && !asked || len(ids) > 0 && !asked || byCode && !codes[p.ID] ||
			category != nil && !category[p.CategoryID] {
			continue
		}
		if score := s.index().score(p.ID, words); score > 0 {
			hits = append(hits, hit{p, score})
		}
	}
	order, err := s.orderings(req)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		for _, o := range order {
			by := 0
			switch o.by {
			case "relevance":
				by = cmp.Compare(b.score, a.score) // the best first when ascending, as people mean it
			case "price":
				by = retailNow(a.product).Cmp(retailNow(b.product))
			case "name":
				by = o.names.CompareString(s.nameOf(a.product, o.language), s.nameOf(b.product, o.language))
			case "id":
				by = cmp.Compare(a.product.ID, b.product.ID)
			}
			if o.descending && o.by != "relevance" {
				by = -by
			}
			if by != 0 {
				return by
			}
		}
		return cmp.Compare(a.product.ID, b.product.ID)
	})
	found := make([]*Product, len(hits))
	for i := range hits {
		found[i] = hits[i].product
	}
	return s.productList(req, found)
}

// getProducts reads products by id or code, in the order of their ids.
func (s *Server) getProducts(req *request) (*element, error) {
	wanted := map[int64]bool{}
	for _, item := range req.params.list("productParams") {
		id, err := strconv.ParseInt(item.value("productId"), 10, 64)
		if err != nil {
			return nil, refuse(faultParameter, "Niepoprawna wartość productId")
		}
		wanted[id] = true
	}
	codes, byCode := s.productsByCode(req.params)
	all := len(wanted) == 0 && !byCode
	var found []*Product
	for i := range s.catalogue().Products {
		p := &s.catalogue().Products[i]
		if all && !p.Invisible || wanted[p.ID] || codes[p.ID] {
			found = append(found, p)
		}
	}
	return s.productList(req, found)
}

// productsByCode reads productCodes and says which products they stand for;
// asked is false when there are none.
func (s *Server) productsByCode(params *received) (found map[int64]bool, asked bool) {
	found = map[int64]bool{}
	items := params.list("productCodes")
	for _, item := range items {
		if v, known := s.index().find(item); known {
			found[v.product] = true
		}
	}
	return found, len(items) > 0
}

// find looks a code up by its codeType; the type internal when there is none.
func (x *offerIndex) find(item *received) (variant, bool) {
	codeType := strings.ToLower(item.value("codeType"))
	if codeType == "" {
		codeType = "internal"
	}
	v, known := x.byCode[codeType][item.value("productCode", "code")]
	return v, known
}

// score says how well a product fits: 0 when a word is missing. An equal code
// counts most, then words that begin the name, begin a word, stand anywhere.
func (x *offerIndex) score(id int64, words []string) int {
	if len(words) == 0 {
		return 1
	}
	searched := x.words[id]
	total := 0
	for _, word := range words {
		best := 0
		for _, code := range searched.codes {
			switch {
			case code == word:
				best = max(best, 1000)
			case strings.HasPrefix(code, word):
				best = max(best, 50)
			case strings.Contains(code, word):
				best = max(best, 5)
			}
		}
		for _, name := range searched.names {
			switch at := strings.Index(name, word); {
			case at == 0:
				best = max(best, 100)
			case strings.Contains(name, " "+word):
				best = max(best, 60)
			case at > 0:
				best = max(best, 10)
			}
		}
		if best == 0 {
			return 0
		}
		total += best
	}
	return total
}

// retailNow is what a consumer pays: the promotion's price while there is one.
func retailNow(p *Product) decimal.Decimal {
	if p.Promotion.IsZero() {
		return p.Retail
	}
	return p.Promotion
}

type ordering struct {
	by         string
	descending bool
	language   string
	names      *collate.Collator
}

// orderings reads ordersBy; by relevance when there is a text, by id otherwise.
func (s *Server) orderings(req *request) ([]ordering, error) {
	var all []ordering
	for _, item := range req.params.list("ordersBy") {
		o := ordering{by: strings.ToLower(item.value("elementName")), language: s.language(req)}
		switch o.by {
		case "price", "id", "relevance":
		case "name":
			o.names = collate.New(language.Polish)
		default:
			return nil, refuse(faultParameter, "Niepoprawna wartość elementName")
		}
		switch strings.ToUpper(item.value("sortDirection")) {
		case "", "ASC":
		case "DESC":
			o.descending = true
		default:
			return nil, refuse(faultParameter, "Niepoprawna wartość sortDirection")
		}
		all = append(all, o)
	}
	if len(all) == 0 && req.params.value("containsText") != "" {
		all = []ordering{{by: "relevance"}}
	}
	return all, nil
}

func setOf[T comparable](values []T) map[T]bool {
	set := make(map[T]bool, len(values))
	for _, value := range values {
		set[value] = true
	}
	return set
}

// wholeNumbers reads an array of whole numbers.
func wholeNumbers(params *received, name string) ([]int64, error) {
	var all []int64
	for _, value := range params.values(name) {
		number, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, refuse(faultParameter, "Niepoprawna wartość "+name)
		}
		all = append(all, number)
	}
	return all, nil
}
