package icdf_test

import (
	"fmt"
	"os"

	"github.com/shopspring/decimal"

	"octobridge/idosell/icdf"
)

func ExampleWriteCSV() {
	list := icdf.List{Products: []icdf.Product{
		{Code: icdf.VariantCode(4510, "38"), Quantity: decimal.NewFromInt(1), Comment: "na prezent"},
		{Code: icdf.VariantCode(1101, icdf.OneSize), Quantity: decimal.NewFromInt(2)},
	}}
	if err := icdf.WriteCSV(os.Stdout, list); err != nil {
		fmt.Println(err)
	}
	// Output:
	// SKU;quantity;comments
	// 4510-38;1;na prezent
	// 1101;2;
}
