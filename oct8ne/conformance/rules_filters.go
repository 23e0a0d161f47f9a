package conformance

import (
	"context"
	"fmt"
)

var filterRules = []rule{
	{
		Rule:  Rule{"filters.lists", "filters has applied and available, both lists.", apiFilters},
		needs: []string{"search.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.search(ctx)
			found, _ := x.object()
			wrong := misfit("the answer", found, fields(record, "filters"))
			if wrong == "" {
				wrong = misfit("filters", found["filters"], fields(array, "applied", "available"))
			}
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"filters.shape", "An available filter has param, paramLabel and options with value, valueLabel and count, all strings.", apiFilters},
		needs: []string{"filters.lists"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.search(ctx)
			list := available(x)
			if len(list) == 0 {
				return skip("the search offers no filters")
			}
			wrong := misfits("available", list, join(fields(filled, "param", "paramLabel"), fields(array, "options")))
			for i, filter := range list {
				if wrong == "" {
					wrong = misfits(fmt.Sprintf("available[%d].options", i), items(filter, "options"), fields(filled, "value", "valueLabel", "count"))
				}
			}
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"filters.no-empty-option", "No filter is offered without options, and no option that would match nothing.", apiFilters},
		needs: []string{"filters.shape"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.search(ctx)
			for _, filter := range available(x) {
				if len(items(filter, "options")) == 0 {
					return fail(x, "%s has no options", str(filter, "param"))
				}
				for _, option := range items(filter, "options") {
					if str(option, "count") == "0" {
						return fail(x, "%s=%s would match nothing", str(filter, "param"), str(option, "value"))
					}
				}
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"filters.counts", "Each count is exactly the total of the search with that option added.", sheetMethods},
		needs: []string{"filters.shape", "search.total"},
		check: checkCounts,
	},
	{
		Rule:  Rule{"filters.applied", "A filter in force is in applied, with param, paramLabel, value and valueLabel.", apiFilters},
		needs: []string{"filters.shape"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.withEachFilter(ctx, func(param, value string, x *exchange) string {
				found, wrong := x.object()
				if wrong != "" {
					return wrong
				}
				applied := items(found["filters"], "applied")
				if wrong := misfits("applied", applied, fields(filled, "param", "paramLabel", "value", "valueLabel")); wrong != "" {
					return wrong
				}
				for _, filter := range applied {
					if str(filter, "param") == param && str(filter, "value") == value {
						return ""
					}
				}
				return "applied does not have it"
			})
		},
	},
	{
		Rule:  Rule{"filters.active-not-offered", "A filter in force is not offered again.", apiFilters},
		needs: []string{"filters.shape"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.withEachFilter(ctx, func(param, _ string, x *exchange) string {
				for _, filter := range available(x) {
					if str(filter, "param") == param {
						return "it is still offered"
					}
				}
				return ""
			})
		},
	},
	{
		Rule:  Rule{"filters.unknown-ignored", "A parameter that is no filter changes nothing.", sheetTransport},
		needs: []string{"filters.lists", "search.total"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.search(ctx, "octobridgeConformance", "1")
			found, wrong := x.object()
			if wrong != "" {
				return fail(x, "%s", wrong)
			}
			if total, _ := number(found["total"]); total != p.total {
				return fail(x, "total is %d, and %d without it", total, p.total)
			}
			if n := len(items(found["filters"], "applied")); n != 0 {
				return fail(x, "applied has %d filters, want none", n)
			}
			return pass()
		},
	},
}

// available returns the filters on offer.
func available(x *exchange) []any {
	found, _ := x.object()
	return items(found["filters"], "available")
}

// withEachFilter searches with the first option of each filter on offer.
func (p *probe) withEachFilter(ctx context.Context, check func(param, value string, x *exchange) string) verdict {
	list := available(p.search(ctx))
	if len(list) == 0 {
		return skip("the search offers no filters")
	}
	for i, filter := range list {
		options := items(filter, "options")
		if len(options) == 0 || i == p.options.MaxOptions {
			continue
		}
		param, value := str(filter, "param"), str(options[0], "value")
		x := p.search(ctx, param, value)
		if wrong := check(param, value, x); wrong != "" {
			return fail(x, "with %s=%s: %s", param, value, wrong)
		}
	}
	return pass()
}

// checkCounts searches with every option on offer, and with every option that
// is offered once the first filter is in force.
func checkCounts(ctx context.Context, p *probe) verdict {
	list := available(p.search(ctx))
	if len(list) == 0 {
		return skip("the search offers no filters")
	}
	left := p.options.MaxOptions
	if v := p.countOptions(ctx, &left, list); v.outcome != Passed {
		return v
	}
	first := items(list[0], "options")
	if len(first) == 0 {
		return pass()
	}
	param, value := str(list[0], "param"), str(first[0], "value")
	return p.countOptions(ctx, &left, available(p.search(ctx, param, value)), param, value)
}

func (p *probe) countOptions(ctx context.Context, left *int, list []any, active ...string) verdict {
	for _, filter := range list {
		for _, option := range items(filter, "options") {
			if *left == 0 {
				return pass()
			}
			*left--
			param, value := str(filter, "param"), str(option, "value")
			x := p.search(ctx, append([]string{param, value}, active...)...)
			found, wrong := x.object()
			if wrong != "" {
				return fail(x, "%s", wrong)
			}
			if total := fmt.Sprint(found["total"]); total != str(option, "count") {
				return fail(x, "%s=%s counts %s, but the search with it has total %s", param, value, str(option, "count"), total)
			}
		}
	}
	return pass()
}
