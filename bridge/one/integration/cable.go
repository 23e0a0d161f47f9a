package integration

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Cable is a cable that is sold by length, to be put into a cart: each length is a
// line of its own, wound on a drum of its own.
type Cable struct {
	ProductID string            // sku
	Lengths   []decimal.Decimal // in the cable's content unit, such as metres
	Drum      string            // the drum's sku; empty: no drum
	// KeepTogether says that no length may be split between shipments: where there
	// is not enough in stock, the whole length waits for the later one.
	KeepTogether bool
	Step         decimal.Decimal // lengths are multiples of it (Product.Step); zero: not known
	Minimum      decimal.Decimal // the shortest length (Product.Minimum); zero: not known
}

// finestDecimals is how many decimals a length has at most where the step is not
// known: of metres, millimetres.
const finestDecimals = 3

// Products returns what AddConfigurableProducts takes: one product for each length,
// in their order, its drum as the child, one sales unit of it. Its error is a
// *LengthError for a length that cannot be cut, one for each such length (joined),
// or an *Error of KindRequest for the rest.
//
// Without KeepTogether no flag is set, and ONe's defaults hold. With it, cable and
// drum are not split. The drum's number cannot be changed, nor the drum taken out on
// its own: a length is one piece on one drum, and without it, or with two, it would
// be no length that was kept together. Taking the cable out of the cart takes the
// drum with it (docs.b2b.one, orderpath/cart), so that nothing is stuck there.
func (c Cable) Products() ([]ConfigurableProduct, error) {
	if err := c.check(); err != nil {
		return nil, notSent(OpAddProducts, err, "")
	}
	var products []ConfigurableProduct
	var wrong []error
	for _, length := range c.Lengths {
		if err := c.checkLength(length); err != nil {
			wrong = append(wrong, err)
			continue
		}
		products = append(products, c.product(length))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return products, nil
}

func (c Cable) product(length decimal.Decimal) ConfigurableProduct {
	no := func() *bool {
		if !c.KeepTogether {
			return nil
		}
		return new(bool)
	}
	product := ConfigurableProduct{Main: Item{
		ProductID: c.ProductID, Quantity: Quantity{ContentQuantity, length}, AllowQuantitySplitting: no(),
	}}
	if c.Drum != "" {
		product.Children = []Item{{
			ProductID: c.Drum, Quantity: Quantity{OrderQuantity, decimal.NewFromInt(1)},
			AllowQuantitySplitting: no(), AllowQuantityChange: no(), Removable: no(),
		}}
	}
	return product
}

func (c Cable) check() error {
	if err := checkID("the cable's product id", c.ProductID); err != nil {
		return err
	}
	if c.Drum != "" {
		if err := checkID("the drum's product id", c.Drum); err != nil {
			return err
		}
	}
	switch {
	case len(c.Lengths) == 0:
		return errors.New("no length is given")
	case len(c.Lengths) > mostProducts:
		return fmt.Errorf("%d lengths are given: 1 to %d can be put into the cart at once", len(c.Lengths), mostProducts)
	case !isReasonable(c.Step), c.Step.IsNegative():
		return errors.New("the cable's step is below zero, or has more digits than any length has")
	case !isReasonable(c.Minimum), c.Minimum.IsNegative():
		return errors.New("the cable's shortest length is below zero, or has more digits than any length has")
	}
	return nil
}

// LengthError is a length that a cable cannot be cut to. Nothing was sent.
type LengthError struct {
	ProductID string
	Length    decimal.Decimal
	Step      decimal.Decimal // zero: not known
	Minimum   decimal.Decimal // zero: not known
	Reason    string          // what is wrong with the length, as the end of a sentence
	// The nearest lengths that can be cut, below and above; nil where there is none.
	Below, Above *decimal.Decimal
}

// Error says what is wrong with the length, and which ones are near.
func (e *LengthError) Error() string {
	var b strings.Builder
	length := "a length"
	if isReasonable(e.Length) {
		length = "the length " + e.Length.String()
	}
	fmt.Fprintf(&b, "%s of the cable %q %s", length, clip(e.ProductID, 60), e.Reason)
	switch {
	case e.Below != nil && e.Above != nil:
		fmt.Fprintf(&b, ": take %s or %s", e.Below, e.Above)
	case e.Above != nil:
		fmt.Fprintf(&b, ": take %s", e.Above)
	case e.Below != nil:
		fmt.Fprintf(&b, ": take %s", e.Below)
	}
	return b.String()
}

// checkLength returns a *LengthError for a length that cannot be cut.
func (c Cable) checkLength(length decimal.Decimal) error {
	wrong := &LengthError{ProductID: c.ProductID, Length: length, Step: c.Step, Minimum: c.Minimum}
	// Where the step is not known, lengths are multiples of the finest.
	step := c.Step
	if step.IsZero() {
		step = decimal.New(1, -finestDecimals)
	}
	switch {
	case !isReasonable(length):
		wrong.Reason = "has more digits than any length has"
		return wrong
	case !length.IsPositive():
		wrong.Reason = "is not more than zero"
		wrong.Above = c.shortest(step)
		if c.Step.IsZero() && c.Minimum.IsZero() {
			wrong.Above = nil // a millimetre is no advice
		}
		return wrong
	case length.LessThan(c.Minimum):
		wrong.Reason = fmt.Sprintf("is below the shortest, %s", c.Minimum)
		wrong.Above = c.shortest(step)
		return wrong
	case length.Mod(step).IsZero():
		return nil
	case c.Step.IsZero():
		wrong.Reason = fmt.Sprintf("has more than %d decimals", finestDecimals)
	default:
		wrong.Reason = fmt.Sprintf("is no multiple of %s", c.Step)
	}
	below := length.Sub(length.Mod(step))
	above := below.Add(step)
	if below.IsPositive() && !below.LessThan(c.Minimum) {
		wrong.Below = &below
	}
	wrong.Above = &above
	return wrong
}

// shortest is the shortest length that can be cut: the first multiple of the step
// that is not below the minimum.
func (c Cable) shortest(step decimal.Decimal) *decimal.Decimal {
	if !c.Minimum.IsPositive() {
		return &step
	}
	shortest := c.Minimum
	if rest := shortest.Mod(step); !rest.IsZero() {
		shortest = shortest.Sub(rest).Add(step)
	}
	return &shortest
}
