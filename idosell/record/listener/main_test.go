package listener_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"octobridge/idosell/record"
	"octobridge/idosell/record/listener"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// file is one file of an archive that a test makes.
type file struct{ name, text string }

// archive packs files.
func archive(t testing.TB, files ...file) []byte {
	t.Helper()
	var out bytes.Buffer
	packer := zip.NewWriter(&out)
	for _, f := range files {
		entry, err := packer.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(f.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read reads an archive with the default limits.
func read(t testing.TB, packed []byte) ([]record.Exchange, listener.Report) {
	t.Helper()
	var out []record.Exchange
	report, err := listener.Read(context.Background(), bytes.NewReader(packed), int64(len(packed)), listener.Options{}, func(e record.Exchange) error {
		out = append(out, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Exchanges != len(out) {
		t.Errorf("the report has %d exchanges, %d came", report.Exchanges, len(out))
	}
	return out, report
}

// call is one call as a log may have it, with what must come of it.
type call struct {
	id             int
	gate, method   string
	request, reply string // envelopes
	at             time.Time
	took           time.Duration
}

func soap(namespace, element, inner string) string {
	return `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns1="` + namespace + `">` +
		`<SOAP-ENV:Body><ns1:` + element + `>` + inner + `</ns1:` + element + `></SOAP-ENV:Body></SOAP-ENV:Envelope>`
}

// calls are n calls whose bodies say which they are: two gates with a method of
// the same name, texts that need escaping, and CDATA.
func calls(n int) []call {
	var out []call
	for i := range n {
		c := call{id: 5000 + i, at: time.Date(2024, 1, 31, 12, 0, i%60, 0, time.UTC).Add(time.Duration(i/60) * time.Minute), took: time.Duration(100+i) * time.Millisecond}
		mark := fmt.Sprintf("call-%d &amp; &lt;żółć&gt; \"quoted\"", c.id)
		switch i % 3 {
		case 0:
			c.gate, c.method = "Orders", "get"
			c.request = soap("Orders", "get", `<get><params><ordersIds><item>`+mark+`</item></ordersIds></params></get>`)
			c.reply = soap("Orders", "getResponse", `<response><errors><faultCode>0</faultCode></errors><results><item><orderId>`+mark+`</orderId></item></results></response>`)
		case 1:
			c.gate, c.method = "Products", "get"
			c.request = soap("Products", "get", `<get><params><productParams><item><productId>`+mark+`</productId></item></productParams></params></get>`)
			c.reply = soap("Products", "getResponse", `<response><results><item><productName><![CDATA[`+fmt.Sprintf("call-%d <b>", c.id)+`]]></productName></item></results></response>`)
		default:
			c.gate, c.method = "Dropshipping", "getCouriers"
			c.request = soap("Dropshipping", "getCouriers", `<getCouriers><params><countryId>`+mark+`</countryId></params></getCouriers>`)
			c.reply = `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>SOAP-ENV:Server</faultcode><faultstring>` + mark + `</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`
		}
		out = append(out, c)
	}
	return out
}

// address is the gate's address as a log has it.
func (c call) address() string {
	return "https://wholesaler.example/customer-api/?gate=" + c.gate + "/" + c.method + "/7/soap"
}

// warsaw is the time as the wholesaler's clock shows it, without a zone; in
// January it is an hour ahead of UTC.
func (c call) warsaw() string { return c.at.Add(time.Hour).Format("2006-01-02 15:04:05") }

func cdata(text string) string {
	return "<![CDATA[" + strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>") + "]]>"
}

func escaped(text string) string { return html.EscapeString(text) }

func packed(text string) string {
	var lines []string
	for code := base64.StdEncoding.EncodeToString([]byte(text)); code != ""; {
		n := min(76, len(code))
		lines, code = append(lines, code[:n]), code[n:]
	}
	return strings.Join(lines, "\r\n")
}

func quoted(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
