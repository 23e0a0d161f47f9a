package conformance

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
)

var jsonpRules = []rule{
	{
		Rule: Rule{"jsonp.wrapped", "With callback=f the body is f(<json>); with the JSON of the plain answer's shape.", apiJSONP},
		check: func(ctx context.Context, p *probe) verdict {
			return p.scripts(ctx, func(s sample, x *exchange) string {
				if x.status != http.StatusOK {
					return http.StatusText(x.status) + ", want 200"
				}
				inner, wrong := unwrap(x.body, "octobridge_1")
				if wrong != "" {
					return wrong
				}
				value, err := decode(inner)
				if err != nil {
					return err.Error()
				}
				if _, isList := value.([]any); isList != s.list {
					return "the JSON is " + kindOf(value)
				}
				return ""
			})
		},
	},
	{
		Rule: Rule{"jsonp.comment", "A JSONP body starts with /**/.", sheetTransport},
		check: func(ctx context.Context, p *probe) verdict {
			return p.scripts(ctx, func(_ sample, x *exchange) string {
				if !bytes.HasPrefix(x.body, []byte("/**/")) {
					return "the body does not start with /**/"
				}
				return ""
			})
		},
	},
	{
		Rule: Rule{"jsonp.content-type", "JSONP is application/javascript in UTF-8.", sheetTransport},
		check: func(ctx context.Context, p *probe) verdict {
			return p.scripts(ctx, func(_ sample, x *exchange) string {
				if kind, charset := mediaType(x); kind != "application/javascript" || charset != "utf-8" {
					return "Content-Type is " + x.header.Get("Content-Type") + ", want application/javascript; charset=utf-8"
				}
				return ""
			})
		},
	},
	{
		Rule: Rule{"jsonp.nosniff", "JSONP carries X-Content-Type-Options: nosniff.", sheetTransport},
		check: func(ctx context.Context, p *probe) verdict {
			return p.scripts(ctx, func(_ sample, x *exchange) string { return sniffed(x) })
		},
	},
	{
		Rule:  Rule{"jsonp.same-answer", "JSONP holds the same answer as plain JSON.", apiJSONP},
		needs: []string{"jsonp.wrapped"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.scripts(ctx, func(s sample, x *exchange) string {
				inner, _ := unwrap(x.body, "octobridge_1")
				value, err := decode(inner)
				plain, _ := p.get(ctx, s.method, s.params).value()
				if err != nil || !same(value, plain) {
					return "the JSON is another than without callback"
				}
				return ""
			})
		},
	},
	{
		Rule:  Rule{"jsonp.escaped", "U+2028, U+2029 and < are escaped inside JSONP.", sheetTransport},
		needs: []string{"jsonp.wrapped"},
		check: checkEscaped,
	},
	{
		Rule:  Rule{"jsonp.callback-dotted", "A dotted identifier path such as a.b_1.$c is accepted as callback.", sheetTransport},
		needs: []string{"getAdapterInfo.answers", "jsonp.wrapped"},
		check: callbackAccepted("a.b_1.$c"),
	},
	{
		Rule:  Rule{"jsonp.callback-index", "An index such as a[0] is accepted in a callback.", sheetTransport},
		needs: []string{"getAdapterInfo.answers", "jsonp.wrapped"},
		check: callbackAccepted("a[0]"),
	},
	{
		Rule:  Rule{"jsonp.callback-100", "A callback of 100 characters is accepted.", sheetTransport},
		needs: []string{"getAdapterInfo.answers", "jsonp.wrapped"},
		check: callbackAccepted(strings.Repeat("c", 100)),
	},
	{
		Rule:  Rule{"jsonp.callback-too-long", "A callback of more than 100 characters gets 400.", sheetTransport},
		check: callbackRefused(strings.Repeat("c", 101)),
	},
	{
		Rule:  Rule{"jsonp.callback-refused", "A callback that is no identifier path gets 400.", sheetTransport},
		check: callbackRefused(badCallbacks...),
	},
	{
		Rule: Rule{"jsonp.callback-refused-in-json", "The answer to a bad callback is JSON by content type and body.", sheetTransport},
		check: func(ctx context.Context, p *probe) verdict {
			refused := false
			for _, callback := range badCallbacks {
				x := p.get(ctx, "getAdapterInfo", q("callback", callback))
				if x.err != nil || x.status == http.StatusOK {
					continue // another rule's matter
				}
				refused = true
				if kind, _ := mediaType(x); kind != "application/json" {
					return fail(x, "callback %q: Content-Type is %s", callback, x.header.Get("Content-Type"))
				}
				if _, err := x.value(); err != nil {
					return fail(x, "callback %q: %v", callback, err)
				}
			}
			if !refused {
				return skip("no bad callback is refused")
			}
			return pass()
		},
	},
	{
		Rule: Rule{"jsonp.callback-not-echoed", "A callback that is refused is never echoed.", sheetTransport},
		check: func(ctx context.Context, p *probe) verdict {
			for _, callback := range badCallbacks {
				x := p.get(ctx, "getAdapterInfo", q("callback", callback))
				if x.err == nil && bytes.Contains(x.body, []byte(callback)) {
					return fail(x, "callback %q is in the answer", callback)
				}
			}
			return pass()
		},
	},
}

