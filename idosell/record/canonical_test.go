package record_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"octobridge/idosell/record"
)

// wire is a request as idosell writes it, around params.
func wire(key, params string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns1="Orders" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><SOAP-ENV:Body><ns1:get><get xsi:type="ns1:requestType"><authenticate xsi:type="ns1:authenticateType"><sessionKey xsi:type="xsd:string">` + key + `</sessionKey><dropshippingKey xsi:type="xsd:string">D-` + key + `</dropshippingKey></authenticate><params xsi:type="ns1:paramsType">` + params + `</params></get></ns1:get></SOAP-ENV:Body></SOAP-ENV:Envelope>`
}

func TestWhatDoesNotCountInARequest(t *testing.T) {
	plain := wire("key-1", `<ordersIds xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:string[2]"><item xsi:type="xsd:string">demoshop-1</item><item xsi:type="xsd:string">demoshop-2</item></ordersIds><resultsPage xsi:type="xsd:int">0</resultsPage><resultsLimit xsi:type="xsd:int">100</resultsLimit>`)
	indented := strings.ReplaceAll(plain, "><", ">\n   <")
	// An element whose text became an empty line is still empty.
	prefixes := strings.NewReplacer("SOAP-ENV", "soap", "SOAP-ENC", "enc", "xsi", "i", "xsd", "x", "ns1", "m").Replace(plain)
	reordered := wire("key-1", `<resultsLimit>100</resultsLimit><resultsPage>0</resultsPage><ordersIds><item>demoshop-2</item><item>demoshop-1</item></ordersIds>`)
	latin, err := charmap.ISO8859_2.NewEncoder().String(strings.Replace(wire("ż", "<containsText>żółty</containsText>"), "UTF-8", "ISO-8859-2", 1))
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.Replace(wire("ż", "<containsText>żółty</containsText>"), "UTF-8", "UTF-16", 1))
	if err != nil {
		t.Fatal(err)
	}
	yellow := wire("k", "<containsText>żółty</containsText>")
	for name, pair := range map[string][2]string{
		"white space":             {plain, indented},
		"prefixes":                {plain, prefixes},
		"keys":                    {plain, strings.ReplaceAll(plain, "key-1", "key-2")},
		"other names of keys":     {plain, strings.NewReplacer("dropshippingKey", "dropshipping_key").Replace(plain)},
		"order":                   {plain, reordered},
		"comments and CDATA":      {yellow, wire("k", "<!-- x --><containsText><![CDATA[żół]]>ty</containsText>")},
		"character references":    {yellow, wire("k", "<containsText>&#380;&#xF3;łty</containsText>")},
		"ISO-8859-2":              {yellow, latin},
		"UTF-16":                  {yellow, wide},
		"a byte order mark":       {yellow, "\xef\xbb\xbf" + yellow},
		"a key outside its place": {wire("k", "<login>a</login>"), wire("k", "<login>b</login>")},
		"no XML":                  {"plain words", " plain words\n"},
	} {
		if !record.SameRequest([]byte(pair[0]), []byte(pair[1])) {
			one, _ := record.Form([]byte(pair[0]), false, false)
			other, _ := record.Form([]byte(pair[1]), false, false)
			t.Errorf("%s: these are one request:\n%s\n%s", name, one, other)
		}
	}
}

