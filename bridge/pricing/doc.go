// Package pricing decides what visitors see of a product's prices: which price,
// with which margin, rounded how, and in which currency. Amounts are decimals with
// a currency; exchange rates come from the National Bank of Poland or from the
// configuration.
package pricing
