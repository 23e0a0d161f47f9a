package idosell

import (
	"github.com/shopspring/decimal"

	"octobridge/idosell/icdf"
	"octobridge/internal/secret"
)

// Secret is a text that prints "[redacted]".
type Secret = secret.String

// NewSecret makes a Secret of text.
func NewSecret(text string) Secret { return secret.New(text) }

// Decimal is an exact decimal number: an amount of money, a quantity, a rate.
// Amounts are never floats here.
type Decimal = decimal.Decimal

// OptionalDecimal is a Decimal that a wholesaler may leave out.
type OptionalDecimal = decimal.NullDecimal

// CodeType says whose code a product code is (ICDF, attribute codeType).
type CodeType string

// The code types of ICDF and of the Dropshipping gates.
const (
	CodeInternal CodeType = "internal" // <productId> for the one-size product, <productId>-<sizeId> otherwise
	CodeProducer CodeType = "producer" // the producer's code, often an EAN
	CodeExternal CodeType = "external" // the wholesaler's own external code
)

// Known says whether t is one of the three code types.
func (t CodeType) Known() bool {
	return t == CodeInternal || t == CodeProducer || t == CodeExternal
}

// PaymentType says how an order is paid.
type PaymentType string

// The payment types of the admin API; assumed to be CustomerAPI's, too.
const (
	Prepaid        PaymentType = "prepaid"
	CashOnDelivery PaymentType = "cash_on_delivery"
	TradeCredit    PaymentType = "tradecredit"
)

// OneSize is the size id of a product without sizes in CustomerAPI and in the
// full offer; the light offer writes "0" for the same size.
const OneSize = icdf.OneSize

// IsOneSize says whether sizeID names the only size of a product without sizes.
func IsOneSize(sizeID string) bool { return icdf.IsOneSize(sizeID) }
