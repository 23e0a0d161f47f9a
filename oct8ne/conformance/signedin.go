package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"octobridge/internal/secret"
)

// Cookie is one of the cookies of a visitor who is signed in.
type Cookie struct {
	Name  string
	Value secret.String
}

// checkCookies refuses cookies that no browser could send. It does not say what
// they hold.
func checkCookies(all []Cookie) error {
	for i, c := range all {
		cookie := http.Cookie{Name: c.Name, Value: c.Value.Reveal()}
		if cookie.Value == "" || cookie.Valid() != nil {
			return fmt.Errorf("cookie %d of the visitor is none that a browser could send: give a name and a value as they stand in the browser's list of cookies", i+1)
		}
	}
	return nil
}

// cookies is the header of the visitor's cookies, with their values changed.
func (p *probe) cookies(change func(string) string) string {
	var all []string
	for _, c := range p.options.Cookies {
		value := c.Value.Reveal()
		if change != nil {
			value = change(value)
		}
		all = append(all, c.Name+"="+value)
	}
	return strings.Join(all, "; ")
}

// madeUp is another value of the same form.
func madeUp(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r < '9', 'a' <= r && r < 'z', 'A' <= r && r < 'Z':
			return r + 1
		case r == '9':
			return '0'
		case r == 'z':
			return 'a'
		case r == 'Z':
			return 'A'
		}
		return r
	}, value)
}

// visitorHeader is what the visitor's browser sends on a page of the shop.
func (p *probe) visitorHeader() http.Header {
	return http.Header{"Cookie": {p.cookies(nil)}, "Referer": {p.options.Origin + "/"}}
}

// asVisitor asks as the visitor who is signed in.
func (p *probe) asVisitor(ctx context.Context, method string) *exchange {
	x := p.do(ctx, ask{method: method, header: p.visitorHeader()})
	x.personal = true
	return x
}

// showsVisitor says whether a text holds anything that names the visitor.
func (p *probe) showsVisitor(text []byte) bool {
	return slices.ContainsFunc(p.private, func(s secret.String) bool { return strings.Contains(string(text), s.Reveal()) })
}

// meet learns what must not be shown of the visitor.
func (p *probe) meet(ctx context.Context) {
	if len(p.options.Cookies) == 0 {
		return
	}
	data, _ := p.asVisitor(ctx, "customerData").object()
	for _, name := range []string{"id", "firstName", "lastName", "email"} {
		const shortest = 3 // what is shorter stands in other words, too
		if value := str(data, name); len(value) >= shortest {
			ascii := strconv.QuoteToASCII(value)
			p.private = append(p.private, secret.New(value), secret.New(ascii[1:len(ascii)-1]))
		}
	}
}
