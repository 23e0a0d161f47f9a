package one_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/one"
)

// deep puts a body below so many objects of a name.
func deep(levels int, name, body string) string {
	return strings.Repeat(`{"`+name+`":`, levels) + body + strings.Repeat("}", levels)
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }

// What the files in testdata/shapes do not show.
func TestIDsOfBodies(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 200)
	for name, c := range map[string]struct {
		body string
		want shape
	}{
		// The names of fields.
		"separators within":      {`{"CLIENT-_ID":"1","offer.id":"2","cart Id":"3"}`, shape{customer: "1", offer: "2", cart: "3"}},
		"longer names":           {`{"clientIdentifier":"1","myCartId":"2","` + strings.Repeat("clientId", 1000) + `":"3"}`, shape{flag: one.FlagNoID}},
		"a bare id":              {`{"id":"1"}`, shape{flag: one.FlagNoID}},
		"an id in a wrapper":     {`{"data":{"id":"1"}}`, shape{flag: one.FlagNoID}},
		"all wrappers":           {`{"Payload":{"DATA":{"event":{"body":{"message":{"detail":{"clientId":"1"}}}}}}}`, shape{customer: "1"}},
		"one wrapper too many":   {deep(7, "data", `{"clientId":"1"}`), shape{flag: one.FlagNoID}},
		"other objects":          {`{"context":{"clientId":"1"}}`, shape{flag: one.FlagNoID}},
		"a customer as a text":   {`{"customer":"org:1","cart":"2","offer":3}`, shape{customer: "org:1", cart: "2", offer: "3"}},
		"a customer in a cart":   {`{"cart":{"id":"2","customer":{"id":"ind:1"}}}`, shape{customer: "ind:1", cart: "2"}},
		"a customer's own names": {`{"customer":{"customerId":"1","name":"x"}}`, shape{customer: "1"}},
		// Values.
		"no values":               {`{"clientId":true,"cartId":{},"offerId":[1]}`, shape{flag: one.FlagNoID}},
		"blanks around":           {`{"clientId":"\t org:1 \n"}`, shape{customer: "org:1"}},
		"a prefix and blanks":     {`{"clientId":"Org: 1"}`, shape{customer: "org:1"}},
		"a prefix alone":          {`{"clientId":"org:"}`, shape{flag: one.FlagNoID}},
		"another prefix":          {`{"clientId":"GRP:1"}`, shape{customer: "GRP:1"}},
		"a prefix of a cart":      {`{"clientId":"1","cartId":"ORG:1"}`, shape{customer: "1", cart: "ORG:1"}},
		"braces":                  {`{"clientId":"{838bed9a}"}`, shape{customer: "{838bed9a}"}},
		"Polish letters":          {`{"clientId":"żółw/1"}`, shape{customer: "żółw/1"}},
		"escaped letters":         {`{"clientId":"\u017c\/1"}`, shape{customer: "ż/1"}},
		"200 bytes":               {`{"clientId":"` + long + `"}`, shape{customer: long}},
		"201 bytes of letters":    {`{"clientId":"` + strings.Repeat("ż", 100) + `1"}`, shape{flag: one.FlagUnreadable}},
		"an unseen character":     {`{"clientId":"1\u202e2"}`, shape{flag: one.FlagUnreadable}},
		"half a pair":             {`{"clientId":"\ud800"}`, shape{flag: one.FlagUnreadable}},
		"no UTF-8 in an id":       {"{\"clientId\":\"1\xb1\"}", shape{flag: one.FlagUnreadable}},
		"no UTF-8 elsewhere":      {"{\"clientId\":\"1\",\"name\":\"\xb1\"}", shape{customer: "1"}},
		"a bad cart":              {`{"clientId":"1","cartId":"\u0007"}`, shape{flag: one.FlagUnreadable}},
		"a bad cart further down": {`{"clientId":"1","cartId":"2","data":{"cartId":"\u0007"}}`, shape{customer: "1", cart: "2"}},
		// Numbers.
		"a large number":    {`{"clientId":12345678901234567890123}`, shape{customer: "12345678901234567890123"}},
		"a whole number":    {`{"clientId":9001.000,"cartId":9.001e3,"offerId":900100E-2}`, shape{customer: "9001", cart: "9001", offer: "9001"}},
		"no whole number":   {`{"clientId":1.5,"cartId":1e-5,"offerId":-7}`, shape{customer: "1.5", cart: "1e-5", offer: "-7"}},
		"zero":              {`{"clientId":0,"cartId":-0.0,"offerId":0e999}`, shape{customer: "0", cart: "0", offer: "0"}},
		"a tiny number":     {`{"clientId":1e-999999999}`, shape{customer: "1e-999999999"}},
		"200 digits":        {`{"clientId":1e199}`, shape{customer: "1" + strings.Repeat("0", 199)}},
		"201 digits":        {`{"clientId":1e200}`, shape{flag: one.FlagUnreadable}},
		"many digits":       {`{"clientId":` + strings.Repeat("9", 60_000) + `}`, shape{flag: one.FlagUnreadable}},
		"an exponent":       {`{"clientId":1e99999999999999999999}`, shape{flag: one.FlagUnreadable}},
		"a tiny exponent":   {`{"clientId":1e-99999999999999999999}`, shape{flag: one.FlagUnreadable}},
		"no JSON number":    {`{"clientId":NaN}`, shape{flag: one.FlagUnreadable}},
		"with leading zero": {`{"clientId":007}`, shape{flag: one.FlagUnreadable}},
		// Two of one sort.
		"twice the same name":         {`{"clientId":"1","clientId":"2"}`, shape{customer: "2"}},
		"twice, the last is none":     {`{"clientId":"1","clientId":null}`, shape{flag: one.FlagNoID}},
		"twice the same id":           {`{"clientId":"org:1","client_id":"ORG:1","customerId":"1"}`, shape{customer: "org:1"}},
		"prefixes that differ":        {`{"clientId":"org:1","customerId":"ind:1","cartId":"2"}`, shape{cart: "2", flag: one.FlagAmbiguous}},
		"prefixes that differ, three": {`{"clientId":"1","client_id":"org:1","customerId":"ind:1"}`, shape{flag: one.FlagAmbiguous}},
		"two carts":                   {`{"clientId":"org:1","cartId":"1","cart_id":"2"}`, shape{customer: "org:1", flag: one.FlagAmbiguous}},
		"an object is further in":     {`{"clientId":"1","client":{"id":"2"}}`, shape{customer: "1"}},
		"two at the same depth":       {`{"data":{"clientId":"1"},"payload":{"clientId":"2"}}`, shape{flag: one.FlagAmbiguous}},
		"the outer one":               {`{"data":{"data":{"clientId":"1"}},"payload":{"clientId":"2"}}`, shape{customer: "2"}},
		"each where it is":            {`{"cartId":"1","data":{"clientId":"2","data":{"offerId":"3"}}}`, shape{customer: "2", cart: "1", offer: "3"}},
		// Documents in documents.
		"nested arrays":            {`[[[{"clientId":"1"}]]]`, shape{customer: "1"}},
		"the first of an array":    {`{"data":[{"x":1},{"clientId":"1"},{"clientId":"2"}]}`, shape{customer: "1"}},
		"numbers in an array":      {`[1,2,"x"]`, shape{flag: one.FlagNoID}},
		"a text in a wrapper":      {`{"message":` + quoted(`{"detail":`+quoted(`{"clientId":"1"}`)+`}`) + `}`, shape{customer: "1"}},
		"a text in an array":       {`[` + quoted(`{"clientId":"1"}`) + `]`, shape{customer: "1"}},
		"a text that is an id":     {`{"clientId":` + quoted(`{"id":"1"}`) + `}`, shape{flag: one.FlagNoID}},
		"an object that is a cart": {`{"clientId":"1","cart":` + quoted(`{"id":"2"}`) + `}`, shape{customer: "1", cart: "2"}},
		"texts in texts, too many": {`{"data":` + quoted(`{"data":`+quoted(`{"data":`+quoted(`{"data":`+quoted(`{"clientId":"1"}`)+`}`)+`}`)+`}`) + `}`, shape{flag: one.FlagNoID}},
		// Nothing, and nonsense.
		"blank arrays":          {` [ [ ] , null , {} , " " ] `, shape{flag: one.FlagEmpty}},
		"a blank text":          {`" "`, shape{flag: one.FlagEmpty}},
		"a text with nothing":   {`"{}"`, shape{flag: one.FlagEmpty}},
		"a mark alone":          {"\xef\xbb\xbf", shape{flag: one.FlagEmpty}},
		"a number":              {`7`, shape{flag: one.FlagNoID}},
		"a word":                {`true`, shape{flag: one.FlagNoID}},
		"a text":                {`"clientId"`, shape{flag: one.FlagNoID}},
		"an empty wrapper":      {`{"payload":{}}`, shape{flag: one.FlagNoID}},
		"two documents":         {`{"clientId":"1"}{"clientId":"2"}`, shape{flag: one.FlagUnreadable}},
		"something follows":     {`{"clientId":"1"}]`, shape{flag: one.FlagUnreadable}},
		"32 levels":             {`{"clientId":"1","x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, shape{customer: "1"}},
		"33 levels":             {`{"clientId":"1","x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, shape{flag: one.FlagUnreadable}},
		"levels in a text":      {`{"clientId":"1","x":"` + strings.Repeat("[", 100) + `\"{"}`, shape{customer: "1"}},
		"deep in a text":        {`{"data":"` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `"}`, shape{flag: one.FlagNoID}},
		"NULs":                  {strings.Repeat("\x00", 100), shape{flag: one.FlagUnreadable}},
		"a page":                {`<html><a href="?clientId=1&cartId=2">`, shape{flag: one.FlagUnreadable}},
		"JSON that is cut":      {`{"x":"&clientId=1&`, shape{flag: one.FlagUnreadable}},
		"UTF-16 without a mark": {"{\x00\"\x00}\x00", shape{flag: one.FlagUnreadable}},
		// Forms.
		"a form's spellings":   {"Client_ID=ORG%3A1&cart-id=2+3", shape{customer: "org:1", cart: "2 3"}},
		"a form's last":        {"clientId=1&clientId=2", shape{customer: "2"}},
		"a form of two":        {"clientId=1&customerId=2", shape{flag: one.FlagAmbiguous}},
		"a form badly encoded": {"clientId=%zz&x=%", shape{flag: one.FlagUnreadable}},
		"a form in part":       {"clientId=1&x=%&&=&y", shape{customer: "1"}},
		"a form without value": {"clientId=", shape{flag: one.FlagNoID}},
		"a form in Latin 2":    {"clientId=%B1", shape{flag: one.FlagUnreadable}},
		"a form of NULs":       {"clientId=%00", shape{flag: one.FlagUnreadable}},
		"no form of ours":      {"test=1", shape{flag: one.FlagUnreadable}},
		"a name alone":         {"clientId", shape{flag: one.FlagUnreadable}},
	} {
		for range 3 { // objects have no order
			var got shape
			got.customer, got.cart, got.offer, got.flag = one.IDs("text/plain", []byte(c.body))
			wants(t, name, got, c.want)
		}
	}
	for contentType, want := range map[string]one.Flag{
		"application/x-www-form-urlencoded; charset=UTF-8": one.FlagNoID, "application/json": one.FlagUnreadable, ";;;": one.FlagUnreadable, "": one.FlagUnreadable,
	} {
		_, _, _, flag := one.IDs(contentType, []byte("test=1"))
		wants(t, "test=1 as "+contentType, flag, want)
	}
}

// Reading takes little time, whatever comes.
func TestHostileBodiesAreReadQuickly(t *testing.T) {
	t.Parallel()
	matryoshka := `{"clientId":"1"}`
	for len(matryoshka) < one.MaxBody/3 {
		matryoshka = `{"data":` + quoted(matryoshka) + `}`
	}
	for name, body := range map[string]string{
		"10 MB":             strings.Repeat(`{"clientId":1}`, 750_000),
		"100,000 levels":    strings.Repeat("[", 100_000),
		"as deep as may be": strings.Repeat("[", one.MaxBody/2) + strings.Repeat("]", one.MaxBody/2),
		"deep in a text":    `{"data":"` + strings.Repeat("[", one.MaxBody-20) + `"}`,
		"many fields":       `{"data":{` + strings.Repeat(`"clientId":1,`, 5_000) + `"cartId":2}}`,
		"many things":       `{"client":[` + strings.Repeat(`{},`, 20_000) + `{}]}`,
		"many texts":        `{"data":[` + strings.Repeat(`"{}",`, 13_000) + `{}]}`,
		"texts in texts":    matryoshka,
		"many digits":       `{"clientId":1.` + strings.Repeat("9", one.MaxBody-20) + `}`,
		"many numbers":      `{"client":[` + strings.Repeat(`{"id":1e-200},`, 4_600) + `{}]}`,
		"a form":            strings.Repeat("clientId=1&", 5_900),
		"a form of nothing": strings.Repeat("&", one.MaxBody),
		"NULs":              strings.Repeat("\x00", one.MaxBody),
		"quotation marks":   strings.Repeat(`"`, one.MaxBody),
		"backslashes":       `"` + strings.Repeat(`\`, one.MaxBody-1),
	} {
		begin := time.Now()
		one.IDs("application/json", []byte(body))
		one.Unknown([]byte(body))
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
	}
}

func TestNamesOfUnknownFields(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for n := range 100 {
		fmt.Fprintf(&many, `"field%02d":1,`, n)
	}
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"all are known":         {`{"clientId":"1","client":{"id":"1"},"payload":{"Cart_ID":2,"data":null}}`, nil},
		"some":                  {`{"clientId":"1","tenant":"hurt","user":{"email":"jan@example.test","roles":["BUYER","ADMIN"]},"id":7}`, []string{"id", "tenant", "user.email", "user.roles[]"}},
		"in what is looked at":  {`{"payload":{"clientId":"1","sent":1,"id":2},"client":{"id":1,"name":"x"}}`, []string{"client.name", "payload.id", "payload.sent"}},
		"ids where none is":     {`{"user":{"clientId":"1","client":{"id":2}}}`, []string{"user.client.id", "user.clientId"}},
		"in arrays":             {`[{"clientId":"1","lines":[{"sku":1},{"sku":2,"ean":3}]}]`, []string{"[].lines[].sku", "[].lines[].ean"}},
		"in a text":             {`{"body":` + quoted(`{"clientId":"1","version":2}`) + `,"note":"{}"}`, []string{"body.version", "note"}},
		"empty ones":            {`{"a":{},"b":[],"c":null,"d":""}`, []string{"a", "b", "c", "d"}},
		"of a form":             {"clientId=1&test=2&source=x", []string{"source", "test"}},
		"names that show badly": {`{"a\u0000\u202e\nb":1}`, []string{"a???b"}},
		"unreadable":            {"{", nil},
		"empty":                 {"", nil},
	} {
		if got := one.Unknown([]byte(c.body)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	got := one.Unknown([]byte("{" + many.String() + `"clientId":"1"}`))
	if len(got) != 50 || got[49] != "field49" {
		t.Errorf("of a hundred it tells %d: %q", len(got), got)
	}
	for _, path := range one.Unknown([]byte(deep(30, strings.Repeat("ż", 1000), "1"))) {
		if len(path) > 200 || strings.Trim(path, "ż.") != "" {
			t.Errorf("a long path: %q", path)
		}
	}
}

func BenchmarkIDs(b *testing.B) {
	for name, body := range map[string]string{
		"flat":   `{"clientId":"org:9001","cartId":"5f1c2f4e-8f43-4f0c-9d6e-1d7f3a2b9c10"}`,
		"lambda": `{"version":"2.0","headers":{"content-type":"application/json"},"body":"{\"clientId\":\"org:9001\",\"cartId\":\"C/7\"}"}`,
		"form":   "clientId=org%3A9001&cartId=C%2F7&name=Anna+Nowak",
		"64 kB":  `{"clientId":"org:9001","lines":[` + strings.Repeat(`{"sku":"123","qty":1},`, 2800) + `{}]}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				one.IDs("application/json", []byte(body))
			}
		})
	}
}
