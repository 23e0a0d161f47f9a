package record_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/idosell"
	"octobridge/idosell/record"
)

// redacted is an answer after a Redactor has seen it.
func redacted(t testing.TB, r *record.Redactor, answer string) string {
	t.Helper()
	e := record.Exchange{Gate: "Orders", Method: "get", Answer: []byte(answer)}
	if err := r.Exchange(&e); err != nil {
		t.Fatal(err)
	}
	return string(e.Answer)
}

func TestRedactedShapes(t *testing.T) {
	for name, c := range map[string]struct{ answer, want string }{
		"names in any case": {
			"<A><CLIENT_FIRST_NAME>Eustachy</CLIENT_FIRST_NAME><clientDeliveryAddressLastName>Mniszek</clientDeliveryAddressLastName><payer_nip>5260001246</payer_nip></A>",
			"<A><CLIENT_FIRST_NAME>First-1</CLIENT_FIRST_NAME><clientDeliveryAddressLastName>Last-1</clientDeliveryAddressLastName><payer_nip>0000000017</payer_nip></A>"},
		"unknown names": {"<a><zażółć>Eustachy</zażółć><b>12.50</b><c>2026-11-22 10:00:00</c><d>y</d><e>PLN</e><f>123456789</f><g>0000-00-00</g></a>",
			"<a><zażółć>text 1</zażółć><b>12.50</b><c>2026-11-22 10:00:00</c><d>y</d><e>PLN</e><f>000000001</f><g>0000-00-00</g></a>"},
		"numbers under personal names": {"<a><houseNumber>7</houseNumber><phone>5</phone></a>", "<a><houseNumber>Street 1</houseNumber><phone>500000001</phone></a>"},
		"map":                          {"<a><item><key>city</key><value>Pcim</value></item><item><value>Mniszek</value><key>lastName</key></item></a>", "<a><item><key>city</key><value>Town 1</value></item><item><value>Last-1</value><key>lastName</key></item></a>"},
		"reference":                    {`<a><city href="#i1"/><m><multiRef id="i1">Pcim</multiRef></m></a>`, `<a><city href="#i1"/><m><multiRef id="i1">Town 1</multiRef></m></a>`},
		"array":                        {"<a><phones><item>500111222</item></phones></a>", "<a><phones><item>500000001</item></phones></a>"},
		"named field":                  {`<a><field name="email">x@y.pl</field><param name="login" value="eustachy"/></a>`, `<a><field name="email">person-1@example.com</field><param name="login" value="client-1"/></a>`},
		"attributes":                   {`<a><client email="x@y.pl" city='Pcim' id="c1">y</client></a>`, `<a><client email="person-1@example.com" city="Town 1" id="c1">y</client></a>`},
		"cut into pieces":              {"<a><city>Pc<!-- -->im</city><lastName><![CDATA[Mni]]>szek</lastName></a>", "<a><city>Town 1</city><lastName><![CDATA[Last-1]]></lastName></a>"},
		"secret around":                {"<a><cookies><x>abc</x></cookies></a>", "<a><cookies><x>secret-1</x></cookies></a>"},
		"comments and instructions":    {"<?xml version=\"1.0\"?><?php Eustachy ?><a><!-- Eustachy --></a>", "<?xml version=\"1.0\"?><a></a>"},
		"document type":                {`<!DOCTYPE a [<!ENTITY e "Eustachy">]><a>1</a>`, "<a>1</a>"},
		"cut short":                    {"<a><lastName>Mnisz", "<a><lastName>Last-1"},
		"cut in a tag":                 {`<a><client email="eustachy@mnisz`, `<a><client email="person-1@example.com"`},
		"end tag with more":            {"<a><b>1</b Eustachy ></a>", "<a><b>1</b></a>"},
		"page":                         {"<html><head><title>Przerwa</title><script>var user='Eustachy'</script></head><body><p class=\"x\">Witaj, Eustachy</p><br></body></html>", "<html><head><title>Przerwa</title><script>text 1</script></head><body><p class=\"x\">text 2</p><br></body></html>"},
		"json":                         {`{"client":{"firstName":"Eustachy","phones":["500111222",601722833],"id":7},"productName":"Kubek","orderId":"sklepik-7"}`, `{"client":{"firstName":"First-1","phones":["500000001",100000002],"id":7},"productName":"Kubek","orderId":"client-1-7"}`},
		"form":                         {"login=eustachy&client%5Bcity%5D=Pcim&page=2", "login=client-1&client%5Bcity%5D=Town+1&page=2"},
		"prose":                        {"Fatal error for eustachy@mniszek.pl, tel. +48 601 722 833", "Fatal error for person-1@example.com, tel. +48 500 000 001"},
		"order ids":                    {"<a><ordersIds><item>eustachy-17</item></ordersIds><orderId>eustachy-18</orderId><orderId>99</orderId></a>", "<a><ordersIds><item>client-1-17</item></ordersIds><orderId>client-1-18</orderId><orderId>99</orderId></a>"},
		"notes":                        {"<a><clientNoteToOrder>[ref: SH-1 ] dzwonić</clientNoteToOrder><clientNoteToOrder>[ref:SH-1]</clientNoteToOrder><note> - </note></a>", "<a><clientNoteToOrder>[ref: REF-1 ] Note 1</clientNoteToOrder><clientNoteToOrder>[ref:REF-1]</clientNoteToOrder><note> - </note></a>"},
		"echoed key":                   {"<a><sessionKey>0123456789abcdef0123</sessionKey><sessionKey>0123456789abcdef0123_iai</sessionKey></a>", "<a><sessionKey>00000000000000000001</sessionKey><sessionKey>00000000000000000001_iai</sessionKey></a>"},
		"addresses":                    {"<a><productCardUrl>https://u:p@shop.pl/p-1.html?lang=pol&amp;token=abcdef&amp;x=Eustachy#top</productCardUrl></a>", "<a><productCardUrl>https://shop.pl/p-1.html?lang=pol&amp;token=secret-1&amp;x=text+1</productCardUrl></a>"},
		"goods":                        {"<a><products><item><name>Kubek żółty</name></item></products><productName>Młynek 500 W</productName></a>", "<a><products><item><name>Kubek żółty</name></item></products><productName>Młynek 500 W</productName></a>"},
		"EAN stays":                    {"<a><productSizeCodeProducer>5901234123457</productSizeCodeProducer><productCode>526000124</productCode></a>", "<a><productSizeCodeProducer>5901234123457</productSizeCodeProducer><productCode>526000124</productCode></a>"},
		"nothing":                      {"", ""},
		"binary":                       {"\x00\x01\x02", "A body of 3 bytes stood here. It is no text, so it was left out: what is in it cannot be known.\n"},
		"no UTF-8":                     {"<a><city>\xb1\xb1\xb1x</city></a>", "A body of 24 bytes stood here. It is no text, so it was left out: what is in it cannot be known.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := redacted(t, record.NewRedactor(record.Options{}), c.answer); got != c.want {
				t.Errorf("%s\nbecomes %s\nwant    %s", c.answer, got, c.want)
			}
		})
	}
}

