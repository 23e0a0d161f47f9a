package conformance

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var productRules = []rule{
	{
		Rule:  Rule{"productInfo.fields", "A ProductInfo has its texts as strings, internalId among them.", apiInfo},
		needs: []string{"productInfo.answers"},
		check: eachInfo(func(place string, info any) string {
			return misfit(place, info, join(fields(filled, "internalId", "title"),
				fields(text, "description", "productUrl", "addToCartUrl", "thumbnail")))
		}),
	},
	{
		Rule:  Rule{"productInfo.prices", "formattedPrice and formattedPrevPrice are both strings, or both null.", apiInfo},
		needs: []string{"productInfo.answers"},
		check: eachInfo(priceProblem),
	},
	{
		Rule:  Rule{"productInfo.use-product-url", "useProductUrl is a real boolean.", sheetMethods},
		needs: []string{"productInfo.answers"},
		check: eachInfo(func(place string, info any) string {
			return misfit(place, info, fields(truth, "useProductUrl"))
		}),
	},
	{
		Rule:  Rule{"productInfo.medias", "medias has at least one {url}, each absolute.", apiInfo},
		needs: []string{"productInfo.answers"},
		check: eachInfo(func(place string, info any) string {
			if wrong := misfit(place, info, fields(array, "medias")); wrong != "" {
				return wrong
			}
			medias := items(info, "medias")
			if len(medias) == 0 {
				return place + ": medias is empty"
			}
			return misfits(place+".medias", medias, fields(address, "url"))
		}),
	},
	{
		Rule:  Rule{"productInfo.urls", "productUrl, thumbnail and, where it is needed, addToCartUrl are absolute.", apiInfo},
		needs: []string{"productInfo.answers"},
		check: eachInfo(func(place string, info any) string {
			want := fields(address, "productUrl", "thumbnail")
			// addToCartUrl is compulsory only where the page is not used.
			if get(info, "useProductUrl") == false || str(info, "addToCartUrl") != "" {
				want = append(want, field{"addToCartUrl", address})
			}
			return misfit(place, info, want)
		}),
	},
	{
		Rule:  Rule{"productInfo.sanitised", "A description holds no script, handler, frame or form.", sheetMethods},
		needs: []string{"productInfo.answers"},
		check: eachInfo(func(place string, info any) string {
			if found := harmful.FindString(str(info, "description")); found != "" {
				return fmt.Sprintf("%s: the description holds %q", place, cutText(found, 40))
			}
			return ""
		}),
	},
	{
		Rule:  Rule{"productInfo.order", "Products come in the order asked.", sheetMethods},
		needs: []string{"productInfo.answers"},
		check: inOrder("productInfo"),
	},
	{
		Rule:  Rule{"productInfo.unknown", "Unknown ids are left out.", sheetMethods},
		needs: []string{"productInfo.answers"},
		check: unknownLeftOut("productInfo"),
	},
	{
		Rule:  Rule{"productInfo.short-lists", "With one product or none the answer is a list still.", sheetWrongs},
		needs: []string{"productInfo.answers"},
		check: shortLists("productInfo"),
	},
	{
		Rule:  Rule{"productInfo.cap", "Of more than 100 ids at most 100 are answered, in a list.", sheetMethods},
		needs: []string{"productInfo.answers"},
		check: capped("productInfo"),
	},
	{
		Rule:  Rule{"productInfo.locale", "Prices are formatted for the asked locale.", apiInfo},
		needs: []string{"productInfo.prices"},
		check: checkLocale,
	},
}

var summaryRules = []rule{
	{
		Rule:  Rule{"productSummary.fields", "A ProductSummary has its texts as strings, internalId among them.", apiSummary},
		needs: []string{"productSummary.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			if len(p.ids) == 0 {
				return skip("no product was found")
			}
			x := p.get(ctx, "productSummary", q("productIds", strings.Join(p.ids, ",")))
			list, wrong := x.list()
			if wrong == "" {
				wrong = summaries("the answer", list)
			}
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"productSummary.order", "Summaries come in the order asked.", sheetMethods},
		needs: []string{"productSummary.answers"},
		check: inOrder("productSummary"),
	},
	{
		Rule:  Rule{"productSummary.unknown", "Unknown ids are left out.", sheetMethods},
		needs: []string{"productSummary.answers"},
		check: unknownLeftOut("productSummary"),
	},
	{
		Rule:  Rule{"productSummary.short-lists", "With one product or none the answer is a list still.", sheetWrongs},
		needs: []string{"productSummary.answers"},
		check: shortLists("productSummary"),
	},
	{
		Rule:  Rule{"productSummary.cap", "Of more than 100 ids at most 100 are answered, in a list.", sheetMethods},
		needs: []string{"productSummary.answers"},
		check: capped("productSummary"),
	},
	{
		Rule:  Rule{"productSummary.agrees", "productSummary and productInfo say the same of a product.", sheetMethods},
		needs: []string{"productInfo.fields", "productSummary.fields", "productInfo.order", "productSummary.order", "productInfo.prices"},
		check: checkAgreement,
	},
}

// harmful finds what no sanitised description holds.
var harmful = regexp.MustCompile(`(?i)<\s*(script|iframe|object|embed|form|style|link|meta|base)\b|<[^>]*\son[a-z]+\s*=|<[^>]*(href|src)\s*=\s*["']?\s*(javascript|vbscript|data:text/html)`)

// summaries says what is wrong with a list of ProductSummary.
func summaries(place string, list []any) string {
	if wrong := misfits(place, list, join(fields(filled, "internalId", "title"), fields(address, "productUrl", "thumbnail"))); wrong != "" {
		return wrong
	}
	for i, item := range list {
		if wrong := priceProblem(fmt.Sprintf("%s[%d]", place, i), item); wrong != "" {
			return wrong
		}
	}
	return ""
}

