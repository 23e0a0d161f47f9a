package sandbox

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// Each form of an answer, by what stands in it. The content is the golden one.
func TestFormsOfAnAnswer(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "2")
	ask := func(form Form) string {
		s.SetMoods(Moods{Form: form, Calls: 1})
		return caller.call("Basket/get", "").body
	}
	product := func(form Form) string {
		s.SetMoods(Moods{Form: form, Calls: 1})
		return caller.call("Products/get", "<productParams>"+item("productId", "101")+"</productParams>").body
	}
	order := func(form Form) string {
		s.SetMoods(Moods{Form: form, Calls: 1})
		return caller.call("Orders/get", "<ordersIds><item>sklep-1</item></ordersIds>").body
	}
	for name, test := range map[string]struct {
		body  string
		has   []string
		lacks []string
	}{
		"default": {ask(Form{}), []string{`<ns1:getResponse><response xsi:type="ns1:responseType">`, "<SOAP-ENV:Body>",
			`<products xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="ns1:productsItemType[1]">`}, []string{"CDATA", "href", "xsi:nil"}},
		"prefixes": {ask(Form{OtherPrefixes: true}), []string{"<soap:Body><m:getResponse>", `i:type="x:string"`, `i:type="enc:Array" enc:arrayType="m:productsItemType[1]"`},
			[]string{"SOAP-ENV", "ns1:", "xsi:", "xsd:"}},
		"part":    {ask(Form{Part: "{method}Response"}), []string{"<ns1:getResponse><getResponse "}, []string{"<response"}},
		"results": {ask(Form{Results: "Results"}), []string{"<Results "}, []string{"<results "}},
		"snake case": {ask(Form{SnakeCase: true}), []string{"<product_id ", "<basket_position ", "<worth_gross ", "<faultCode "},
			[]string{"<productId", "<worthGross", "<fault_code"}},
		"lone item":     {ask(Form{LoneItem: true}), []string{`<products xsi:type="ns1:productsItemType"><basketPosition `}, []string{"<item"}},
		"repeated":      {product(Form{Repeated: true}), []string{`</productImages><productImages `}, []string{"<item"}},
		"empty arrays":  {order(Form{EmptyArrays: true}), []string{`<clientPickupPointAddress xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="xsd:anyType[0]"></clientPickupPointAddress>`}, nil},
		"nil":           {order(Form{Nil: true}), []string{`<clientPickupPointAddress xsi:nil="true"/>`, `<orderNote xsi:nil="true"/>`, `<deliveryDate xsi:nil="true"/>`}, nil},
		"CDATA":         {ask(Form{CDATA: true}), []string{"<![CDATA[Kubek „Łąka” 330 ml]]>"}, []string{"<![CDATA[24.60]]>"}},
		"untyped":       {ask(Form{Untyped: true}), []string{"<productId>101<"}, []string{"xsi:type"}},
		"commas":        {ask(Form{DecimalCommas: true}), []string{">24,60<", ">49,20<"}, []string{">24.60<"}},
		"zero dates":    {order(Form{ZeroDates: true}), []string{`<deliveryDate xsi:type="xsd:string">0000-00-00 00:00:00<`}, nil},
		"no zero dates": {order(Form{}), []string{`<deliveryDate xsi:type="xsd:string"><`}, []string{"0000-00-00"}},
		"map": {ask(Form{Map: true}), []string{`<results xsi:type="ns2:Map">`, `xmlns:ns2="http://xml.apache.org/xml-soap"`,
			`<item><key xsi:type="xsd:string">priceGross</key><value xsi:type="xsd:float">24.60</value></item>`}, []string{"<priceGross"}},
		"references": {ask(Form{MultiRef: true}), []string{`<results href="#id`, `<multiRef id="id1" xsi:type="ns1:authenticateType">`}, nil},
		"no errors":  {ask(Form{NoErrors: true}), []string{"<results "}, []string{"<errors", "faultCode"}},
	} {
		for _, text := range test.has {
			if !strings.Contains(test.body, text) {
				t.Errorf("%s: the answer lacks %s:\n%s", name, text, test.body)
			}
		}
		for _, text := range test.lacks {
			if strings.Contains(test.body, text) {
				t.Errorf("%s: the answer holds %s:\n%s", name, text, test.body)
			}
		}
		if err := wellFormed(test.body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	s.SetMoods(Moods{Form: Form{NoErrors: true}})
	if got := (&shop{t: t, url: server.URL}).call("Basket/get", ""); got.code() != "1" {
		t.Errorf("a fault without an element errors: %s", got.body)
	}
	s.SetMoods(Moods{Form: Form{BareItemFaults: true}})
	line := caller.must("Dropshipping/basketVerification", "<products>"+item("productCode", "nothing", "quantity", "1")+"</products>")
	if bare, block := line.text("results/products/item/faultCode"), line.part.all("results/products/item/errors"); bare != "2" || len(block) != 0 {
		t.Errorf("a bare fault: code %q and %d blocks, want 2 and none", bare, len(block))
	}
}

func wellFormed(body string) error {
	decoder := xml.NewDecoder(strings.NewReader(body))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestReferencesLeadToTheirElements(t *testing.T) {
	s, server := newWholesaler(t)
	s.SetMoods(Moods{Form: Form{MultiRef: true}, Gates: []string{"Products"}})
	body := signIn(t, server).call("Products/search", "").body
	references, targets := strings.Count(body, `href="#id`), strings.Count(body, `<multiRef id="id`)
	if references == 0 || references != targets {
		t.Errorf("%d references to %d elements", references, targets)
	}
}

func TestEncodings(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	body := func(encoding string) (string, string) {
		s.SetMoods(Moods{Form: Form{Encoding: encoding}})
		got := caller.call("Products/search", "<productIds><item>410</item><item>101</item></productIds>")
		return got.body, got.header.Get("Content-Type")
	}
	const name = "Taśma łańcuchowa"
	plain, _ := body("")
	if !strings.Contains(plain, name) {
		t.Fatalf("the answer lacks %s", name)
	}
	if got, _ := body("utf-8-bom"); got != "\uFEFF"+plain {
		t.Error("utf-8-bom is not the same behind a byte order mark")
	}
	for charset, page := range map[string]*charmap.Charmap{"iso-8859-2": charmap.ISO8859_2, "windows-1250": charmap.Windows1250} {
		got, contentType := body(charset)
		decoded, err := page.NewDecoder().String(got)
		if err != nil || !strings.Contains(decoded, name) || !strings.Contains(strings.ToLower(contentType), charset) ||
			!strings.Contains(strings.ToLower(decoded[:60]), `encoding="`+charset+`"`) {
			t.Errorf("%s: error %v, Content-Type %s, beginning %q", charset, err, contentType, decoded[:60])
		}
	}
	for charset, bigEndian := range map[string]bool{"utf-16": true, "utf-16le": false} {
		got, _ := body(charset)
		units := make([]uint16, 0, len(got)/2)
		for i := 0; i+1 < len(got); i += 2 {
			unit := uint16(got[i])<<8 | uint16(got[i+1])
			if !bigEndian {
				unit = uint16(got[i+1])<<8 | uint16(got[i])
			}
			units = append(units, unit)
		}
		if units[0] != 0xFEFF || !strings.Contains(string(utf16.Decode(units)), name) {
			t.Errorf("%s: the text is not readable", charset)
		}
	}
}

func TestFaultsOfMoods(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	ask := func(trouble Trouble) answer {
		s.SetMoods(Moods{Trouble: trouble})
		return caller.call("Products/search", "")
	}
	if got := ask(Trouble{Fault: &Fault{17, "Coś innego"}}); got.code() != "17" || got.text("errors/faultString") != "Coś innego" || got.status != 200 {
		t.Errorf("Fault: %s", got.body)
	}
	got := ask(Trouble{ItemFault: &Fault{5, "Nie"}})
	if codes := got.texts("results/item/errors/faultCode"); got.code() != "0" || len(codes) != 3 || codes[0] != "5" {
		t.Errorf("ItemFault: outer %s, items %v", got.code(), codes)
	}
	got = ask(Trouble{DeepFault: &Fault{5, "Nie"}})
	if codes := got.texts("results/item/details/item/faultCode"); got.code() != "0" || len(codes) != 3 || !strings.Contains(got.body, `<faultCode xsi:type="xsd:string">5<`) {
		t.Errorf("DeepFault: outer %s, details %v", got.code(), codes)
	}
	s.SetMoods(Moods{Trouble: Trouble{Fault: &Fault{Code: 1}}})
	if _, got := login(t, server, testLogin, testPassword, "20261121"); got.code() != "1" {
		t.Errorf("Authenticate in the mood: fault %s", got.code())
	}
}

func TestMoodsAreLimited(t *testing.T) {
	s, server := newWholesaler(t)
	caller := signIn(t, server)
	no := Trouble{Fault: &Fault{Code: 9}}
	s.SetMoods(Moods{Gates: []string{"Products/search"}, Skip: 1, Calls: 2, Trouble: no}, Moods{Gates: []string{"basket"}, Trouble: no})
	var codes []string
	for range 4 {
		codes = append(codes, caller.call("Products/search", "").code())
	}
	codes = append(codes, caller.call("Products/get", "").code(), caller.call("Basket/get", "").code(), caller.call("Basket/get", "").code())
	if got := strings.Join(codes, " "); got != "0 9 9 0 0 9 9" {
		t.Errorf("faults %s, want 0 9 9 0 0 9 9", got)
	}
	s.SetMoods()
	caller.must("Basket/get", "")
	if calls := s.Calls(); calls["Products/search"] != 4 || calls["Basket/get"] != 3 || calls["Authenticate/authenticate"] != 1 {
		t.Errorf("calls %v", calls)
	}
}

func TestMoodsAreReadFromJSON(t *testing.T) {
	moods, err := readMoods([]byte(`[{"gates":["Orders"],"calls":2,"trouble":{"delay":"1.5s","drop":"after"},"different":{"settleOrders":"2m"}}]`))
	if err != nil || len(moods) != 1 || moods[0].Calls != 2 || time.Duration(moods[0].Trouble.Delay) != 1500*time.Millisecond ||
		time.Duration(moods[0].Different.SettleOrders) != 2*time.Minute {
		t.Fatalf("%+v, %v", moods, err)
	}
	written, err := json.Marshal(moods)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"gates":["Orders"],"calls":2,"trouble":{"delay":"1.5s","drop":"after"},"different":{"settleOrders":"2m0s"}}]`; string(written) != want {
		t.Errorf("written %s, want %s", written, want)
	}
	for _, bad := range []string{
		`{"form":{"encoding":"ebcdic"}}`, `{"trouble":{"drop":"never"}}`, `{"different":{"authenticateDate":"soon"}}`, `{"trouble":{"status":99}}`,
		`{"trouble":{"giantMB":-1}}`, `{"gates":["Order"]}`, `{"trouble":{"delay":"5"}}`, `{"frm":{}}`, `"moody"`, ``,
	} {
		if _, err := readMoods([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func FuzzReadMoods(f *testing.F) {
	f.Add([]byte(`{"form":{"encoding":"utf-16"},"calls":1}`))
	f.Add([]byte(`[{"trouble":{"retryAfter":"1h","status":503}},{}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		moods, err := readMoods(body)
		if err != nil {
			return
		}
		for _, mood := range moods {
			if err := mood.check(); err != nil {
				t.Errorf("a mood was taken that is not allowed: %v", err)
			}
		}
	})
}
