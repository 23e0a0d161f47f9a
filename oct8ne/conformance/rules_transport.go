package conformance

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var transportRules = []rule{
	{
		Rule:  Rule{"transport.content-type", "Plain answers are application/json in UTF-8.", sheetTransport},
		check: checkContentType,
	},
	{
		Rule: Rule{"transport.nosniff", "Plain answers carry X-Content-Type-Options: nosniff.", sheetTransport},
		check: func(ctx context.Context, p *probe) verdict {
			return p.each(ctx, asIs, func(_ sample, x *exchange) string { return sniffed(x) })
		},
	},
	{
		Rule:  Rule{"transport.letter-case", "A method's name is taken in any letter case.", apiPath},
		check: checkLetterCase,
	},
	{
		Rule:  Rule{"transport.no-redirect", "No request is redirected, whatever its parameters.", sheetTransport},
		check: checkNoRedirect,
	},
	{
		Rule:  Rule{"transport.no-user-agent", "A request without User-Agent is answered like any other.", sheetTransport},
		needs: []string{"getAdapterInfo.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			// An empty value makes net/http leave the header out.
			x := p.do(ctx, ask{method: "getAdapterInfo", header: http.Header{"User-Agent": {""}}})
			_, wrong := x.object()
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"transport.head", "HEAD is answered like GET, without a body.", sheetTransport},
		needs: []string{"getAdapterInfo.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.do(ctx, ask{verb: http.MethodHead, method: "getAdapterInfo"})
			switch {
			case x.err != nil:
				return fail(x, "%v", x.err)
			case x.status != http.StatusOK:
				return fail(x, "status %d, want 200", x.status)
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"transport.options", "OPTIONS is answered with success, and Allow, where it is there, has GET.", sheetTransport},
		needs: []string{"getAdapterInfo.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.do(ctx, ask{verb: http.MethodOptions, method: "getAdapterInfo"})
			allow := x.header.Get("Allow")
			switch {
			case x.err != nil:
				return fail(x, "%v", x.err)
			case x.status < 200 || x.status > 299:
				return fail(x, "status %d, want 200 or 204", x.status)
			case allow != "" && !strings.Contains(allow, "GET"):
				return fail(x, "Allow is %q, want GET in it", allow)
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"transport.other-verbs", "Verbs other than GET, HEAD and OPTIONS get 405.", sheetTransport},
		check: checkVerbs,
	},
	{
		Rule:  Rule{"transport.allow", "An answer of 405 names in Allow what is allowed.", "RFC 9110, 15.5.6"},
		needs: []string{"transport.other-verbs"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.do(ctx, ask{verb: http.MethodDelete, method: "getAdapterInfo"})
			if allow := x.header.Get("Allow"); !strings.Contains(allow, "GET") {
				return fail(x, "Allow is %q, want GET in it", allow)
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"transport.undeclared-parameters", "Undeclared parameters and _ are ignored.", sheetTransport},
		check: checkUndeclared,
	},
	{
		Rule:  Rule{"transport.odd-input", "Bytes that are no UTF-8, NUL and markup in parameters change neither status nor shape.", sheetTransport},
		check: checkOddInput,
	},
	{
		Rule:  Rule{"cache.visitor", "customerData and getCart carry Cache-Control: private, no-store.", sheetTransport},
		check: cached("customerData", "getCart"),
	},
	{
		Rule:  Rule{"cache.orders", "Orders, their details and sales carry Cache-Control: private, no-store.", sheetTransport},
		check: cached("getOrders", "getOrderDetails", "getSalesReport"),
	},
	{
		Rule:  Rule{"cache.session", "checkSession carries Cache-Control: private, no-store.", sheetTransport},
		check: cached("checkSession"),
	},
	{
		Rule:  Rule{"deadline.orders", "Orders and their details are answered within 5 s.", sheetMethods},
		check: within(5*time.Second, "getOrders", "getOrderDetails"),
	},
	{
		Rule:  Rule{"deadline.session", "checkSession is answered within 8 s.", sheetMethods},
		check: within(8*time.Second, "checkSession"),
	},
	{
		Rule:  Rule{"getAdapterInfo.fields", "getAdapterInfo has its seven fields, those that are required not empty.", apiAdapter},
		needs: []string{"getAdapterInfo.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "getAdapterInfo", nil)
			info, _ := x.object()
			return must(x, misfit("the answer", info, join(
				fields(filled, "platform", "adapterVersion", "developedBy", "apiVersion"), fields(text, "adapterName", "supportUrl"))))
		},
	},
	{
		Rule:  Rule{"getAdapterInfo.api-version", `getAdapterInfo's apiVersion is "2.4".`, sheetMethods},
		needs: []string{"getAdapterInfo.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "getAdapterInfo", nil)
			info, _ := x.object()
			if info["apiVersion"] != "2.4" {
				return fail(x, "apiVersion is %v", info["apiVersion"])
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"getAdapterInfo.enabled", "getAdapterInfo's enabled is a real boolean.", sheetMethods},
		needs: []string{"getAdapterInfo.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			x := p.get(ctx, "getAdapterInfo", nil)
			info, _ := x.object()
			return must(x, misfit("the answer", info, fields(truth, "enabled")))
		},
	},
}

// mediaType splits a Content-Type into its type and charset, in lower case.
func mediaType(x *exchange) (kind, charset string) {
	kind, rest, _ := strings.Cut(strings.ToLower(x.header.Get("Content-Type")), ";")
	_, charset, _ = strings.Cut(rest, "charset=")
	return strings.TrimSpace(kind), strings.Trim(strings.TrimSpace(charset), `"`)
}

func checkContentType(ctx context.Context, p *probe) verdict {
	return p.each(ctx, asIs, func(_ sample, x *exchange) string {
		if kind, charset := mediaType(x); kind != "application/json" || charset != "utf-8" {
			return "Content-Type is " + x.header.Get("Content-Type") + ", want application/json; charset=utf-8"
		}
		return ""
	})
}

func sniffed(x *exchange) string {
	if v := x.header.Get("X-Content-Type-Options"); !strings.EqualFold(v, "nosniff") {
		return "X-Content-Type-Options is \"" + v + "\", want nosniff"
	}
	return ""
}

func checkLetterCase(ctx context.Context, p *probe) verdict {
	working := p.working()
	if len(working) == 0 {
		return skip("no method answers")
	}
	for _, s := range working {
		want, _ := p.get(ctx, s.method, s.params).value()
		for _, spelt := range []string{strings.ToLower(s.method), strings.ToUpper(s.method)} {
			x := p.get(ctx, spelt, s.params)
			value, wrong := x.ok()
			if wrong != "" {
				return fail(x, "%s: %s", spelt, wrong)
			}
			if kindOf(value) != kindOf(want) {
				return fail(x, "%s is %s, %s is %s", spelt, kindOf(value), s.method, kindOf(want))
			}
		}
	}
	return pass()
}

func checkNoRedirect(ctx context.Context, p *probe) verdict {
	// Methods that do not answer count here: a redirect may be why.
	for _, s := range p.samples() {
		for _, params := range []url.Values{s.params, nil, with(s.params, "locale", "xx-XX", "currency", "XXX")} {
			x := p.get(ctx, s.method, params)
			if x.err == nil && x.status >= 300 && x.status < 400 {
				return fail(x, "%s is redirected to %s", s.method, x.header.Get("Location"))
			}
		}
	}
	return pass()
}

func checkVerbs(ctx context.Context, p *probe) verdict {
	for _, verb := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		// getAdapterInfo changes nothing even where the verb is let through.
		x := p.do(ctx, ask{verb: verb, method: "getAdapterInfo"})
		if x.err != nil {
			return fail(x, "%s: %v", verb, x.err)
		}
		if x.status != http.StatusMethodNotAllowed {
			return fail(x, "%s: status %d, want 405", verb, x.status)
		}
	}
	return pass()
}

func checkUndeclared(ctx context.Context, p *probe) verdict {
	return p.each(ctx, func(v url.Values) url.Values {
		return with(v, "_", "1700000000000", "octobridgeConformance", "1")
	}, func(s sample, x *exchange) string {
		value, wrong := x.ok()
		if wrong != "" {
			return wrong
		}
		plain, _ := p.get(ctx, s.method, s.params).value()
		if kindOf(value) != kindOf(plain) {
			return "the answer is " + kindOf(value) + ", and " + kindOf(plain) + " without them"
		}
		if s.method == "search" {
			return "" // a rule of its own looks at filters that do not exist
		}
		if !same(value, plain) {
			return "the answer is another than without them"
		}
		return ""
	})
}

func checkOddInput(ctx context.Context, p *probe) verdict {
	for _, s := range p.working() {
		for _, odd := range []string{"\xff\xfe", "a\x00b", "<script>alert(1)</script>", "'\";--", strings.Repeat("9", 50)} {
			params := with(s.params, "locale", odd, "currency", odd, "page", odd, "pageSize", odd, "search", odd,
				"productIds", odd, "productId", odd, "customerEmail", odd, "reference", odd, "sessionId", odd, "from", odd, "to", odd)
			x := p.do(ctx, ask{method: s.method, params: params})
			value, wrong := x.ok()
			if wrong != "" {
				return fail(x, "%s with %q: %s", s.method, odd, wrong)
			}
			if _, isList := value.([]any); isList != s.list {
				return fail(x, "%s with %q: the answer is %s", s.method, odd, kindOf(value))
			}
		}
	}
	return pass()
}

// cached checks the Cache-Control of personal methods.
func cached(methods ...string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		return p.only(ctx, methods, func(s sample, x *exchange) string {
			have := map[string]bool{}
			for directive := range strings.SplitSeq(strings.ToLower(x.header.Get("Cache-Control")), ",") {
				have[strings.TrimSpace(directive)] = true
			}
			if !have["private"] || !have["no-store"] || have["public"] {
				return "Cache-Control is \"" + x.header.Get("Cache-Control") + "\", want private, no-store"
			}
			return ""
		})
	}
}

// within checks how long methods took.
func within(limit time.Duration, methods ...string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		for _, s := range p.samples() {
			for _, method := range methods {
				if s.method != method {
					continue
				}
				x := p.get(ctx, s.method, s.params)
				if x.timedOut || x.took > limit {
					return fail(x, "%s took %v or longer", method, min(x.took, p.options.Timeout).Round(time.Millisecond))
				}
			}
		}
		return pass()
	}
}

// only checks those of the working methods that are named.
func (p *probe) only(ctx context.Context, methods []string, check func(sample, *exchange) string) verdict {
	asked := false
	for _, s := range p.working() {
		for _, method := range methods {
			if s.method != method {
				continue
			}
			asked = true
			x := p.get(ctx, s.method, s.params)
			if wrong := check(s, x); wrong != "" {
				return fail(x, "%s: %s", method, wrong)
			}
		}
	}
	if !asked {
		return skip("none of %s answers", strings.Join(methods, ", "))
	}
	return pass()
}