// eachInfo checks every known product's ProductInfo.
func eachInfo(check func(place string, info any) string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		if len(p.ids) == 0 {
			return skip("no product was found")
		}
		x := p.get(ctx, "productInfo", q("productIds", strings.Join(p.ids, ",")))
		list, wrong := x.list()
		if wrong == "" && len(list) == 0 {
			wrong = "none of the products that the search found is known"
		}
		for i, info := range list {
			if wrong == "" {
				wrong = check(fmt.Sprintf("product %d of the answer", i+1), info)
			}
		}
		return must(x, wrong)
	}
}

// answered asks for products and says what is wrong when they are not exactly
// those wanted.
func answered(ctx context.Context, p *probe, method string, asked, want []string) verdict {
	x := p.get(ctx, method, q("productIds", strings.Join(asked, ",")))
	list, wrong := x.list()
	if got := column(list, "internalId"); wrong == "" && !slices.Equal(got, want) {
		wrong = fmt.Sprintf("the answer has the products %q, want %q", got, want)
	}
	return must(x, wrong)
}

func inOrder(method string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		if len(p.ids) < 2 {
			return skip("fewer than two products are known")
		}
		backwards := slices.Clone(p.ids)
		slices.Reverse(backwards)
		if v := answered(ctx, p, method, p.ids, p.ids); v.outcome != Passed {
			return v
		}
		return answered(ctx, p, method, backwards, backwards)
	}
}

func unknownLeftOut(method string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		if len(p.ids) == 0 {
			return skip("no product was found")
		}
		return answered(ctx, p, method, []string{unknownID, p.ids[0]}, p.ids[:1])
	}
}

func shortLists(method string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		for _, ids := range []string{"", unknownID} {
			x := p.get(ctx, method, q("productIds", ids))
			if wrong := x.emptyList(); wrong != "" {
				return fail(x, "productIds=%s: %s", ids, wrong)
			}
		}
		if len(p.ids) == 0 {
			return pass()
		}
		x := p.get(ctx, method, q("productIds", p.ids[0]))
		_, wrong := x.list()
		return must(x, wrong)
	}
}

// capped asks for as many products as there are, up to 120, padded with ids
// that do not exist. The ids are short and not many more than 100, because some
// servers take no more than 4 kB of request line and headers.
func capped(method string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		var ids []string
		for page := 1; page <= 2 && p.total > 0; page++ {
			found, _ := p.get(ctx, "search", q("search", p.term, "page", strconv.Itoa(page), "pageSize", "100")).object()
			ids = append(ids, column(items(found, "results"), "internalId")...)
		}
		ids = ids[:min(len(ids), 120)]
		for i := len(ids); i < 120; i++ {
			ids = append(ids, "zq"+strconv.Itoa(i))
		}
		x := p.get(ctx, method, q("productIds", strings.Join(ids, ",")))
		list, wrong := x.list()
		if wrong == "" && len(list) > 100 {
			wrong = fmt.Sprintf("the answer has %d products, want 100 at most", len(list))
		}
		return must(x, wrong)
	}
}

var (
	pointDecimals = regexp.MustCompile(`[0-9]\.[0-9]{2}([^0-9]|$)`)
	commaDecimals = regexp.MustCompile(`[0-9],[0-9]{2}([^0-9]|$)`)
)

func checkLocale(ctx context.Context, p *probe) verdict {
	if len(p.ids) == 0 {
		return skip("no product was found")
	}
	ids := strings.Join(p.ids, ",")
	english, german := p.get(ctx, "productInfo", q("productIds", ids, "locale", "en-US")), p.get(ctx, "productInfo", q("productIds", ids, "locale", "de-DE"))
	list, wrong := english.list()
	if wrong != "" {
		return fail(english, "locale=en-US: %s", wrong)
	}
	other, wrong := german.list()
	if wrong != "" {
		return fail(german, "locale=de-DE: %s", wrong)
	}
	if len(list) == 0 || len(list) != len(other) {
		return skip("the products differ between the locales")
	}
	seen := false
	for i := range list {
		en, de := str(list[i], "formattedPrice"), str(other[i], "formattedPrice")
		if !pointDecimals.MatchString(en) && !commaDecimals.MatchString(en) && !commaDecimals.MatchString(de) {
			continue // no price, or one without decimals
		}
		seen = true
		switch {
		case !pointDecimals.MatchString(en):
			return fail(english, "locale=en-US: the price %q has no decimal point", en)
		case !commaDecimals.MatchString(de):
			return fail(german, "locale=de-DE: the price %q has no decimal comma", de)
		}
	}
	if !seen {
		return skip("no price with decimals is shown")
	}
	return pass()
}

func checkAgreement(ctx context.Context, p *probe) verdict {
	params := q("productIds", strings.Join(p.ids, ","))
	infos, _ := p.get(ctx, "productInfo", params).list()
	x := p.get(ctx, "productSummary", params)
	list, _ := x.list()
	if len(infos) != len(list) {
		return fail(x, "productSummary knows %d products, productInfo %d", len(list), len(infos))
	}
	for i := range list {
		for _, name := range []string{"internalId", "title", "formattedPrice", "formattedPrevPrice", "productUrl", "thumbnail"} {
			if a, b := get(list[i], name), get(infos[i], name); !same(a, b) {
				return fail(x, "product %s: %s is %v, and %v in productInfo", str(list[i], "internalId"), name, a, b)
			}
		}
	}
	return pass()
}
