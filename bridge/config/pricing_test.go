package config_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
)

// marginText writes all of a margin, for comparing.
func marginText(m config.Margin) string {
	return strings.Join([]string{m.Category, m.Producer, m.From.String(), m.To.String(), m.Percent.String(), m.Fixed.String()}, "|")
}

func TestParseMargin(t *testing.T) {
	for text, want := range map[string]string{
		"25%":                                 "||0|0|25|0",
		" 25 % ":                              "||0|0|25|0",
		"12.5%":                               "||0|0|12.5|0",
		"0.0001%":                             "||0|0|0.0001|0",
		"1000%":                               "||0|0|1000|0",
		"+4.50":                               "||0|0|0|4.5",
		"+1000000":                            "||0|0|0|1000000",
		"25%+4.50":                            "||0|0|25|4.5",
		"25% + 4.50":                          "||0|0|25|4.5",
		"category=12: 40%":                    "12||0|0|40|0",
		"category = 12 : 40%":                 "12||0|0|40|0",
		"producer=Nike: 15%+2":                "|Nike|0|0|15|2",
		"producer=1200000317:15%":             "|1200000317|0|0|15|0",
		"producer=H&M: 15%":                   "|H&M|0|0|15|0",
		"producer=Żółw & Syn: 15%":            "|Żółw & Syn|0|0|15|0",
		"producer=A & B & C & price=5..: 15%": "|A & B & C|5|0|15|0",
		"producer=Nr: 5: 15%":                 "|Nr: 5|0|0|15|0",
		"price=..50: 40%":                     "||0|50|40|0",
		"price=50..: 40%":                     "||50|0|40|0",
		"price=10.5..20: 40%":                 "||10.5|20|40|0",
		"price=10 .. 20: 40%":                 "||10|20|40|0",
		"price=0..50: 40%":                    "||0|50|40|0",
		"price=..50 & category=12 & producer=7: 1%": "12|7|0|50|1|0",
	} {
		if m, err := config.ParseMargin(text); err != nil || marginText(m) != want {
			t.Errorf("%q: %s, %v; want %s", text, marginText(m), err, want)
		}
	}
}

func TestParseMarginRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "neither a percentage nor an amount",
		"25":                             "neither a percentage nor an amount",
		"%":                              "not an amount",
		"0%":                             "adds nothing",
		"0.00%":                          "adds nothing",
		"+0":                             "adds nothing",
		"+0.0000":                        "adds nothing",
		"25%+0":                          "adds nothing",
		"0%+5":                           "adds nothing",
		"-5%":                            "not an amount",
		"+-5":                            "not an amount",
		"25%-5":                          "does not begin with +",
		"25%5":                           "does not begin with +",
		"25%+":                           "not an amount",
		"25%%":                           "does not begin with +",
		"1000.0001%":                     "more than 1000",
		"1001%":                          "more than 1000",
		"+1000000.01":                    "more than 1000000",
		"1e2%":                           "not an amount",
		"0x10%":                          "not an amount",
		"12,5%":                          "not an amount",
		"12.34567%":                      "not an amount",
		"9999999999%":                    "not an amount",
		"NaN%":                           "not an amount",
		"٢٥%":                            "not an amount",
		": 25%":                          "no condition",
		"category: 25%":                  "no condition",
		"category=: 25%":                 "no condition",
		"category=1 &: 25%":              "no condition",
		"category=1 & : 25%":             "no condition",
		"category=1 & shoes: 25%":        "no condition",
		"colour=red: 25%":                "not one of",
		"Category=1: 25%":                "not one of",
		"producer=Nike & prize=..50: 1%": "not one of",
		"category=1 & category=2: 25%":   "set twice",
		"price=1..2 & price=3..4: 25%":   "set twice",
		"price=50: 25%":                  "no range",
		"price=..: 25%":                  "no range",
		"price=50..50: 25%":              "empty range",
		"price=50..10: 25%":              "empty range",
		"price=..0: 25%":                 "empty range",
		"price=-5..: 25%":                "not an amount",
		"price=1...5: 25%":               "not an amount",
		"producer=a\x00b: 25%":           "cannot be printed",
		"producer=a\nb: 25%":             "cannot be printed",
		"producer=\xff: 25%":             "cannot be printed",
		"producer=" + strings.Repeat("a", 600) + ": 25%": "more than 500 bytes",
	} {
		if m, err := config.ParseMargin(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s, %v; want an error with %q", text, marginText(m), err, want)
		}
	}
}