var badCallbacks = []string{
	"octobridge();alert(1)//", "</script><script>alert(1)</script>", "octobridge-x", "1octobridge", "octobridge..x",
	"octobridge[x]", "octobridge\u2028x", "octobridge x", `octobridge["x"]`, "octobridge=x",
}

// unwrap returns the JSON of a JSONP body.
func unwrap(body []byte, callback string) ([]byte, string) {
	inner := bytes.TrimPrefix(bytes.TrimSpace(body), []byte("/**/"))
	inner, opened := bytes.CutPrefix(bytes.TrimSpace(inner), []byte(callback+"("))
	inner = bytes.TrimSuffix(inner, []byte(";"))
	inner, closed := bytes.CutSuffix(inner, []byte(")"))
	if !opened || !closed {
		return nil, "the body is not " + cutText(callback, 20) + "(<json>);"
	}
	return inner, ""
}

// scripts checks the JSONP of every working method.
func (p *probe) scripts(ctx context.Context, check func(sample, *exchange) string) verdict {
	return p.each(ctx, func(v url.Values) url.Values { return with(v, "callback", "octobridge_1") }, check)
}

func callbackAccepted(callback string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		x := p.get(ctx, "getAdapterInfo", q("callback", callback))
		if x.err != nil || x.status != http.StatusOK {
			return fail(x, "callback %q: status %d, want 200", callback, x.status)
		}
		_, wrong := unwrap(x.body, callback)
		return must(x, wrong)
	}
}

func callbackRefused(callbacks ...string) func(context.Context, *probe) verdict {
	return func(ctx context.Context, p *probe) verdict {
		for _, callback := range callbacks {
			x := p.get(ctx, "getAdapterInfo", q("callback", callback))
			if x.err != nil || x.status != http.StatusBadRequest {
				return fail(x, "callback %q: status %d, want 400", callback, x.status)
			}
		}
		return pass()
	}
}

// checkEscaped can only judge answers that hold such a character at all.
func checkEscaped(ctx context.Context, p *probe) verdict {
	seen := false
	asks := []sample{{"search", q("search", p.term), false}}
	for _, id := range p.ids {
		asks = append(asks, sample{"productInfo", q("productIds", id), true})
	}
	for _, s := range asks {
		value, wrong := p.get(ctx, s.method, s.params).ok()
		if wrong != "" || !anyString(value, func(text string) bool { return strings.ContainsAny(text, "<\u2028\u2029") }) {
			continue
		}
		seen = true
		x := p.get(ctx, s.method, with(s.params, "callback", "octobridge_1"))
		if at := bytes.IndexAny(x.body, "<\u2028\u2029"); at >= 0 {
			return fail(x, "%s: %q stands unescaped at byte %d", s.method, []rune(string(x.body[at:min(at+3, len(x.body))]))[0], at)
		}
	}
	if !seen {
		return skip("no product's text holds such a character")
	}
	return pass()
}
