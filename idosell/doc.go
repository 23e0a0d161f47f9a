// Package idosell calls the CustomerAPI of an IdoSell wholesaler: the SOAP
// gates through which a shop checks availability, fills the account's basket,
// places dropshipping orders and reads them back.
//
// It can be used alone:
//
//	client, err := idosell.New(idosell.Config{
//		URL:             "https://wholesaler.example",
//		Login:           "shop",
//		Password:        secret,
//		DropshippingKey: key,
//	})
//	for order, err := range client.Orders(ctx, idosell.OrderQuery{}) { … }
//
// A Client may be used by any number of goroutines. Calls that only read are
// tried again after a passing failure; calls that change something never are:
// their errors say whether the call may be sent again (see Error.SendAgain).
//
// CustomerAPI's element names are not public. They stand in one table
// (gates.go), taken over from the vocabulary of IdoSell's admin API as an
// assumption, and can be overridden from a file.
package idosell
