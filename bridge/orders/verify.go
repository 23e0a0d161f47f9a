package orders

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// untilGoodsCome is how often an order is looked at that waits for its goods.
const untilGoodsCome = 15 * time.Minute

// verify asks whether the goods can be had, and at which price.
func (v *visit) verify(ctx context.Context) error {
	asked := make([]idosell.Line, len(v.order.Request.Lines))
	for i, line := range v.order.Request.Lines {
		asked[i] = idosell.Line{Code: line.Code, CodeType: line.CodeType, Quantity: line.Quantity}
	}
	answers, err := call(ctx, v, idosell.OpAvailability, func(ctx context.Context) ([]idosell.Availability, error) {
		return v.service.wholesaler.Availability(ctx, asked...)
	})
	if err != nil {
		if refused, text := v.refused(err); refused {
			return v.fail(ctx, Reason{ReasonRefused, "The wholesaler refuses to tell whether the goods can be had: " + text})
		}
		return v.asked(ctx, err)
	}
	found, missing := matchAnswers(asked, answers)
	if missing >= 0 {
		reason := Reason{ReasonUnreachable, fmt.Sprintf("The wholesaler answered without line %d of the order; it is asked again.", missing+1)}
		if len(answers) > 0 {
			return v.wait(ctx, reason, lastPause) // it does answer: the other orders go on
		}
		return v.hold(ctx, reason, pause(v.basket.failures, nil))
	}
	goods, reason := v.judge(found)
	switch {
	case reason.Code == "":
	case reason.Code == ReasonUnavailable && v.service.rules.Unavailable == WaitUnavailable:
		if v.basket.orderID == v.order.ID { // it was on its way already: the next order needs the basket
			if err := v.clean(ctx); err != nil {
				return err
			}
		}
		return v.wait(ctx, reason, untilGoodsCome)
	default:
		return v.fail(ctx, reason)
	}
	v.note(EventStep, compact(goods), "The wholesaler can deliver the goods.")
	return v.become(ctx, Verified, func(o *Order, _ *basketRow) { o.Goods = goods })
}

// refused says whether a call was refused for what it asked, so that asking the
// same again is of no use, and in which words.
func (v *visit) refused(err error) (bool, string) {
	failure, ok := errors.AsType[*idosell.Error](err)
	if !ok || failure.SendAgain != idosell.SendAgainNo {
		return false, ""
	}
	switch {
	case failure.Kind == idosell.KindRequest || failure.Kind == idosell.KindTooLarge && failure.Status == 0:
		return true, failure.Error()
	case failure.Kind == idosell.KindFault && failure.Code != idosell.FaultLogin && failure.Code != idosell.FaultDropshippingKey:
		return true, fmt.Sprintf("fault %d (%s)", failure.Code, WithoutAmounts(v.order.Request.WithoutPersons(failure.Text)))
	}
	return false, ""
}

// matchAnswers puts the answers into the order of the asked lines: by their code
// and its type, else by their place where as many came as were asked. missing is
// the first line without an answer, -1 when all have one.
func matchAnswers(asked []idosell.Line, answers []idosell.Availability) (found []idosell.Availability, missing int) {
	taken := make([]bool, len(answers))
	found = make([]idosell.Availability, len(asked))
	for i, line := range asked {
		at := -1
		for j, answer := range answers {
			sameType := answer.CodeType == line.CodeType || answer.CodeType == ""
			if !taken[j] && strings.EqualFold(answer.Code, line.Code) && sameType {
				at = j
				break
			}
		}
		if at < 0 && len(answers) == len(asked) && answers[i].Code == "" && !taken[i] {
			at = i
		}
		if at < 0 {
			return nil, i
		}
		taken[at] = true
		found[i] = answers[at]
	}
	return found, -1
}

