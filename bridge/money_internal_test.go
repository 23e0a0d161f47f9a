package bridge

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// The expectations were computed with ICU 78 (Intl.NumberFormat in Node), not
// with the library that is used here. Polish, Spanish, Italian and European
// Portuguese group from five digits on (CLDR's minimumGroupingDigits): "1234,56".
func TestMoneyAsCLDRHasIt(t *testing.T) {
	t.Parallel()
	all := newLocales("pl-PL", idosell.LanguageID)
	for _, c := range []struct{ locale, currency, amount, want string }{
		{"pl-PL", "PLN", "0", "0,00\u00a0zł"},
		{"pl-PL", "PLN", "9.99", "9,99\u00a0zł"},
		{"pl-PL", "PLN", "1234.56", "1234,56\u00a0zł"},
		{"pl-PL", "PLN", "12345.675", "12\u00a0345,68\u00a0zł"},
		{"pl-PL", "PLN", "1234567.891", "1\u00a0234\u00a0567,89\u00a0zł"},
		{"en-US", "PLN", "1234.56", "PLN\u00a01,234.56"},
		{"en-US", "PLN", "1234567.891", "PLN\u00a01,234,567.89"},
		{"en-US", "USD", "12345.675", "$12,345.68"},
		{"en-GB", "EUR", "1234.56", "€1,234.56"},
		{"de-DE", "PLN", "1234.56", "1.234,56\u00a0PLN"},
		{"de-DE", "EUR", "1234567.891", "1.234.567,89\u00a0€"},
		{"fr-FR", "PLN", "1234.56", "1\u202f234,56\u00a0PLN"},
		{"es-ES", "PLN", "1234.56", "1234,56\u00a0PLN"},
		{"es-ES", "PLN", "12345.675", "12.345,68\u00a0PLN"},
		{"it-IT", "PLN", "1234.56", "1234,56\u00a0PLN"},
		{"pt-PT", "PLN", "12345.675", "12\u00a0345,68\u00a0PLN"},
		{"pt-BR", "PLN", "1234.56", "PLN\u00a01.234,56"},
		{"cs-CZ", "CZK", "1234.56", "1\u00a0234,56\u00a0Kč"},
		{"ja-JP", "JPY", "1234.56", "￥1,235"},

		// Spellings, and tags that are not known: the default is Polish.
		{"pl", "PLN", "1234.56", "1234,56\u00a0zł"},
		{"PL_pl", "PLN", "1234.56", "1234,56\u00a0zł"},
		{"pl-PL.UTF-8", "PLN", "1234.56", "1234,56\u00a0zł"},
		{"de_DE", "PLN", "1234.56", "1.234,56\u00a0PLN"},
		{"de-DE-u-nu-latn", "PLN", "1234.56", "1.234,56\u00a0PLN"},
		{"", "PLN", "1234.56", "1234,56\u00a0zł"},
		{"xx-YY", "PLN", "1234.56", "1234,56\u00a0zł"},
		{"tlh", "PLN", "1234.56", "1234,56\u00a0zł"},
		{"<script>", "PLN", "1234.56", "1234,56\u00a0zł"},
		{strings.Repeat("en-US-", 100), "PLN", "1234.56", "1234,56\u00a0zł"},

		{"pl-PL", "zł", "1", "<null>"},
		{"pl-PL", "", "1", "<null>"},
		{"pl-PL", "eur", "1", "1,00\u00a0€"},
	} {
		got := "<null>"
		if text := all.of(c.locale).money(decimal.RequireFromString(c.amount), c.currency); text != nil {
			got = *text
		}
		if got != c.want {
			t.Errorf("%s %s in %q is %q, want %q", c.amount, c.currency, c.locale, got, c.want)
		}
	}
}

func TestLocaleNamesTheWholesalersLanguage(t *testing.T) {
	t.Parallel()
	all := newLocales("en-GB", idosell.LanguageID)
	for tag, want := range map[string]string{
		"pl-PL": "pol", "en": "eng", "de-AT": "ger", "fr-FR": "fre", "es-MX": "spa", "it": "ita", "pt-BR": "por", "cs": "cze",
		"": "eng", "nonsense": "eng", "ja": "",
	} {
		if got := all.of(tag).language; got != want {
			t.Errorf("%q is asked for in %q, want %q", tag, got, want)
		}
	}
	if newLocales("nonsense", idosell.LanguageID) != nil {
		t.Error("an unknown default was taken")
	}
}

// A stranger who asks for ever new locales does not fill memory.
func TestLocalesAreBounded(t *testing.T) {
	t.Parallel()
	all := newLocales("pl-PL", idosell.LanguageID)
	var c card
	c.price = price{now: decimal.New(1, 0), before: decimal.New(1, 0), currency: "PLN", valid: true}
	for _, language := range []string{"pl", "en", "de", "fr", "es", "it", "pt", "cs"} {
		for region := 'A'; region <= 'Z'; region++ {
			for second := 'A'; second <= 'Z'; second++ {
				c.prices(&all.of(language + "-" + string(region) + string(second)).plain)
			}
		}
	}
	if n := all.kept.Len(); n > maxLocalesKept {
		t.Errorf("%d locales are kept", n)
	}
	if n := len(*c.texts.made.Load()); n > maxKept {
		t.Errorf("%d prices of one product are kept", n)
	}
	if got := *c.prices(&all.of("en-US").plain).now; got != "PLN\u00a01.00" {
		t.Errorf("got %q", got)
	}
}
