package survey_test

import (
	"slices"
	"strings"
	"testing"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/record/survey"
	"octobridge/idosell/sandbox"
)

// TestSandboxIsKnown: a session with the sandbox is decoded in each of its moods,
// and of no form of an answer is an element unknown.
func TestSandboxIsKnown(t *testing.T) {
	for name, moods := range map[string]sandbox.Moods{
		"plain": {}, "maps": {Form: sandbox.Form{Map: true}}, "references": {Form: sandbox.Form{MultiRef: true}},
		"snake case": {Form: sandbox.Form{SnakeCase: true, Untyped: true}}, "repeated": {Form: sandbox.Form{Repeated: true, Nil: true}},
		"lone items": {Form: sandbox.Form{LoneItem: true, EmptyArrays: true}}, "ISO-8859-2": {Form: sandbox.Form{Encoding: "iso-8859-2", CDATA: true, OtherPrefixes: true}},
	} {
		t.Run(name, func(t *testing.T) {
			found := survey.Check(session(t, moods), nil)
			for _, g := range found.Gates {
				for _, u := range g.Unknown {
					t.Errorf("%s: %+v", g.Name, u)
				}
				if g.Operation == "" {
					t.Errorf("%s has no operation", g.Name)
				}
			}
			if len(found.Undecodable) != 0 || !found.OK() || len(found.Gates) < 13 {
				t.Errorf("%d gates, undecodable: %+v", len(found.Gates), found.Undecodable)
			}
			if len(found.Proposals) != 0 || found.Override != "" {
				t.Errorf("proposed: %+v", found.Proposals)
			}
		})
	}
}

// TestDialect: what another wholesaler calls otherwise is found, and the proposed
// gates file makes all of it known.
func TestDialect(t *testing.T) {
	names := map[string]string{
		"orderDetails": "ordersDetail", "orderStatus": "orders-status", "productSizesAttributes": "product_sizes_attribute", "sessionKey": "session.key",
		"productRetailPrice": "retail_price_product", "deliveryAddress": "deliveryAddressData", "deliveryDays": "deliveriesDays", "courierId": "courierIdentifier",
	}
	exchanges := renamed(session(t, sandbox.Moods{}), names)
	for i := range exchanges {
		exchanges[i].Version = 12
	}
	found := survey.Check(exchanges, nil)
	if found.OK() || found.Unknown() < 8 {
		t.Fatalf("%d unknown", found.Unknown())
	}
	for _, g := range found.Gates {
		for _, u := range g.Unknown {
			if u.Proposal == "" {
				t.Errorf("%s: nothing is proposed for %+v", g.Name, u)
			}
			if e := exchanges[u.Example-1]; !strings.Contains(string(e.Answer)+string(e.Request), u.Name) || e.Name() != g.Name {
				t.Errorf("%s: exchange %d is no example of %s", g.Name, u.Example, u.Name)
			}
		}
	}
	table, err := idosell.ReadGates(strings.NewReader(found.Override))
	if err != nil {
		t.Fatalf("%v:\n%s", err, found.Override)
	}
	after := survey.Check(exchanges, table)
	if !after.OK() || len(after.Proposals) != 0 {
		t.Errorf("unknown with the proposed file: %+v, undecodable %+v, proposed again %+v", after.Unknown(), after.Undecodable, after.Proposals)
	}
	// It reads what the built-in table reads, too.
	if back := survey.Check(session(t, sandbox.Moods{}), table); !back.OK() {
		t.Errorf("the file makes unknown what was known: %+v", back)
	}
	if spec := table.Gate(idosell.OpGetOrders); spec.Version != 12 {
		t.Errorf("version %d", spec.Version)
	}
}

// TestOwnGatesFile: what a table has already stays in the proposed file.
func TestOwnGatesFile(t *testing.T) {
	table, err := idosell.ReadGates(strings.NewReader("get-orders:\n  version: 5\n  names:\n    results.details.status: [stan, orderStatus]\n"))
	if err != nil {
		t.Fatal(err)
	}
	exchanges := renamed(session(t, sandbox.Moods{}), map[string]string{"orderStatus": "stan", "orderDetails": "particulars"}, "Orders/get")
	for i := range exchanges {
		exchanges[i].Version = -1 // it is not told
	}
	found := survey.Check(exchanges, table)
	if len(found.Proposals) != 1 || found.Proposals[0].Path != "results.details" {
		t.Fatalf("%+v", found.Proposals)
	}
	next, err := idosell.ReadGates(strings.NewReader(found.Override))
	if err != nil {
		t.Fatal(err)
	}
	if spec := next.Gate(idosell.OpGetOrders); spec.Version != 5 {
		t.Errorf("version %d", spec.Version)
	}
	if after := survey.Check(exchanges, next); !after.OK() {
		t.Errorf("%+v", after)
	}
}

