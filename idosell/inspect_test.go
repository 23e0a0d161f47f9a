package idosell_test

import (
	"slices"
	"strings"
	"testing"

	"octobridge/idosell"
)

// inspected is what Inspect meets, a line each: a known path, or an unknown name
// with what is in it.
func inspected(into *[]string) func(idosell.Element) {
	return func(e idosell.Element) {
		if e.Known {
			*into = append(*into, e.Path)
			return
		}
		*into = append(*into, e.Path+"?"+e.Name+"("+e.Text+strings.Join(e.Inner, ",")+")")
	}
}

func TestInspectAnswer(t *testing.T) {
	spec := idosell.DefaultGates().Gate(idosell.OpGetBasket)
	const head = `<Envelope><Body><getResponse><response>`
	const foot = `</response></getResponse></Body></Envelope>`
	for name, c := range map[string]struct {
		inner   string
		want    []string
		fault   int
		problem string
	}{
		"array": {inner: `<errors><faultCode>0</faultCode></errors><results><products><item><product_id>7</product_id><colour>red</colour><errors/></item></products><currencyId>PLN</currencyId></results>`,
			want: []string{"results.lines", "results.lines.productID", "results.lines?colour(red)", "results.currency"}},
		"one item without its array": {inner: `<results><products><productId>7</productId><box><a/><b/></box></products></results>`,
			want: []string{"results.lines", "results.lines.productID", "results.lines?box(a,b)"}},
		"a map": {inner: `<results><item><key>products</key><value><item><key>0</key><value><item><key>productId</key><value>7</value></item><item><key>x</key><value>y</value></item></value></item></value></item></results>`,
			want: []string{"results.lines", "results.lines.productID", "results.lines?x(y)"}},
		"without a container": {inner: `<errors><faultCode>0</faultCode></errors><currencyId>PLN</currencyId><mood>fine</mood>`,
			want: []string{"results.currency", "results?mood(fine)"}},
		"beside the container": {inner: `<results><currencyId>PLN</currencyId></results><extra>1</extra><void/>`,
			want: []string{"?extra(1)", "results.currency"}},
		"elements that say nothing": {inner: `<results><currencyId/><strange/><products><item><colour nil="true">1</colour></item></products></results>`,
			want: []string{"results.lines"}},
		"fault":         {inner: `<errors><faultCode>4</faultCode><faultString>no</faultString></errors>`, fault: 4},
		"fault inside":  {inner: `<results><products><item><productId>7</productId><faultCode>9</faultCode></item></products></results>`, want: []string{"results.lines", "results.lines.productID"}, fault: 9},
		"not a number":  {inner: `<results><products><item><quantity>many</quantity></item></products></results>`, want: []string{"results.lines", "results.lines.quantity"}, problem: "it is no decimal number"},
		"nothing in it": {inner: ``, problem: "nothing is in it"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			found, err := idosell.InspectAnswer(spec, []byte(head+c.inner+foot), nil, inspected(&got))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("met %q, want %q", got, c.want)
			}
			if found.Fault.Code != c.fault || found.NoRows != (len(c.want) == 0) || found.Elements != len(c.want) {
				t.Errorf("%+v", found)
			}
			if (found.Problem == nil) != (c.problem == "") || c.problem != "" && !strings.Contains(found.Problem.Error(), c.problem) {
				t.Errorf("problem %v, want %q", found.Problem, c.problem)
			}
		})
	}
	found, err := idosell.InspectAnswer(nil, []byte(`<Envelope><Body><Fault><faultcode>3</faultcode><faultstring>x</faultstring></Fault></Body></Envelope>`), nil, nil)
	if err != nil || !found.SOAP || found.Fault.Code != 3 {
		t.Errorf("a SOAP fault: %+v, %v", found, err)
	}
	if _, err := idosell.InspectAnswer(spec, []byte(`<html>`), nil, nil); err == nil {
		t.Error("a web page was read")
	}
}

func TestInspectRequest(t *testing.T) {
	spec := idosell.DefaultGates().Gate(idosell.OpGetOrders)
	var got []string
	found, err := idosell.InspectRequest(spec, []byte(`<Envelope><Body><get><getRequest><authenticate><sessionKey>k</sessionKey><who>me</who></authenticate>`+
		`<params><ordersIds><item>1</item></ordersIds><ordersRange><ordersDateRange><ordersDateType>add</ordersDateType><zone>PL</zone></ordersDateRange></ordersRange></params><more>1</more></getRequest></get></Body></Envelope>`), inspected(&got))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"authenticate.sessionKey", "authenticate?who(me)", "params.ids", "params.range", "params.range.dates", "params.range.dates.type", "params.range.dates?zone(PL)", "?more(1)"}
	if !slices.Equal(got, want) {
		t.Errorf("met %q, want %q", got, want)
	}
	if found.Method != "get" || found.Part != "getRequest" {
		t.Errorf("%+v", found)
	}
}

func TestAccepts(t *testing.T) {
	for typ, texts := range map[idosell.ValueType][2][]string{
		idosell.Text:     {{"", "anything"}, nil},
		idosell.Int:      {{"7", "-7", " 12.000 "}, {"x", "1.5"}},
		idosell.Number:   {{"7", "1,5", "1 234,50"}, {"", "x", "1e5"}},
		idosell.Flag:     {{"y", "N", "1"}, {"maybe"}},
		idosell.DateTime: {{"2024-01-31 12:00:00", "0000-00-00", "2024-01-31"}, {"today"}},
		idosell.Group:    {{""}, {"text"}},
	} {
		for i, want := range []bool{true, false} {
			for _, text := range texts[i] {
				if got := typ.Accepts(text); got != want {
					t.Errorf("type %d accepts %q: %v", typ, text, got)
				}
			}
		}
	}
}
