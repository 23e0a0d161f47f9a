// Package pricing decides what visitors see of a product's prices: which price,
// with which margin, rounded how, and in which currency. Amounts are decimals with
// a currency; exchange rates come from the National Bank of Poland or from the
// configuration.
//
// A [Pricer] goes by these rules, in this order:
//
//   - The source's price, net or gross. Retail: the wholesaler's retail price, or
//     SRP where the offer has none; a promotion in force that is lower stands in
//     for it, in dropshipping only one above what the account pays. SRP and
//     Account: that price. The form that is missing is computed from VAT; where
//     VAT is not known, nothing is shown, and no other price stands in. Zero and
//     less count as no price.
//   - The first margin whose conditions fit: its percentage, then its amount. Its
//     range of prices, and its amount, are in the offer's currency, net or gross as
//     shown. In dropshipping, a product that no margin fits is not shown at the
//     account's price.
//   - The shop's currency. Without a rate nothing is shown, rather than another
//     currency. Nothing is rounded before; then half up, to the currency's digits.
//   - The minimal price, rounded up. It holds for every price but one: what a
//     wholesaler's own customer pays (Account without a margin), which is what they
//     will be charged.
//   - The ending, rounded up, where there was a margin or a conversion: prices that
//     are the wholesaler's own stay as they are. Currencies without two digits
//     after the point have none.
//   - In dropshipping, a price made of the account's that is not higher than it, as
//     with a margin of a tenth of a grosz, is not shown.
//
// The former price is the one struck through at the wholesaler's where that is
// higher, else the regular price of what is in promotion; it gets the same margin,
// conversion and ending. Account has the former wholesale price. A price made of
// the account's and a margin has, as it is, the retail price struck through, else
// SRP.
package pricing
