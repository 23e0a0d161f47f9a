// Package conformance checks any oct8ne adapter over HTTP: whether it keeps the
// contract of oct8ne's API 2.4 and of oct8ne.md as far as that can be seen from
// outside. It reads answers loosely, not through the types of package oct8ne,
// so that a wrong shape shows as what it is.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"octobridge/internal/secret"
)

// Options say what is checked and with which data. Only BaseURL is required;
// rules that need something else that is missing are not applicable.
type Options struct {
	// BaseURL is the http(s) address before /oct8ne/frame/, for example
	// "https://shop.example".
	BaseURL string
	// APIToken opens orders, sales and sessions. It is left out of results.
	APIToken secret.String
	// CustomerEmail is a customer with orders, best with two or more.
	CustomerEmail string
	// OrderReference is an order of that customer. Without it one of
	// getOrders is taken.
	OrderReference string
	// SessionID is a proof of a live session of that customer. It is left out
	// of results.
	SessionID secret.String
	// Cookies are those of a visitor who is signed in, as a browser sends them to
	// the adapter: best of one with something in the cart. They are left out of
	// results, and so are the visitor's id, names and e-mail address.
	Cookies []Cookie
	// SearchTerm is a word that finds products, best more than twenty and
	// fewer than a hundred. Without it an empty search and single letters are
	// tried.
	SearchTerm string
	// ProductIDs are ids of products. Without them those that the search finds
	// are taken.
	ProductIDs []string
	// Origin is the shop's origin, for example "https://shop.example": the
	// pages that may change a wish list. Default: the origin of BaseURL.
	Origin string
	// Change allows rules that change something: addToWishList, as a guest
	// with cookies of their own, and as the visitor of Cookies, whose wish list
	// then holds a product more.
	Change bool
	// Client makes the requests. Its Jar, CheckRedirect and Timeout are not
	// used. Default: a client of its own.
	Client *http.Client
	// Timeout is how long one answer may take, default 10 s. A method that
	// took longer twice is not asked again.
	Timeout time.Duration
	// MaxOptions is how many options of filters are counted, with one search
	// each; default 100.
	MaxOptions int
}

// Outcome is what came of a rule.
type Outcome string

// The outcomes of a rule.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"
	NotApplicable Outcome = "not applicable"
)

// Rule is one rule of the contract. Its ID never changes.
type Rule struct {
	ID     string `json:"id"`
	Title  string `json:"title"`  // what is asked of the adapter, in one sentence
	Source string `json:"source"` // where that stands
}

// Result is what came of one rule.
type Result struct {
	Rule
	Outcome Outcome `json:"outcome"`
	// Detail says what is wrong, or why the rule is not applicable.
	Detail string `json:"detail,omitempty"`
	// Request and Response are the exchange that showed a failure. Both are
	// shortened; apiToken, session proof and cookies are left out, and so is what
	// came of a request as a signed-in visitor.
	Request  string `json:"request,omitempty"`
	Response string `json:"response,omitempty"`
}

// Report is what came of all rules, in the order of Rules.
type Report struct {
	BaseURL       string   `json:"baseUrl"`
	Verdict       Outcome  `json:"verdict"` // Passed when no rule failed, Failed otherwise
	Passed        int      `json:"passed"`
	Failed        int      `json:"failed"`
	NotApplicable int      `json:"notApplicable"`
	Results       []Result `json:"results"`
}

// OK says that no rule failed and at least one passed.
func (r Report) OK() bool { return r.Verdict == Passed }

func (r *Report) add(result Result) {
	switch result.Outcome {
	case Passed:
		r.Passed++
	case Failed:
		r.Failed++
	default:
		r.NotApplicable++
	}
	r.Verdict = Failed
	if r.Failed == 0 && r.Passed > 0 {
		r.Verdict = Passed
	}
	r.Results = append(r.Results, result)
}

// ErrUnreachable is in the error of Run when nothing answers at the address.
var ErrUnreachable = errors.New("nothing answers there")

// Rules returns every rule, in the order in which Run checks them.
func Rules() []Rule {
	all := make([]Rule, 0, len(rules))
	for _, r := range rules {
		all = append(all, r.Rule)
	}
	return all
}

