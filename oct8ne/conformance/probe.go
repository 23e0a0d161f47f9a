package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"octobridge/internal/secret"
)

const (
	maxAnswer  = 8 << 20 // the longest answer that is read
	maxShown   = 600     // the longest part of one that a result shows
	wrongToken = "octobridge-conformance-wrong-token"
	unknownID  = "octobridge-conformance-unknown"
	nowhere    = "nobody@conformance.invalid"
	foreign    = "https://elsewhere.invalid"
)

// probe asks an adapter and keeps what it answered.
type probe struct {
	options  Options
	base     string
	client   http.Client
	close    func()
	outcomes map[string]Outcome

	kept   map[string]*exchange // plain answers by address
	late   map[string]int       // time-outs by method
	silent int                  // time-outs in a row

	term     string   // finds products
	total    int      // how many
	ids      []string // products that there are
	orders   []object // the customer's orders
	noOrders string   // why there are none

	private []secret.String // what is known of the visitor who is signed in
}

// ask is one request.
type ask struct {
	verb   string // default GET
	method string
	params url.Values
	header http.Header
	client *http.Client // default the probe's
}

// exchange is a request and what came of it.
type exchange struct {
	verb, address string
	sent          http.Header
	status        int
	header        http.Header
	body          []byte
	took          time.Duration
	err           error
	timedOut      bool
	tooLong       bool
	personal      bool // it is, or may be, about the visitor who is signed in
}

// q makes parameters of pairs.
func q(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

// with returns the parameters and more of them.
func with(params url.Values, pairs ...string) url.Values {
	more := maps.Clone(params)
	if more == nil {
		more = url.Values{}
	}
	maps.Copy(more, q(pairs...))
	return more
}

// get makes a plain GET request, once in a run for each address: most rules
// look at the same few answers.
func (p *probe) get(ctx context.Context, method string, params url.Values) *exchange {
	key := method + "?" + params.Encode()
	if x, known := p.kept[key]; known {
		return x
	}
	x := p.do(ctx, ask{method: method, params: params})
	p.kept[key] = x
	return x
}

// do makes a request.
func (p *probe) do(ctx context.Context, a ask) *exchange {
	if a.verb == "" {
		a.verb = http.MethodGet
	}
	client := &p.client
	if a.client != nil {
		client = a.client
	}
	x := &exchange{verb: a.verb, address: p.base + "/oct8ne/frame/" + a.method, sent: a.header}
	if len(a.params) > 0 {
		x.address += "?" + a.params.Encode()
	}
	name := strings.ToLower(a.method)
	if p.late[name] >= 2 || p.silent >= 4 {
		x.err, x.timedOut = fmt.Errorf("not asked again, since there was no answer within %v before", p.options.Timeout), true
		return x
	}
	ctx, cancel := context.WithTimeout(ctx, p.options.Timeout)
	defer cancel()
	began := time.Now()
	x.err = x.exchange(ctx, client)
	x.took = time.Since(began)
	x.tooLong = errors.Is(x.err, errTooLong)
	if x.err != nil && ctx.Err() == context.DeadlineExceeded {
		x.err, x.timedOut = fmt.Errorf("no answer within %v", p.options.Timeout), true
		p.late[name]++
		p.silent++
	} else {
		p.silent = 0
	}
	return x
}

var errTooLong = fmt.Errorf("the answer is longer than %d MB", maxAnswer>>20)

func (x *exchange) exchange(ctx context.Context, client *http.Client) error {
	request, err := http.NewRequestWithContext(ctx, x.verb, x.address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "octobridge-conformance")
	maps.Copy(request.Header, x.sent)
	response, err := client.Do(request)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // without the address, which may hold the token
		}
		return err
	}
	defer response.Body.Close()
	x.status, x.header = response.StatusCode, response.Header
	x.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if len(x.body) > maxAnswer {
		x.body, err = x.body[:maxAnswer], errTooLong
	}
	return err
}

// asked shows the request.
func (x *exchange) asked() string {
	var b strings.Builder
	b.WriteString(x.verb + " " + cutText(x.address, maxShown))
	for _, name := range slices.Sorted(maps.Keys(x.sent)) {
		if name == "Cookie" {
			b.WriteString("\nCookie: " + secret.Redacted)
			continue
		}
		fmt.Fprintf(&b, "\n%s: %s", name, cutText(strings.Join(x.sent[name], ", "), 100))
	}
	return b.String()
}

// came shows the answer.
func (x *exchange) came() string {
	if x.status == 0 {
		return x.err.Error()
	}
	s := fmt.Sprintf("%d %s", x.status, http.StatusText(x.status))
	for _, name := range []string{"Content-Type", "Cache-Control", "X-Content-Type-Options", "Allow", "Location"} {
		if v := x.header.Get(name); v != "" {
			s += fmt.Sprintf("\n%s: %s", name, cutText(v, 100))
		}
	}
	if x.err != nil {
		s += "\n(" + x.err.Error() + ")"
	}
	if x.personal {
		return s + fmt.Sprintf("\n\n(%d bytes that may be about the visitor)", len(x.body))
	}
	return s + "\n\n" + cutText(string(x.body[:min(len(x.body), 4*maxShown)]), maxShown)
}

// cutText shortens a text to limit bytes of valid UTF-8.
func cutText(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit] + "…"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// hide leaves the secrets out of a text.
func (p *probe) hide(text string) string {
	hidden := append([]secret.String{p.options.APIToken, p.options.SessionID}, p.private...)
	for _, cookie := range p.options.Cookies {
		hidden = append(hidden, cookie.Value)
	}
	for _, s := range hidden {
		if !s.Empty() {
			text = strings.ReplaceAll(text, url.QueryEscape(s.Reveal()), secret.Redacted)
			text = strings.ReplaceAll(text, s.Reveal(), secret.Redacted)
		}
	}
	return text
}

// value reads the body as one JSON value.
func (x *exchange) value() (any, error) {
	if x.err != nil {
		return nil, x.err
	}
	return decode(x.body)
}

func decode(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("the body is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON")
	}
	return value, nil
}

// ok returns the JSON of an answer with status 200, and what is wrong otherwise.
func (x *exchange) ok() (any, string) {
	value, err := x.value()
	switch {
	case x.err != nil:
		return nil, x.err.Error()
	case x.status != http.StatusOK:
		return nil, fmt.Sprintf("status %d, want 200", x.status)
	case err != nil:
		return nil, err.Error()
	}
	return value, ""
}

// list returns the items of an answer that must be a list.
func (x *exchange) list() ([]any, string) {
	value, wrong := x.ok()
	if wrong != "" {
		return nil, wrong
	}
	items, ok := value.([]any)
	if !ok {
		return nil, "the answer is " + kindOf(value) + ", want a list"
	}
	return items, ""
}

// object returns an answer that must be an object.
func (x *exchange) object() (object, string) {
	value, wrong := x.ok()
	if wrong != "" {
		return nil, wrong
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, "the answer is " + kindOf(value) + ", want an object"
	}
	return fields, ""
}

// emptyList says what is wrong with an answer that must be [].
func (x *exchange) emptyList() string {
	items, wrong := x.list()
	if wrong == "" && len(items) > 0 {
		wrong = fmt.Sprintf("the list has %d items, want none", len(items))
	}
	return wrong
}
