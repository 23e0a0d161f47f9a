package survey_test

import (
	"strings"
	"testing"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/record/survey"
)

// FuzzSurvey: any exchange is looked at without harm; what is proposed can be read
// as a gates file, and leaves no more unknown than there was.
func FuzzSurvey(f *testing.F) {
	f.Add("Orders", "get", []byte(`<Envelope><Body><get><get><authenticate/><params><order_id>1</order_id></params></get></get></Body></Envelope>`),
		[]byte(`<Envelope><Body><getResponse><response><errors><faultCode>0</faultCode></errors><results><item><ordersDetail><orders-status>new</orders-status></ordersDetail></item></results></response></getResponse></Body></Envelope>`), 200)
	f.Add("basket", "gets", []byte(nil), reply("0"), 200)
	f.Add("Basket", "get", []byte("<"), []byte("<html>"), 500)
	f.Add("Products", "search", []byte(nil), []byte(`<Envelope><Body><r><response><results><item><key>productid.</key><value>7</value></item><item><key>a</key><value href="#a" id="a"/></item></results></response></r></Body></Envelope>`), 0)
	f.Fuzz(func(t *testing.T, gate, method string, request, answer []byte, status int) {
		exchanges := []record.Exchange{{Gate: gate, Method: method, Version: 3, Status: status, Request: request, Answer: answer}}
		survey.Stats(exchanges)
		found := survey.Check(exchanges, nil)
		if found.Override == "" {
			return
		}
		table, err := idosell.ReadGates(strings.NewReader(found.Override))
		if err != nil {
			t.Fatalf("%v:\n%s", err, found.Override)
		}
		if after := survey.Check(exchanges, table); after.Unknown() > found.Unknown() {
			t.Errorf("%d are unknown with the proposed file, %d without:\n%s", after.Unknown(), found.Unknown(), found.Override)
		}
	})
}