// TestOtherGates: gates and parts of other names.
func TestOtherGates(t *testing.T) {
	exchanges := session(t, sandbox.Moods{})
	for i := range exchanges {
		e := &exchanges[i]
		if e.Name() == "Orders/get" {
			e.Gate, e.Method = "order", "get"
			e.Request = []byte(strings.NewReplacer("<get ", "<getRequest ", "<get>", "<getRequest>", "</get>", "</getRequest>").Replace(string(e.Request)))
		}
		if e.Name() == "Products/search" {
			e.Gate, e.Method = "Warehouse", "levels"
		}
	}
	found := survey.Check(exchanges, nil)
	table, err := idosell.ReadGates(strings.NewReader(found.Override))
	if err != nil {
		t.Fatalf("%v:\n%s", err, found.Override)
	}
	if spec := table.Gate(idosell.OpGetOrders); spec.Gate != "order" || spec.Method != "get" || spec.Part != "getRequest" {
		t.Errorf("%s/%s, part %q", spec.Gate, spec.Method, spec.Part)
	}
	after := survey.Check(exchanges, table)
	if after.Unknown() != 1 { // what is like nothing is not guessed
		t.Errorf("%d unknown: %+v", after.Unknown(), after.Gates)
	}
}

// TestUnknownWithoutProposal: what looks like two things, is of another type, or
// like nothing, is not proposed.
func TestUnknownWithoutProposal(t *testing.T) {
	exchanges := session(t, sandbox.Moods{})
	for i := range exchanges {
		if exchanges[i].Name() == "Dropshipping/getSupplierData" {
			exchanges[i].Answer = []byte(strings.NewReplacer("<deliveryDays ", "<deliveryDaysText ", "</deliveryDays>", " about</deliveryDaysText><colour>red</colour><days2>3</days2>").
				Replace(string(exchanges[i].Answer)))
		}
	}
	found := survey.Check(exchanges, nil)
	if found.Unknown() != 3 || len(found.Proposals) != 0 {
		t.Errorf("%d unknown, proposed %+v", found.Unknown(), found.Proposals)
	}
	for _, g := range found.Gates {
		if g.Name == "Dropshipping/getSupplierData" && !slices.Contains(g.Unseen, survey.Unseen{Path: "results.deliveryDays", Name: "deliveryDays"}) {
			t.Errorf("unseen: %+v", g.Unseen)
		}
	}
}

// TestUndecodable: what the client could not read is named with its reason, and
// without what stands there.
func TestUndecodable(t *testing.T) {
	good := session(t, sandbox.Moods{})
	at := slices.IndexFunc(good, func(e record.Exchange) bool { return e.Name() == "Basket/get" })
	for name, harm := range map[string]struct {
		from, to, reason string
	}{
		"a number that is none": {"</quantity>", " plenty</quantity>", "it is no decimal number"},
		"cut short":             {"</SOAP-ENV:Envelope>", "", "it is no XML"},
	} {
		t.Run(name, func(t *testing.T) {
			exchanges := slices.Clone(good)
			exchanges[at].Answer = []byte(strings.Replace(string(exchanges[at].Answer), harm.from, harm.to, 1))
			found := survey.Check(exchanges, nil)
			if len(found.Undecodable) != 1 || found.Undecodable[0].Exchange != at+1 || found.Undecodable[0].Request || !strings.Contains(found.Undecodable[0].Reason, harm.reason) {
				t.Fatalf("%+v", found.Undecodable)
			}
			if strings.Contains(found.Undecodable[0].Reason, "plenty") {
				t.Error("the reason repeats the text")
			}
		})
	}
}

// TestFailuresArePassedOver: what was no answer is no finding.
func TestFailuresArePassedOver(t *testing.T) {
	found := survey.Check([]record.Exchange{
		{Gate: "Orders", Method: "get", Failure: "timeout", Request: []byte("<x/>")},
		{Gate: "Orders", Method: "get", WSDL: true, Answer: []byte("<definitions/>")},
		{Gate: "Orders", Method: "get", Status: 502, Answer: []byte("<html>Bad gateway</html>")},
	}, nil)
	if !found.OK() || found.Exchanges != 1 || found.PassedOver != 2 || len(found.Gates) != 1 || len(found.Gates[0].Unseen) != 0 {
		t.Errorf("%+v", found)
	}
}
