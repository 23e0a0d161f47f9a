package pricing

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
)

// Source says which of the wholesaler's prices visitors see (pricing.source).
type Source string

// The sources.
const (
	None    Source = "none"    // no prices
	Retail  Source = "retail"  // the wholesaler's shop's, with its promotions; SRP where there is none
	SRP     Source = "srp"     // the suggested retail price
	Account Source = "account" // what the account pays; confidential in dropshipping
)

// Options are what a Pricer goes by.
type Options struct {
	Source  Source
	Net     bool            // whether prices are shown without VAT
	Margins []config.Margin // the first one that fits a product counts
	// Ending is what prices with a margin or in another currency end in, see
	// config.ParseEnding; empty: they keep the digits that they come to.
	Ending string
	// Currency is what prices are shown in, ISO 4217; empty: in the offer's.
	Currency string
	// Dropshipping makes the account's price confidential.
	Dropshipping bool
}

// Pricer decides what visitors see of prices. It does not change, and may be used
// by many goroutines.
type Pricer struct {
	source       Source
	net          bool
	rules        []rule
	end, step    int64 // in hundredths, see config.ParseEnding; step zero: no ending
	currency     string
	dropshipping bool
}

// New returns a Pricer. It refuses options that would show consumers what the
// account pays: source account in dropshipping without any margin.
func New(options Options) (*Pricer, error) {
	p := &Pricer{source: options.Source, net: options.Net, dropshipping: options.Dropshipping}
	switch options.Source {
	case None, Retail, SRP:
	case Account:
		if options.Dropshipping && len(options.Margins) == 0 {
			return nil, errors.New("pricing.source account would show consumers what the shop pays: set pricing.margins, or choose none, retail or srp")
		}
	default:
		return nil, fmt.Errorf("pricing.source is %q: it must be none, retail, srp or account", options.Source)
	}
	for i := range options.Margins {
		made, err := newRule(&options.Margins[i])
		if err != nil {
			return nil, fmt.Errorf("rule %d of pricing.margins: %w", i+1, err)
		}
		p.rules = append(p.rules, made)
	}
	if options.Ending != "" {
		end, step, err := config.ParseEnding(options.Ending)
		if err != nil {
			return nil, fmt.Errorf("pricing.ending: %w", err)
		}
		p.end, p.step = end.Shift(2).IntPart(), step.Shift(2).IntPart()
	}
	if options.Currency != "" {
		p.currency = strings.ToUpper(options.Currency)
		if _, ok := Digits(p.currency); !ok {
			return nil, fmt.Errorf("shop.currency is %q, which is no currency: write an ISO 4217 code such as PLN", options.Currency)
		}
	}
	return p, nil
}

// Shown returns what a visitor sees of an offer at a time; the package's
// documentation says by which rules. rates may be nil, which converts nothing. It
// asks nobody, and the same question has the same answer.
//
// In dropshipping what is shown is never what the account pays, nor below it,
// where the price is made of that; and neither the account's price nor what it was
// is ever told as the former price.
func (p *Pricer) Shown(o *Offer, rates *Rates, at time.Time) Shown {
	if p.source == None {
		return Shown{}
	}
	from := strings.ToUpper(o.Currency)
	to := from
	if p.currency != "" {
		to = p.currency
	}
	digits, ok := Digits(from)
	if !ok {
		return Shown{}
	}
	conversion, ok := rates.conversion(from, to)
	if !ok {
		// The shop has one currency: a price in another would be a surprise at
		// the till, or be taken for its own.
		return Shown{}
	}
	regular, former, ok := p.choose(o, digits, at)
	if !ok {
		return Shown{}
	}
	priced := regular
	made := p.rule(o, regular)
	if made != nil {
		priced = made.add(regular)
		if former.IsPositive() {
			former = made.add(former)
		}
	} else if p.source == Account && p.dropshipping {
		return Shown{}
	}

	now, ok := conversion.units(priced, nearest)
	// What a wholesaler's own customer pays is no price that anybody sells for.
	if ok && (p.source != Account || made != nil) {
		switch least, how := p.amount(&o.Minimal, o.VAT, digits); how {
		case unsayable: // a floor that is not known cannot be kept
			return Shown{}
		case there:
			var floor int64
			floor, ok = conversion.units(least, up)
			now = max(now, floor)
		}
	}
	rounded := (made != nil || conversion.from != nil) && p.ends(conversion.digits)
	if ok && rounded {
		now, ok = p.roundUp(now)
	}
	if !ok || now <= 0 {
		return Shown{}
	}
	if p.source == Account && p.dropshipping {
		// The margin may be lost in rounding.
		if paid, ok := conversion.units(regular, down); !ok || now <= paid {
			return Shown{}
		}
	}

	before := now
	if p.source == Account && made != nil {
		before = p.market(o, digits, &conversion, now)
	} else if former.IsPositive() {
		was, ok := conversion.units(former, nearest)
		if ok && rounded {
			was, ok = p.roundUp(was)
		}
		if ok {
			before = max(now, was)
		}
	}
	shown := Shown{Now: decimal.New(now, -conversion.digits), Currency: to, Valid: true}
	shown.Before = shown.Now
	if before != now {
		shown.Before = decimal.New(before, -conversion.digits)
	}
	return shown
}

// choose returns the source's price, and its former one, zero where it has none.
func (p *Pricer) choose(o *Offer, digits int32, at time.Time) (regular, former decimal.Decimal, ok bool) {
	switch p.source {
	case Retail:
		own, how := p.amount(&o.Retail, o.VAT, digits)
		if how == missing {
			own, how = p.amount(&o.SRP, o.VAT, digits)
		}
		if how != there {
			return regular, former, false
		}
		regular = own
		if lower, inForce := p.promotion(o, digits, at); inForce && lower.LessThan(own) {
			regular, former = lower, own
		}
		if was, how := p.amount(&o.RetailWas, o.VAT, digits); how == there && was.GreaterThan(regular) {
			former = was
		}
		return regular, former, true
	case SRP:
		own, how := p.amount(&o.SRP, o.VAT, digits)
		return own, former, how == there
	case Account:
		own, how := p.amount(&o.Account, o.VAT, digits)
		if how != there {
			return regular, former, false
		}
		if was, how := p.amount(&o.WholesaleWas, o.VAT, digits); how == there && was.GreaterThan(own) {
			former = was
		}
		return own, former, true
	}
	return regular, former, false
}

// market returns what the product costs elsewhere, as the former price of one that
// was made of the account's: no former wholesale price may be told there. It is
// nobody's sum, so it gets no margin and no ending.
func (p *Pricer) market(o *Offer, digits int32, c *conversion, now int64) int64 {
	for _, price := range [...]*Price{&o.RetailWas, &o.SRP} {
		if amount, how := p.amount(price, o.VAT, digits); how == there {
			if before, ok := c.units(amount, nearest); ok && before > now {
				return before
			}
		}
	}
	return now
}
