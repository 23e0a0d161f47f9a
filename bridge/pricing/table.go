package pricing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/shopspring/decimal"
)

const (
	maxTable      = 1 << 20 // bytes; the bank's has 3 kB
	maxCurrencies = 300     // the bank's has 32
)

var (
	tableNumber  = regexp.MustCompile(`^[0-9]{1,3}/A/NBP/[0-9]{4}$`)
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
	// Small rates may be written with an exponent, 2.1E-4.
	midNumber = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,20})?([eE]-?[0-9])?$`)
)

// bankTable is a table as the bank writes it.
type bankTable struct {
	Table         string     `json:"table"`
	No            string     `json:"no"`
	EffectiveDate string     `json:"effectiveDate"`
	Rates         []bankRate `json:"rates"`
}

type bankRate struct {
	Code string      `json:"code"`
	Mid  json.Number `json:"mid"`
}

// ReadTable reads the National Bank of Poland's table A of mid rates in its JSON,
// as api.nbp.pl answers for exchangerates/tables/A: a list with one table,
//
//	[{"table":"A","no":"223/A/NBP/2026","effectiveDate":"2026-11-18",
//	  "rates":[{"currency":"euro","code":"EUR","mid":4.2567}]}]
//
// where mid is what one unit costs in złoty (user manual at api.nbp.pl). A rate that
// is not plausible makes the whole table refused: nobody knows what else is wrong.
// Currencies without minor units of their own, such as XDR, are left out; fields
// that are not known are passed over.
func ReadTable(r io.Reader) (*Rates, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	if err != nil {
		return nil, fmt.Errorf("read the table of exchange rates: %w", err)
	}
	if len(body) > maxTable {
		return nil, fmt.Errorf("the table of exchange rates is larger than %d bytes", maxTable)
	}
	var tables []bankTable
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &tables); err != nil {
		return nil, fmt.Errorf("the table of exchange rates is no JSON of the expected form: %w", err)
	}
	if len(tables) != 1 {
		return nil, fmt.Errorf("the bank answered %d tables of exchange rates, not one", len(tables))
	}
	table := &tables[0]
	if table.Table != "A" || !tableNumber.MatchString(table.No) {
		return nil, fmt.Errorf("the table of exchange rates is %.20q, number %.40q: only table A is used", table.Table, table.No)
	}
	day, err := time.Parse(time.DateOnly, table.EffectiveDate)
	if err != nil {
		return nil, fmt.Errorf("the table of exchange rates has no day such as 2026-11-18, but %.40q", table.EffectiveDate)
	}
	if len(table.Rates) > maxCurrencies {
		return nil, fmt.Errorf("the table of exchange rates has %d currencies: more than there are", len(table.Rates))
	}
	zlotyFor := map[string]decimal.Decimal{}
	for _, rate := range table.Rates {
		if !currencyCode.MatchString(rate.Code) {
			return nil, fmt.Errorf("the table of exchange rates has %.20q, which is no currency", rate.Code)
		}
		if _, twice := zlotyFor[rate.Code]; twice {
			return nil, fmt.Errorf("the table of exchange rates has %s twice", rate.Code)
		}
		if !midNumber.MatchString(rate.Mid.String()) {
			return nil, fmt.Errorf("the table of exchange rates has %.30q for %s, which is no rate", rate.Mid, rate.Code)
		}
		if zlotyFor[rate.Code], err = decimal.NewFromString(rate.Mid.String()); err != nil {
			return nil, fmt.Errorf("the table of exchange rates has no rate for %s: %w", rate.Code, err)
		}
	}
	rates, err := newRates(table.No, day, zlotyFor)
	if err != nil {
		return nil, fmt.Errorf("the table of exchange rates: %w", err)
	}
	return rates, nil
}

// encode writes the rates for the store; decode reads them.
func (r *Rates) encode() (string, error) {
	zlotyFor := map[string]string{}
	for code, rate := range r.mids {
		if code != zloty {
			zlotyFor[code] = rate.zloty.String()
		}
	}
	text, err := json.Marshal(zlotyFor)
	return string(text), err
}

func decode(table, day, text string) (*Rates, error) {
	var texts map[string]string
	if err := json.Unmarshal([]byte(text), &texts); err != nil {
		return nil, err
	}
	when, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, err
	}
	zlotyFor := map[string]decimal.Decimal{}
	for code, rate := range texts {
		if !midNumber.MatchString(rate) {
			return nil, errors.New("a rate is no number")
		}
		if zlotyFor[code], err = decimal.NewFromString(rate); err != nil {
			return nil, err
		}
	}
	return newRates(table, when, zlotyFor)
}