func TestWhatCountsInARequest(t *testing.T) {
	line := func(code string) string { return "<item><productCode>" + code + "</productCode></item>" }
	for name, pair := range map[string][2]string{
		"a text":                      {wire("k", "<containsText>kubek</containsText>"), wire("k", "<containsText>talerz</containsText>")},
		"an element":                  {wire("k", "<a>1</a>"), wire("k", "<b>1</b>")},
		"how many":                    {wire("k", "<a>1</a>"), wire("k", "<a>1</a><a>1</a>")},
		"the order of lines":          {wire("k", "<products>"+line("1")+line("2")+"</products>"), wire("k", "<products>"+line("2")+line("1")+"</products>")},
		"the order of repeated names": {wire("k", "<a>1</a><a>2</a>"), wire("k", "<a>2</a><a>1</a>")},
		"where it stands":             {wire("k", "<a><b>1</b></a>"), wire("k", "<a></a><b>1</b>")},
		"a date":                      {wire("k", "<a>2026-11-21</a>"), wire("k", "<a>2026-11-22</a>")},
		"white space inside":          {wire("k", "<a>x y</a>"), wire("k", "<a>xy</a>")},
		"an attribute":                {wire("k", `<a code="1"/>`), wire("k", `<a code="2"/>`)},
		"markup and its name":         {wire("k", `<a>&lt;b&gt;&lt;/b&gt;</a>`), wire("k", `<a><b></b></a>`)},
		"no XML":                      {"one", "other"},
	} {
		if record.SameRequest([]byte(pair[0]), []byte(pair[1])) {
			t.Errorf("%s: these are two requests:\n%s\n%s", name, pair[0], pair[1])
		}
	}
}

func TestTheFormOfARequest(t *testing.T) {
	body := wire("secret-key", `<range><begin>2026-11-14 11:00:00</begin><end>2026-11-21T11:00:00Z</end><none>0000-00-00</none></range><deliveryAddress><city>Łódź</city><countryId>PL</countryId></deliveryAddress><containsText>a &amp; b</containsText>`)
	want := `<Body>
  <get>
    <get>
      <params>
        <containsText>a &amp; b</containsText>
        <deliveryAddress>
          <city>[personal]</city>
          <countryId>PL</countryId>
        </deliveryAddress>
        <range>
          <begin>[date]</begin>
          <end>[date]</end>
          <none>0000-00-00</none>
        </range>
      </params>
    </get>
  </get>
</Body>
`
	if got, ok := record.Form([]byte(body), true, true); !ok || got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	plain := strings.NewReplacer("[personal]", "Łódź", "<begin>[date]", "<begin>2026-11-14 11:00:00", "<end>[date]", "<end>2026-11-21T11:00:00Z").Replace(want)
	if got, _ := record.Form([]byte(body), false, false); got != plain {
		t.Errorf("got\n%s\nwant\n%s", got, plain)
	}
}

func TestRequestsBeyondTheLimitsAreComparedByTheirBytes(t *testing.T) {
	for name, body := range map[string]string{
		"deep":      strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		"many":      "<a>" + strings.Repeat("<b/>", 100_001) + "</a>",
		"cut short": wire("k", "<a>1</a>")[:400],
		"two roots": "<a/><b/>",
		"nothing":   "",
	} {
		if _, ok := record.Form([]byte(body), false, false); ok {
			t.Errorf("%s: it has a form", name)
		}
		if record.SameRequest([]byte(body), []byte(body+"x")) {
			t.Errorf("%s: it is not compared by its bytes", name)
		}
	}
}

// FuzzForm checks of any body that its form is well-formed, holds no key, and stays
// the same when it is read once more.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		wire("k", `<a>2026-11-21</a><city>Ł</city>`), "<a/>", "plain", "\xff\xfe<\x00", "<a>x<b/>y</a>", `<a xmlns:p="q" p:b="c" d="e"/>`,
		"<a><item>2</item><item>1</item></a>", `<?xml version="1.0" encoding="ISO-8859-2"?><a>` + "\xb1</a>", "<a>&#xA;1&#10;</a>", "<Envelope><Body/></Envelope>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !record.SameRequest(body, body) {
			t.Fatal("a body is not the same request as itself")
		}
		exact, ok := record.Form(body, false, false)
		if !ok {
			return
		}
		var any struct{}
		if err := xml.Unmarshal([]byte(exact), &any); err != nil {
			t.Fatalf("the form is no XML: %v\n%s", err, exact)
		}
		again, ok := record.Form([]byte(exact), false, false)
		if !ok || again != exact {
			t.Fatalf("read once more it is another:\n%s\n%s", exact, again)
		}
		if strings.Contains(exact, "<authenticate") {
			t.Fatalf("the keys' element is in the form:\n%s", exact)
		}
	})
}
