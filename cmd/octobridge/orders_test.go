package main

import (
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

func TestMoment(t *testing.T) {
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC) // 22 November, 00:30 in Warsaw
	for text, want := range map[string]string{
		"2026-11-01": "2026-11-01T00:00:00+01:00",
		"2026-07-01": "2026-07-01T00:00:00+02:00",
		"7d":         "2026-11-15T00:30:00+01:00",
		"30d":        "2026-10-23T00:30:00+02:00", // as the clock on the wall shows it, over the change of clocks
		"12h":        "2026-11-21T12:30:00+01:00",
		"90m":        "2026-11-21T23:00:00+01:00",
	} {
		got, err := moment(text, now, warsaw)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %v, want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "0d", "-3d", "d", "-5h", "99999999d", "2026-13-01", "2026-11-01T10:00:00Z"} {
		if got, err := moment(text, now, warsaw); err == nil {
			t.Errorf("%q: %s, want an error", text, got)
		}
	}
}

func TestNewest(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	// 1,000 orders, the newest in the middle, in no order of time.
	orders := func(yield func(idosell.Order, error) bool) {
		for i := range 1000 {
			order := idosell.Order{SerialNumber: int64(i)}
			order.AddedAt = begin.Add(time.Duration((i+500)%1000) * time.Hour)
			if !yield(order, nil) {
				return
			}
		}
	}
	kept, more, err := newest(orders, 3)
	if err != nil || !more || len(kept) != 3 {
		t.Fatalf("%d orders, more %v, %v", len(kept), more, err)
	}
	for i, want := range []int64{499, 498, 497} {
		if kept[i].SerialNumber != want {
			t.Errorf("order %d is %d, want %d", i, kept[i].SerialNumber, want)
		}
	}
	if kept, more, err := newest(orders, 1000); err != nil || more || len(kept) != 1000 {
		t.Errorf("%d orders, more %v, %v: want all of them", len(kept), more, err)
	}

	broken := errors.New("no connection")
	half := func(yield func(idosell.Order, error) bool) {
		_ = yield(idosell.Order{SerialNumber: 1}, nil) && yield(idosell.Order{}, broken)
	}
	if kept, _, err := newest(half, 3); !errors.Is(err, broken) || kept != nil {
		t.Errorf("%d orders, %v: half a list must not pass for a whole one", len(kept), err)
	}
}

func TestSellable(t *testing.T) {
	number := func(text string) idosell.OptionalDecimal {
		return idosell.OptionalDecimal{Decimal: decimal.RequireFromString(text), Valid: true}
	}
	warehouses := []idosell.WarehouseStock{
		{WarehouseID: 1, Sizes: []idosell.SizeQuantity{{SizeID: "L", Quantity: number("1")}, {SizeID: "0", Quantity: number("4.5")}}},
		{WarehouseID: 2, Sizes: []idosell.SizeQuantity{{SizeID: "L", Quantity: number("9"), Reservations: number("2")}}},
	}
	cases := map[string]struct {
		stock idosell.Stock
		size  string
		want  string
	}{
		"the disposition counts":     {idosell.Stock{Warehouses: warehouses, Dispositions: []idosell.SizeQuantity{{SizeID: "L", AllStocks: number("7")}}}, "L", "7"},
		"warehouses less promises":   {idosell.Stock{Warehouses: warehouses}, "L", "8"},
		"one size has several names": {idosell.Stock{Warehouses: warehouses}, "uniw", "4.5"},
		"not said":                   {idosell.Stock{Warehouses: warehouses}, "XL", "none"},
		"amount unknown": {idosell.Stock{Warehouses: []idosell.WarehouseStock{
			{Sizes: []idosell.SizeQuantity{{SizeID: "L", Quantity: number("-1")}}},
		}}, "L", "-1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := "none"
			if text := decimalText(sellable(c.stock, c.size)); text != nil {
				got = *text
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestMoney(t *testing.T) {
	for text, want := range map[string]string{
		"12":         "12.00 PLN",
		"12.5":       "12.50 PLN",
		"0.1":        "0.10 PLN",
		"3.14159":    "3.14159 PLN",
		"1234567.89": "1234567.89 PLN",
	} {
		amount := idosell.OptionalDecimal{Decimal: decimal.RequireFromString(text), Valid: true}
		if got := moneyOf(amount, "PLN").text(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := moneyOf(idosell.OptionalDecimal{}, "PLN"); got != nil || got.text() != "" {
		t.Errorf("a missing amount is %v", got)
	}
}