func TestParseEnding(t *testing.T) {
	for text, want := range map[string]string{".99": "0.99 1", ".00": "0 1", "9.99": "9.99 10", "0.50": "0.5 10", "4.95": "4.95 10"} {
		if end, step, err := config.ParseEnding(text); err != nil || end.String()+" "+step.String() != want {
			t.Errorf("%s: %s %s, %v; want %s", text, end, step, err, want)
		}
	}
	for _, text := range []string{"", "99", "0,99", ".9", ".999", "19.99", "-.99", ".99 ", ".9\n"} {
		if end, step, err := config.ParseEnding(text); err == nil {
			t.Errorf("%q: %s %s, want an error", text, end, step)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]string{
		"EUR=4.2567": "EUR 4.2567", " USD = 3.64 ": "USD 3.64", "IDR=0.00022981": "IDR 0.00022981", "KWD=12": "KWD 12",
	} {
		if code, rate, err := config.ParseRate(text); err != nil || code+" "+rate.String() != want {
			t.Errorf("%q: %s %s, %v; want %s", text, code, rate, err, want)
		}
	}
	for _, text := range []string{"", "EUR", "EUR=", "=4", "eur=4", "EURO=4", "XYZ=4", "PLN=1", "EUR=0", "EUR=0.00", "EUR=-4", "EUR=+4", "EUR=4,25", "EUR=1e3", "EUR=100000", "EUR=4=5"} {
		if code, rate, err := config.ParseRate(text); err == nil {
			t.Errorf("%q: %s %s, want an error", text, code, rate)
		}
	}
}

func TestPricingKeysAreChecked(t *testing.T) {
	for name, test := range map[string]struct{ line, want string }{
		"a margin of nothing":  {"margins: 25%, 0%", `pricing.margins (FILE:18) has "0%", which is no rule ("0" adds nothing)`},
		"a margin without end": {"margins: 5000%", "more than 1000"},
		"an ending":            {"ending: '99'", `pricing.ending (FILE:18) is "99", which no price ends in`},
		"a rate of the złoty":  {"rates: PLN=1", `pricing.rates (FILE:18) has "PLN=1", which is no rate`},
	} {
		text := loadError(t, change(t, "pricing:\n  source: srp", "pricing:\n  source: srp\n  "+test.line))
		if !strings.Contains(text, test.want) {
			t.Errorf("%s: %s; want %s", name, text, test.want)
		}
	}
}

// FuzzParseMargin reads whatever a file can hold: what is taken adds something, and
// not more than it may; what is refused is refused in words that can be printed.
func FuzzParseMargin(f *testing.F) {
	for _, text := range []string{
		"25%", "+4.50", "25%+4.50", "category=12 & price=..50: 40%", "producer=H&M: 15%+2", "price=1...2: 5%", "a=b&c=d::%", "producer==&=&: 1%", "0%+0",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := config.ParseMargin(text)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) || len(err.Error()) > 4_000 {
				t.Fatalf("%q: %q", text, err)
			}
			return
		}
		switch {
		case m.Percent.IsNegative() || m.Fixed.IsNegative() || m.Percent.IsZero() && m.Fixed.IsZero():
			t.Fatalf("%q adds nothing: %s", text, marginText(m))
		case m.Percent.GreaterThan(decimal.NewFromInt(config.MaxMarginPercent)) || m.Fixed.GreaterThan(decimal.NewFromInt(config.MaxMarginFixed)):
			t.Fatalf("%q adds too much: %s", text, marginText(m))
		case m.From.IsNegative() || !m.To.IsZero() && !m.To.GreaterThan(m.From):
			t.Fatalf("%q has an empty range: %s", text, marginText(m))
		case strings.TrimSpace(m.Producer) != m.Producer || strings.TrimSpace(m.Category) != m.Category:
			t.Fatalf("%q has space around: %s", text, marginText(m))
		}
	})
}