// judge makes the goods of the answers, or says why the order cannot go on.
func (v *visit) judge(answers []idosell.Availability) ([]Goods, Reason) {
	rules := &v.service.rules
	left := map[string]decimal.Decimal{} // how many more of each can be had, where that is told
	before := map[string]decimal.Decimal{}
	for _, g := range v.order.Goods {
		if g.Gross.Valid {
			before[g.key()] = g.Gross.Decimal
		}
	}
	var goods []Goods
	for i, answer := range answers {
		line := &v.order.Request.Lines[i]
		if answer.Fault.Code == idosell.FaultNothing || answer.ProductID == 0 && !answer.Fault.OK() {
			return nil, Reason{ReasonUnknownProduct, fmt.Sprintf("The wholesaler does not know the product of line %d (%s code %s).", i+1, line.CodeType, line.Code)}
		}
		if !answer.Fault.OK() {
			return nil, Reason{ReasonRefused, fmt.Sprintf("The wholesaler refuses line %d (%s): fault %d (%s).", i+1, line.Code, answer.Fault.Code, WithoutAmounts(v.order.Request.WithoutPersons(answer.Fault.Text)))}
		}
		g := Goods{ProductID: answer.ProductID, SizeID: answer.SizeID, Code: line.Code, CodeType: line.CodeType, Name: answer.ProductName, Quantity: line.Quantity, Gross: answer.PriceGross}
		have, limited := left[g.key()]
		if !limited && answer.AvailableQuantity.Valid && !answer.AvailableQuantity.Decimal.IsNegative() {
			have, limited = answer.AvailableQuantity.Decimal, true
		}
		if !answer.Available && !limited {
			have, limited = decimal.Zero, true
		}
		if limited && g.Quantity.GreaterThan(have) {
			if rules.Unavailable != PartialUnavailable {
				return nil, Reason{ReasonUnavailable, fmt.Sprintf("Line %d (%s) cannot be had: %s asked, %s there.", i+1, line.Code, line.Quantity, have)}
			}
			v.note(EventStep, "", "Line %d (%s): only %s of %s can be had.", i+1, line.Code, have, line.Quantity)
			g.Quantity = have
		}
		if limited {
			left[g.key()] = have.Sub(g.Quantity)
		}
		expected, known := line.Price.Decimal, line.Price.Valid
		if !known {
			expected, known = before[g.key()]
		}
		if known && g.Gross.Valid && g.Gross.Decimal.GreaterThan(rules.highest(expected)) {
			// The amounts are the account's: not for a text that the shop's people may pass on.
			return nil, Reason{ReasonPriceChanged, fmt.Sprintf("The price of line %d (%s) has risen by more than orders.price_rise allows. Retry the order with accepted changes to order all the same.", i+1, line.Code)}
		}
		if g.Quantity.IsPositive() {
			goods = append(goods, g)
		}
	}
	if len(goods) == 0 {
		return nil, Reason{ReasonUnavailable, "None of the goods can be had."}
	}
	return goods, Reason{}
}

// highest is the highest price that is still taken for an expected one.
func (r *Rules) highest(expected decimal.Decimal) decimal.Decimal {
	return expected.Add(expected.Mul(r.PriceRise).Div(decimal.NewFromInt(100))).Round(4)
}

// key tells goods apart: the same product in the same size is the same, by
// whatever code it was asked for.
func (g *Goods) key() string { return goodsKey(g.ProductID, g.SizeID, g.Code) }

func goodsKey(product int64, size, code string) string {
	if product == 0 {
		return strings.ToLower(code)
	}
	if idosell.IsOneSize(size) {
		size = idosell.OneSize
	}
	return strconv.FormatInt(product, 10) + "-" + strings.ToLower(size)
}

// quantities sums goods up.
func quantities(goods []Goods) map[string]decimal.Decimal {
	sums := map[string]decimal.Decimal{}
	for i := range goods {
		sums[goods[i].key()] = sums[goods[i].key()].Add(goods[i].Quantity)
	}
	return sums
}

// WithoutPersons takes what the request tells of people out of the wholesaler's
// words, which may repeat it.
func (r *Request) WithoutPersons(text string) string {
	for _, address := range []*Address{&r.Recipient, r.Billing, r.Payer} {
		if address == nil {
			continue
		}
		for _, private := range []string{address.FirstName, address.LastName, address.Firm, address.TaxNumber, address.Street,
			address.ZipCode, address.City, address.Phone, address.Phone2, address.Email} {
			if len(private) >= 2 {
				text = replaceFold(text, private, "[…]")
			}
		}
	}
	if r.Customer.Email != "" {
		text = replaceFold(text, r.Customer.Email, "[…]")
	}
	return text
}

// amountLike are numbers with places behind a point or a comma, and numbers with
// a currency beside them.
var amountLike = regexp.MustCompile(`(?i)` +
	`[0-9](?:[\s\p{Zs}.,'’]*[0-9])*[.,][0-9]+|` +
	`[0-9](?:[\s\p{Zs}.,'’]*[0-9])*[\s\p{Zs}]*(?:zł|zl\b|pln\b|eur\b|usd\b|gbp\b|czk\b|€|\$|£)|` +
	`(?:\b(?:zł|zl|pln|eur|usd|gbp|czk)|[€$£])[\s\p{Zs}]*[0-9](?:[\s\p{Zs}.,'’]*[0-9])*`)

// WithoutAmounts takes amounts of money out of the wholesaler's words: what it
// complains about may be the worth of the order or the account's limit, which the
// account alone may know. Numbers of products and pieces stay.
func WithoutAmounts(text string) string { return amountLike.ReplaceAllString(text, "[…]") }

// replaceFold replaces a text in any letter case.
func replaceFold(text, old, with string) string {
	low, find := strings.ToLower(text), strings.ToLower(old)
	if len(low) != len(text) { // letters whose other case is longer: exactly then
		return strings.ReplaceAll(text, old, with)
	}
	var b strings.Builder
	for {
		at := strings.Index(low, find)
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at] + with)
		low, text = low[at+len(find):], text[at+len(find):]
	}
}
