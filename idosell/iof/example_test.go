package iof_test

import (
	"errors"
	"fmt"
	"strings"

	"octobridge/idosell/iof"
)

// A feed is read product by product; a damaged one does not stop it, and a file
// that is cut off ends with an error instead of looking complete.
func ExampleReader_Products() {
	feed := strings.NewReader(`<offer version="3.0"><products currency="PLN" language="pol">
		<product id="41"><description><name>Kubek</name></description><price net="20" gross="24,60"/></product>
		<product id="42"><price net="dwadzieścia"/></product>
		<product id="43"><description><name>Talerz</name>`)
	for product, err := range iof.NewReader(feed).Products() {
		var damaged *iof.ProductError
		switch {
		case errors.As(err, &damaged):
			fmt.Println("left out:", damaged.ID)
		case errors.Is(err, iof.ErrTruncated):
			fmt.Println("not a whole file: nothing may be deleted")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(product.Names["pol"], product.Price.Gross.Decimal, product.Currency)
		}
	}
	// Output:
	// Kubek 24.6 PLN
	// left out: 42
	// not a whole file: nothing may be deleted
}