// Run checks every rule, one after the other, and tells each of its results as
// soon as it has it; tell may be nil. An adapter that breaks rules is no error:
// see Report.Verdict. An error means that there was nothing to check: options
// that make no sense, ErrUnreachable, or the context's end, with the report so
// far. Run may be called again at any time; it changes nothing unless
// Options.Change is set.
func Run(ctx context.Context, options Options, tell func(Result)) (Report, error) {
	p, err := newProbe(options)
	if err != nil {
		return Report{}, err
	}
	defer p.close()
	report := Report{BaseURL: p.base, Verdict: Failed, Results: []Result{}}
	if first := p.get(ctx, "getAdapterInfo", nil); first.err != nil && !first.timedOut && !first.tooLong {
		if ctx.Err() != nil {
			return report, ctx.Err()
		}
		return report, fmt.Errorf("%s: %w; check the address and that the adapter runs: %w", p.base, ErrUnreachable, first.err)
	}
	p.meet(ctx)
	p.discover(ctx)
	outcomes := make(map[string]Outcome, len(rules))
	for _, r := range rules {
		v := r.decide(ctx, p, outcomes)
		if ctx.Err() != nil {
			return report, ctx.Err() // what a cut-off request seemed to show is no result
		}
		outcomes[r.ID] = v.outcome
		result := Result{Rule: r.Rule, Outcome: v.outcome, Detail: p.hide(v.detail)}
		if v.outcome == Failed && v.exchange != nil {
			result.Request, result.Response = p.hide(v.exchange.asked()), p.hide(v.exchange.came())
		}
		report.add(result)
		if tell != nil {
			tell(result)
		}
	}
	return report, nil
}

// rule is a rule and how it is checked.
type rule struct {
	Rule
	// needs are rules without which this one cannot be judged: where one of
	// them did not pass, this one is not applicable.
	needs []string
	check func(ctx context.Context, p *probe) verdict
}

func (r rule) decide(ctx context.Context, p *probe, outcomes map[string]Outcome) verdict {
	for _, id := range r.needs {
		if outcomes[id] != Passed {
			return skip("%s did not pass", id)
		}
	}
	p.outcomes = outcomes
	return r.check(ctx, p)
}

// verdict is what a check decides.
type verdict struct {
	outcome  Outcome
	detail   string
	exchange *exchange
}

func pass() verdict { return verdict{outcome: Passed} }

func fail(x *exchange, format string, args ...any) verdict {
	return verdict{Failed, fmt.Sprintf(format, args...), x}
}

func skip(format string, args ...any) verdict {
	return verdict{outcome: NotApplicable, detail: fmt.Sprintf(format, args...)}
}

// must passes when nothing is wrong.
func must(x *exchange, wrong string) verdict {
	if wrong != "" {
		return fail(x, "%s", wrong)
	}
	return pass()
}

func newProbe(options Options) (*probe, error) {
	u, err := url.Parse(options.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the base URL must be an absolute http or https address such as https://shop.example")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the base URL must have no user, query or fragment: give the part before /oct8ne/frame/")
	}
	if err := checkCookies(options.Cookies); err != nil {
		return nil, err
	}
	if options.Timeout <= 0 {
		options.Timeout = 10 * time.Second
	}
	if options.MaxOptions <= 0 {
		options.MaxOptions = 100
	}
	if options.Origin == "" {
		options.Origin = u.Scheme + "://" + u.Host
	}
	p := &probe{
		options: options,
		// The demonstration and a browser show the address with the path that
		// oct8ne puts behind it.
		base: strings.TrimSuffix(strings.TrimRight(u.String(), "/"), "/oct8ne/frame"),
		kept: make(map[string]*exchange),
		late: make(map[string]int),
	}
	p.client = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	switch {
	case options.Client != nil && options.Client.Transport != nil:
		p.client.Transport = options.Client.Transport
	case options.Client != nil:
		p.client.Transport = http.DefaultTransport
	default:
		transport := http.DefaultTransport.(*http.Transport).Clone()
		p.client.Transport, p.close = transport, transport.CloseIdleConnections
	}
	if p.close == nil {
		p.close = func() {} // the client's connections are its owner's
	}
	return p, nil
}
