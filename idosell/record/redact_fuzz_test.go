package record_test

import (
	"strings"
	"testing"

	"octobridge/idosell/record"
)

// Whatever stands around it and in whatever form, a configured secret does not stay,
// and nothing ends the redactor.
func FuzzRedactor(f *testing.F) {
	const secret = "tajne-hasło-ŻÓŁW-77"
	for _, frame := range []string{
		"<a><productName>|</productName></a>", "<a><b x=\"|\">1</b></a>", `{"name":"|","x":[1,2]}`, "a=|&b=1", "text | text", "<a><!-- | --><![CDATA[|]]></a>",
		"<|/>", "<a |='1'>", "<html><script>|</script>", "<?xml version='1.0' encoding='iso-8859-2'?><a>|</a>", "&#38;|%20=C5", "\xef\xbb\xbf<a>|", "<a><item><key>|</key><value>|</value></item></a>",
		"<a></a |>", "<!DOCTYPE | [", "https://x/?|=|", "x@|.pl", "+48 600|", "<productCardUrl>https://a.pl/|?token=|</productCardUrl>",
	} {
		for form := range uint8(8) {
			f.Add(frame, form)
		}
	}
	forms := []string{"plain", "upper", "nfd", "plain in a query", "plain escaped for XML", "plain json in ascii", "lower", "plain sha1"}
	texts := formsOf(secret)
	f.Fuzz(func(t *testing.T, frame string, form uint8) {
		planted := texts[forms[int(form)%len(forms)]]
		answer := strings.ReplaceAll(frame, "|", planted)
		r := record.NewRedactor(record.Options{Secrets: []string{secret}})
		e := record.Exchange{Gate: "Orders", Method: "get", Request: []byte(frame), Answer: []byte(answer), Failure: answer}
		if err := r.Exchange(&e); err != nil {
			return // nothing is kept then
		}
		for _, got := range []string{string(e.Answer), string(e.Request), e.Failure} {
			lower := strings.ToLower(got)
			for _, looked := range []string{planted, secret, texts["nfd"]} {
				if strings.Contains(lower, strings.ToLower(looked)) {
					t.Fatalf("%q stays in %q, which was %q", looked, got, answer)
				}
			}
		}
	})
}

// What stands under a personal name goes, whatever it is; and what was redacted
// stays as it is when it is redacted again.
func FuzzPersonalNames(f *testing.F) {
	for _, text := range []string{"Mniszek", "ul. Długa 5", "+48 600 700 800", "a@b.pl", "5260001246", "PL61109010140000071219812874", "<![CDATA[x]]>", "[ref:x] y", "\u0301\u0301", "é", "1", "00-001"} {
		f.Add(text, uint8(0))
		f.Add(text, uint8(7))
	}
	names := []string{"lastName", "client_street", "payerNip", "phone1", "clientEmail", "zipCode", "sessionKey", "clientNoteToOrder", "iban", "deliveryPackageNumber", "login", "file"}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		name := names[int(which)%len(names)]
		r := record.NewRedactor(record.Options{})
		first := redacted(t, r, "<a><"+name+">"+xmlEscaped(text)+"</"+name+"></a>")
		if again := redacted(t, r, first); again != first {
			t.Errorf("%q becomes %q, and redacted again %q", text, first, again)
		}
	})
}
