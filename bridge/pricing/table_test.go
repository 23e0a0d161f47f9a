package pricing_test

import (
	"strings"
	"testing"

	"octobridge/bridge/pricing"
)

// tableA is in the form of the bank's answer; the numbers are made up.
const tableA = `[{"table":"A","no":"226/A/NBP/2026","effectiveDate":"2026-11-20","rates":[
	{"currency":"dolar amerykański","code":"USD","mid":3.6410},
	{"currency":"euro","code":"EUR","mid":4.2567},
	{"currency":"forint (Węgry)","code":"HUF","mid":0.010921},
	{"currency":"jen (Japonia)","code":"JPY","mid":0.024512},
	{"currency":"rupia indonezyjska","code":"IDR","mid":2.2981E-4},
	{"currency":"SDR (MFW)","code":"XDR","mid":4.9512}]}]`

func TestReadTable(t *testing.T) {
	rates, err := pricing.ReadTable(strings.NewReader(tableA))
	if err != nil {
		t.Fatal(err)
	}
	if rates.Table() != "226/A/NBP/2026" || rates.Day().String() != "2026-11-20 00:00:00 +0000 UTC" || rates.Version() == "" {
		t.Errorf("table %q of %s, version %q", rates.Table(), rates.Day(), rates.Version())
	}
	if got := strings.Join(rates.Currencies(), " "); got != "EUR HUF IDR JPY PLN USD" {
		t.Errorf("rates of %s", got)
	}
	for _, test := range []struct {
		minor    int64
		from, to string
		want     int64
	}{
		{10_000, "PLN", "EUR", 2349},     // 23.4924
		{10_000_000, "IDR", "PLN", 2298}, // 100,000 × 0.00022981 = 22.981
		{10_000, "USD", "JPY", 14854},    // 364.10 / 0.024512 = 14853.95
		{1_000_000, "HUF", "EUR", 2566},  // 109.21 / 4.2567 = 25.6560
	} {
		if got, ok := rates.Convert(test.minor, test.from, test.to); !ok || got != test.want {
			t.Errorf("%d from %s to %s: %d, %v; want %d", test.minor, test.from, test.to, got, ok, test.want)
		}
	}
	if _, err := pricing.ReadTable(strings.NewReader("\ufeff" + tableA)); err != nil {
		t.Errorf("with a byte order mark: %v", err)
	}
	with := strings.Replace(tableA, `"table":"A"`, `"table":"A","tradingDate":null,"news":[1]`, 1)
	if _, err := pricing.ReadTable(strings.NewReader(with)); err != nil {
		t.Errorf("with fields that are not known: %v", err)
	}
}

func TestReadTableRefuses(t *testing.T) {
	for name, test := range map[string]struct{ old, replacement, want string }{
		"nothing":           {tableA, "", "no JSON"},
		"HTML":              {tableA, "<html>", "no JSON"},
		"no list":           {tableA, `{"table":"A"}`, "no JSON"},
		"null":              {tableA, "null", "0 tables"},
		"no table":          {tableA, "[]", "0 tables"},
		"two tables":        {tableA, "[{},{}]", "2 tables"},
		"cut short":         {`"mid":4.9512}]}]`, `"mid":4.9`, "no JSON"},
		"something behind":  {tableA, tableA + "[]", "no JSON"},
		"table B":           {`"table":"A"`, `"table":"B"`, "only table A"},
		"table C's number":  {"226/A/", "226/C/", "only table A"},
		"no day":            {"2026-11-20", "yesterday", "no day"},
		"an impossible day": {"2026-11-20", "2026-11-31", "no day"},
		"no rates":          {tableA, `[{"table":"A","no":"226/A/NBP/2026","effectiveDate":"2026-11-20","rates":[]}]`, "no rate of any currency"},
		"only XDR":          {tableA, `[{"table":"A","no":"226/A/NBP/2026","effectiveDate":"2026-11-20","rates":[{"code":"XDR","mid":5}]}]`, "no rate of any currency"},
		"small letters":     {`"EUR"`, `"eur"`, "no currency"},
		"a long code":       {`"EUR"`, `"EURO"`, "no currency"},
		"no code":           {`"code":"EUR",`, ``, "no currency"},
		"the same twice":    {`"EUR"`, `"USD"`, "USD twice"},
		"złoty":             {`"EUR"`, `"PLN"`, "counted in"},
		"no mid":            {`,"mid":4.2567`, ``, "no rate"},
		"a mid of null":     {"4.2567", "null", "no rate"},
		"a mid of zero":     {"4.2567", "0", "not a plausible"},
		"a negative mid":    {"4.2567", "-4.2567", "no rate"},
		"a mid in words":    {"4.2567", `"four"`, "no JSON"},
		"a huge mid":        {"4.2567", "123456.7", "not a plausible"},
		"a tiny mid":        {"4.2567", "4.2e-9", "not a plausible"},
		"a monstrous mid":   {"4.2567", "1e999999999", "no rate"},
		"a mid without end": {"4.2567", "4.12345678901234567890123", "no rate"},
		"a mid too exact":   {"4.2567", "4.12345678901", "not a plausible"},
		"a wrong XDR":       {"4.9512", "-4.9512", "no rate"},
		"more than a MB":    {tableA, tableA + strings.Repeat(" ", 1<<20), "larger than"},
		"too many":          {tableA, `[{"table":"A","no":"226/A/NBP/2026","effectiveDate":"2026-11-20","rates":[` + strings.Repeat("{},", 300) + `{}]}]`, "301 currencies"},
		"a deep nest":       {tableA, strings.Repeat("[", 100_000), "no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(tableA, test.old, test.replacement, 1)
			if text == tableA {
				t.Fatal("the test changes nothing")
			}
			rates, err := pricing.ReadTable(strings.NewReader(text))
			if err == nil || !strings.Contains(err.Error(), test.want) || rates != nil {
				t.Errorf("%v, %v; want an error with %q", rates, err, test.want)
			}
			if err != nil && len(err.Error()) > 300 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

// FuzzReadTable reads what anybody on the way could answer in the bank's place:
// what is taken must convert there and back without a surprise.
func FuzzReadTable(f *testing.F) {
	f.Add([]byte(tableA))
	f.Add([]byte(`[{"table":"A","no":"1/A/NBP/2026","effectiveDate":"2026-01-02","rates":[{"code":"EUR","mid":99999.99999999}]}]`))
	f.Add([]byte(`[{"table":"A","no":"1/A/NBP/2026","effectiveDate":"2026-01-02","rates":[{"code":"EUR","mid":1e-8},{"code":"JPY","mid":9e4}]}]`))
	f.Add([]byte(`[{"rates":[{"code":"EUR","mid":"4.2"}]}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		rates, err := pricing.ReadTable(strings.NewReader(string(body)))
		if err != nil {
			return
		}
		if rates.Version() == "" || rates.Day().IsZero() || len(rates.Currencies()) < 2 {
			t.Fatalf("%s: taken without a version, a day or rates", rates)
		}
		for _, code := range rates.Currencies() {
			got, ok := rates.Convert(1_000_000, code, "PLN")
			if !ok || got < 0 {
				t.Fatalf("a million minor units of %s: %d, %v", code, got, ok)
			}
			if more, ok := rates.Convert(1_000_001, code, "PLN"); !ok || more < got {
				t.Fatalf("%s: one more is less", code)
			}
		}
	})
}
