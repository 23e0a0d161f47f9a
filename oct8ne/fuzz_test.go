package oct8ne_test

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"octobridge/oct8ne"
)

// identifierPath is the callback's grammar, written a second time.
var identifierPath = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*|\[(0|[1-9][0-9]*)\])*$`)

func FuzzCallback(f *testing.F) {
	for _, seed := range []string{"f", "a.b_1.$c", "a[0]", "a[0].b", "", "alert(1)//", "</script>", "a\u2028", "while", "\xff", strings.Repeat("a", 101), "a[9999999999999999999999]"} {
		f.Add(seed)
	}
	do := direct(&fake{infos: []oct8ne.ProductInfo{{Title: "a <b> \u2028"}}}, oct8ne.Options{})
	f.Fuzz(func(t *testing.T, callback string) {
		var args fasthttp.Args
		args.Set("callback", callback)
		ctx := do("/oct8ne/frame/productInfo?productIds=1&" + args.String())
		body := ctx.Response.Body()
		if ctx.Response.StatusCode() == 400 {
			if !json.Valid(body) || len(callback) > 3 && bytes.Contains(body, []byte(callback)) && !strings.Contains("The callback must be a JavaScript identifier path of at most 100 characters.", callback) {
				t.Fatalf("callback %q: %s", callback, body)
			}
			return
		}
		if ctx.Response.StatusCode() != 200 || len(callback) > 100 || !identifierPath.MatchString(callback) {
			t.Fatalf("callback %q: %v", callback, ctx.Response.String())
		}
		inner, opened := bytes.CutPrefix(body, []byte("/**/"+callback+"("))
		inner, closed := bytes.CutSuffix(inner, []byte(");"))
		if !opened || !closed || !json.Valid(inner) {
			t.Fatalf("callback %q: %s", callback, body)
		}
	})
}

// asksBack answers with what it was asked, so that everything that a stranger
// sends comes back in the answer's strings.
type asksBack struct{ *fake }

func (a asksBack) ProductInfo(_ context.Context, r *oct8ne.Request, ids []string) ([]oct8ne.ProductInfo, error) {
	infos := []oct8ne.ProductInfo{}
	for _, id := range ids {
		infos = append(infos, oct8ne.ProductInfo{InternalID: id, Title: r.Locale, Description: r.Currency})
	}
	return infos, nil
}

func (a asksBack) Search(_ context.Context, _ *oct8ne.Request, q oct8ne.SearchQuery) (oct8ne.SearchResult, error) {
	result := oct8ne.SearchResult{Total: 1, Results: []oct8ne.ProductSummary{{Title: q.Text}}}
	for name, value := range q.Filters {
		result.Filters.Applied = append(result.Filters.Applied, oct8ne.AppliedFilter{Param: name, Value: value})
	}
	return result, nil
}

func (a asksBack) OrderDetails(_ context.Context, _ *oct8ne.Request, reference string) (*oct8ne.OrderDetails, error) {
	return &oct8ne.OrderDetails{Order: oct8ne.Order{Reference: reference}}, nil
}

func FuzzQuery(f *testing.F) {
	for method, query := range every {
		f.Add(method, query)
	}
	f.Add("search", "search=%00%FF&page=-1&pageSize=9e9&orderBy=%3C&dir=%E2%80%A8&color=%22%3C/script%3E&start=9999999999999999999")
	f.Add("search", "callback=f&search=%E2%80%A8%3Cscript%3E&%3Cscript%3E=%3Cscript%3E&start=3&count=7")
	f.Add("productInfo", "productIds=,,1,1,%2C,%%&locale=pl_PL&currency=%C5%82")
	f.Add("checkSession", "customer_email=a+b@c.example&customer_session_id=%C2%85&order_id=%00&apiToken="+token)
	f.Add("getSalesReport", "from=2026-11-21T00:00:00+01:00&to=99999999999&apiToken="+token)
	f.Add("GetCart/", "callback=")
	do := direct(asksBack{&fake{}}, oct8ne.Options{})
	f.Fuzz(func(t *testing.T, method, query string) {
		ctx := do("/oct8ne/frame/" + method + "?" + query)
		status, body := ctx.Response.StatusCode(), ctx.Response.Body()
		if !slices.Contains([]int{200, 400, 404}, status) {
			t.Fatalf("%q?%q: status %d: %s", method, query, status, body)
		}
		if status == 404 && !bytes.HasPrefix(body, []byte("{")) {
			return // the path led out of the router's, so that Fiber answered
		}
		if string(ctx.Response.Header.ContentType()) == "application/javascript; charset=utf-8" {
			if bytes.ContainsAny(body, "<\u2028\u2029") {
				t.Fatalf("%q?%q: not escaped: %s", method, query, body)
			}
			open := bytes.IndexByte(body, '(')
			name, commented := bytes.CutPrefix(body[:max(open, 0)], []byte("/**/"))
			if !commented || !identifierPath.Match(name) || !bytes.HasSuffix(body, []byte(");")) {
				t.Fatalf("%q?%q: no JSONP: %s", method, query, body)
			}
			body = body[open+1 : len(body)-2]
		}
		if !json.Valid(body) || !utf8.Valid(body) {
			t.Fatalf("%q?%q: no JSON: %s", method, query, body)
		}
	})
}