// What was found once is found everywhere, in whatever form it stands.
func TestKnownTextsAreFoundInEveryForm(t *testing.T) {
	const street = "Gżegżółki 17/4 \"B\" & Co"
	for form, text := range formsOf(street) {
		if strings.Contains(form, "base64") {
			continue // those are parts of what they are found in: see below
		}
		r := record.NewRedactor(record.Options{})
		redacted(t, r, "<a><street>Gżegżółki 17/4 \"B\" &amp; Co</street></a>")
		for _, frame := range []string{"%s", "Towar dla %s: brak", "(%s)"} {
			answer := "<a><productName>" + xmlEscaped(fmt.Sprintf(frame, text)) + "</productName></a>"
			if got := redacted(t, r, answer); strings.Contains(got, xmlEscaped(text)) {
				t.Errorf("%s stays: %s", form, got)
			}
		}
	}
}

// In base64 with anything around it, whichever of the three places it begins at, and
// also where the beginning of the row is missing.
func TestKnownTextsAreFoundInBase64(t *testing.T) {
	const lastName = "Brzęczyszczykiewicz-Gżegżółka"
	for before := range 7 {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
			for cut := range 5 {
				text := encoding.EncodeToString([]byte("abcdef"[:before] + "<\xff>" + lastName + "<end>"))[cut:]
				r := record.NewRedactor(record.Options{})
				redacted(t, r, "<a><lastName>"+lastName+"</lastName></a>")
				got := redacted(t, r, "<a><faultstring>row: "+text+" end</faultstring></a>")
				noneIn(t, fmt.Sprintf("%d bytes before, %d letters cut off", before, cut), []byte(got), []string{lastName})
			}
		}
	}
}

func xmlEscaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// Encodings that lie one in the other.
func TestKnownTextsAreFoundUnderLayers(t *testing.T) {
	r := record.NewRedactor(record.Options{Secrets: []string{"tajne-hasło-77"}})
	inner, _ := json.Marshal(map[string]string{"p": "tajne-hasło-77"})
	once := base64.StdEncoding.EncodeToString(inner)
	for _, text := range []string{once, base64.StdEncoding.EncodeToString([]byte("x " + once)), strings.ReplaceAll(once, "=", "%3D"), once[:20] + "\r\n" + once[20:]} {
		got := redacted(t, r, "<a><faultstring>"+text+"</faultstring></a>")
		for range 3 {
			if strings.Contains(got, "tajne") {
				t.Errorf("%s becomes %s", text, got)
			}
			if got == "<a><faultstring>"+text+"</faultstring></a>" {
				t.Errorf("%s stays", text)
			}
		}
	}
}

// Personal data that nobody knew goes by its form.
func TestPersonalDataIsFoundByItsForm(t *testing.T) {
	for text, want := range map[string]string{
		"pisz: jan.kowalski+x@firma.com.pl.":                   "pisz: person-1@example.com.",
		"tel 601722833":                                        "tel 500000001",
		"tel. 601-722-833 w. 3":                                "tel. 500 000 001 w. 3",
		"+49 30 901820":                                        "+48 500 000 001",
		"NIP 526-000-12-46":                                    "NIP 000-000-00-17",
		"PESEL 44051401359":                                    "PESEL 00010100015",
		"konto PL61 1090 1014 0000 0712 1981 2874":             "konto PL74 0000 0000 0000 0000 0000 0001",
		"konto 61 1090 1014 0000 0712 1981 2874":               "konto 74 0000 0000 0000 0000 0000 0001",
		"karta 4111 1111 1111 1111":                            "karta 4000 0000 0000 0010",
		"32-432 Pcim Dolny, dom":                               "00-001 Town 1, dom",
		"ul. Gżegżółki 17/4 m. 2":                              "Street 1 m. 2",
		"Authorization: Bearer abc.def-123":                    "Authorization: Bearer secret-1",
		"Cookie: PHPSESSID=abcdef; x=1":                        "Cookie: 000000000000000000001",
		"hasło: tajne123, login=eustachy":                      "hasło: secret-1, login=client-1",
		"z adresu 83.12.44.9":                                  "z adresu 198.18.0.1",
		"Kubek 0,33 l, 2026-11-22 10:11:12, 24.90 zł, 340 g":   "Kubek 0,33 l, 2026-11-22 10:11:12, 24.90 zł, 340 g",
		"Śruba M8x40 DIN 933 kl. 8.8 ocynk, opak. 100 szt.":    "Śruba M8x40 DIN 933 kl. 8.8 ocynk, opak. 100 szt.",
		"Zestaw 12 x 500 ml, wymiary 120x80x75 cm, Ø 32-40 mm": "Zestaw 12 x 500 ml, wymiary 120x80x75 cm, Ø 32-40 mm",
	} {
		got := redacted(t, record.NewRedactor(record.Options{}), "<a><productName>"+text+"</productName></a>")
		got = strings.TrimSuffix(strings.TrimPrefix(got, "<a><productName>"), "</productName></a>")
		if got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// The same person stays the same in all exchanges, forms and letter cases, and two
// people stay two.
func TestStandInsAreStable(t *testing.T) {
	r := record.NewRedactor(record.Options{})
	first := redacted(t, r, "<a><email>Eustachy@Mniszek.pl</email><phone1>+48 601 722 833</phone1><lastName>MŁYŃSKI</lastName></a>")
	second := redacted(t, r, "<a><clientEmail>eustachy@mniszek.pl</clientEmail><clientPhone1>601722833</clientPhone1><clientLastName>mly\u0144ski</clientLastName><email>inny@mniszek.pl</email></a>")
	if first != "<a><email>person-1@example.com</email><phone1>+48 500 000 001</phone1><lastName>Last-1</lastName></a>" {
		t.Error(first)
	}
	if second != "<a><clientEmail>person-1@example.com</clientEmail><clientPhone1>500000001</clientPhone1><clientLastName>Last-1</clientLastName><email>person-2@example.com</email></a>" {
		t.Error(second)
	}
	if again := redacted(t, r, second); again != second {
		t.Errorf("redacted again it becomes %s", again)
	}
}

// Many stand-ins of each kind differ and have the form of their originals.
func TestStandInsAreValid(t *testing.T) {
	r := record.NewRedactor(record.Options{})
	seen := map[string]int{}
	count := 3000
	if testing.Short() {
		count = 300
	}
	for i := range count {
		answer := fmt.Sprintf("<a><nip>%010d</nip><pesel>%011d</pesel><zipCode>%02d-%03d</zipCode><phone>%09d</phone><iban>PL%026d</iban><parcelNumber>%012dU</parcelNumber><sessionKey>%032x</sessionKey><email>p%d@firma.pl</email></a>",
			7_000_000_000+i*7, 44051400000+i, 10+i/1000, i%1000, 600_000_000+i, i*991, i*13, i+1_000_000, i)
		fields := regexp.MustCompile(`<(\w+)>([^<]+)<`).FindAllStringSubmatch(redacted(t, r, answer), -1)
		if len(fields) != 8 {
			t.Fatalf("%d fields", len(fields))
		}
		for _, f := range fields {
			if was, twice := seen[f[1]+" "+f[2]]; twice {
				t.Fatalf("%s %s stands for %d and %d", f[1], f[2], was, i)
			}
			seen[f[1]+" "+f[2]] = i
			if !validForm(f[1], f[2]) {
				t.Fatalf("%s %q has no valid form", f[1], f[2])
			}
		}
	}
}

// validForm checks the forms by the definitions of who issues them.
func validForm(name, text string) bool {
	sum := func(weights ...int) (sum int) {
		for i, w := range weights {
			sum += w * int(text[i]-'0')
		}
		return sum
	}
	switch name {
	case "nip":
		return len(text) == 10 && sum(6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(text[9]-'0')
	case "pesel":
		return len(text) == 11 && sum(1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
	case "iban":
		remainder := 0
		for _, c := range text[4:] + "2521" + text[2:4] {
			remainder = (remainder*10 + int(c-'0')) % 97
		}
		return len(text) == 28 && remainder == 1
	}
	return regexp.MustCompile(map[string]string{"zipCode": `^\d{2}-\d{3}$`, "phone": `^5\d{8}$`, "parcelNumber": `^\d{12}[A-Z]$`,
		"sessionKey": `^[0-9a-f]{32}$`, "email": `^person-\d+@example\.com$`}[name]).MatchString(text)
}

// Each element of the built-in table has a place: none is taken out because nobody
// thought of it, and none stays by accident.
func TestEachElementOfTheTableIsKnown(t *testing.T) {
	var check func(op idosell.Operation, around string, fields []idosell.Field)
	check = func(op idosell.Operation, around string, fields []idosell.Field) {
		for _, f := range fields {
			switch {
			case f.Type == idosell.Group:
				check(op, f.Name, f.Fields)
			case f.Type == idosell.Text && record.ClassUnknown(around, f.Name):
				t.Errorf("%s: nothing is known of %s in %s", op, f.Name, around)
			case f.Type != idosell.Text && record.ClassPersonal(around, f.Name):
				t.Errorf("%s: %s in %s is taken for personal, and a stand-in would not be read", op, f.Name, around)
			}
		}
	}
	table := idosell.DefaultGates()
	for _, op := range table.Operations() {
		check(op, "params", table.Gate(op).Params)
		check(op, "results", table.Gate(op).Results)
	}
}

// An override file's names have the meaning of the names that they stand for.
func TestNamesOfAnOverrideFile(t *testing.T) {
	gates, err := idosell.ReadGates(strings.NewReader("get-orders:\n  names:\n    results.client.delivery.lastName: nazwa\n    results.details.lines.productName: towar\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := redacted(t, record.NewRedactor(record.Options{Gates: gates}), "<a><clientDeliveryAddress><nazwa>2</nazwa></clientDeliveryAddress><productsResults><item><towar>Kubek żółty</towar></item></productsResults></a>")
	if want := "<a><clientDeliveryAddress><nazwa>Last-1</nazwa></clientDeliveryAddress><productsResults><item><towar>Kubek żółty</towar></item></productsResults></a>"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What a later exchange tells is taken out of an earlier one that is learned first.
func TestLearnedBeforehand(t *testing.T) {
	r := record.NewRedactor(record.Options{})
	if err := r.Learn(&record.Exchange{Answer: []byte("<a><lastName>Brzęczyszczykiewicz</lastName></a>")}); err != nil {
		t.Fatal(err)
	}
	if got := redacted(t, r, "<a><productName>Kubek z napisem BRZECZYSZCZYKIEWICZ</productName></a>"); got != "<a><productName>Kubek z napisem Last-1</productName></a>" {
		t.Error(got)
	}
}

func TestHeadersOfAnExchange(t *testing.T) {
	e := record.Exchange{Header: http.Header{"Content-Type": {"text/xml; charset=utf-8; x=Eustachy"}, "Date": {"Sun, 22 Nov 2026 11:00:00 GMT"}, "Retry-After": {"Eustachy"}, "Set-Cookie": {"a=b"}}}
	if err := record.NewRedactor(record.Options{}).Exchange(&e); err != nil {
		t.Fatal(err)
	}
	if len(e.Header) != 2 || e.Header.Get("Content-Type") != "text/xml; charset=utf-8" || e.Header.Get("Date") == "" {
		t.Errorf("%v", e.Header)
	}
}

func TestARedactorIsForManyGoroutines(t *testing.T) {
	r := record.NewRedactor(record.Options{Secrets: []string{"hasło-123"}})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 20 {
				got := redacted(t, r, fmt.Sprintf("<a><lastName>Nazwisko%d</lastName><faultstring>hasło-123</faultstring></a>", (i+j)%10))
				if strings.Contains(got, "Nazwisko") || strings.Contains(got, "hasło") {
					t.Error(got)
				}
			}
		})
	}
	group.Wait()
}

// hostile bodies would take a careless redactor hours.
func TestHostileBodiesTakeNoLongerThanOthers(t *testing.T) {
	size := 1 << 20
	if testing.Short() {
		size = 1 << 14
	}
	for name, piece := range map[string]string{
		"open tags": "<a>", "nested names": "<clientFirstName>", "end tags": "</a>", "attributes": `<a b="`, "signs": "&amp;&lt;", "mail": "a@", "digits": "1 ", "plus": "+48 ",
		"brackets": "<!", "comments": "<!--", "CDATA": "<![CDATA[", "base64": "QUJD", "percent": "%41", "quoted": "=41", "escapes": "\\u0041", "letters": "a", "marks": "a\u0301",
		"keys": "<item><key>k</key></item>", "references": `<a href="#x" id="x"/>`, "json": "[", "hex": "f0", "equals": "a=", "names": "<lastName>aaaa</lastName>",
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			r := record.NewRedactor(record.Options{Secrets: []string{"aaaaaaab", strings.Repeat("a", 60) + "b"}})
			redacted(t, r, strings.Repeat(piece, size/len(piece)))
			redacted(t, r, "<a><faultstring>"+strings.Repeat(piece, size/len(piece))+"</faultstring></a>")
			if took := time.Since(began); took > 60*time.Second {
				t.Errorf("it took %s", took)
			} else {
				t.Logf("%s: %s", name, took)
			}
		})
	}
}
