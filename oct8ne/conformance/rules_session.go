package conformance

import (
	"context"
	"fmt"
	"strings"
)

var salesRules = []rule{
	{
		Rule:  Rule{"getSalesReport.wrong-token", "With a wrong apiToken, none or an empty one the answer is [].", sheetMethods},
		needs: []string{"getSalesReport.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.closed(ctx, "getSalesReport", "from", "2000-01-01", "to", "2100-01-01")
		},
	},
	{
		Rule:  Rule{"getSalesReport.fields", "A sale has its fields, and lastAction is C or U.", sheetMethods},
		needs: []string{"getSalesReport.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			if p.options.APIToken.Empty() {
				return skip("no apiToken was given")
			}
			x := p.get(ctx, "getSalesReport", q("from", "2000-01-01", "to", "2100-01-01", "apiToken", p.options.APIToken.Reveal()))
			list, wrong := x.list()
			if wrong != "" {
				return fail(x, "%s", wrong)
			}
			if len(list) == 0 {
				return skip("there are no sales")
			}
			for i, sale := range list {
				place := fmt.Sprintf("sale %d of the answer", i+1)
				if wrong := misfit(place, sale, nil); wrong != "" {
					return fail(x, "%s", wrong)
				}
				for _, name := range []string{"quoteId", "quoteid", "orderId", "sessionId", "customerId", "price", "finalPrice",
					"currency", "productsCount", "itemsCount", "lastAction", "utcCreated", "utcLastUpdated"} {
					if _, there := sale.(object)[name]; !there {
						return fail(x, "%s has no %s", place, name)
					}
				}
				if action := str(sale, "lastAction"); action != "C" && action != "U" {
					return fail(x, "%s: lastAction is %q", place, action)
				}
			}
			return pass()
		},
	},
}

var sessionRules = []rule{
	{
		Rule:  Rule{"checkSession.wrong-token", "With a wrong apiToken, none or an empty one success is false.", sheetMethods},
		needs: []string{"checkSession.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			for _, pair := range [][]string{{"apiToken", wrongToken}, {}, {"apiToken", ""}} {
				params := q(append(pair, "customerEmail", p.options.CustomerEmail, "sessionId", p.options.SessionID.Reveal())...)
				if v := p.notEnabled(ctx, params); v.outcome != Passed {
					return v
				}
			}
			return pass()
		},
	},
	{
		Rule:  Rule{"checkSession.failure", "A failure is success false, a real boolean, with one of the documented errors.", sheetMethods},
		needs: []string{"checkSession.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			return p.notEnabled(ctx, q("customerEmail", nowhere, "sessionId", "none", "apiToken", p.options.APIToken.Reveal()))
		},
	},
	{
		Rule:  Rule{"checkSession.made-up", "A session that was made up is refused.", sheetMethods},
		needs: []string{"checkSession.failure"},
		check: func(ctx context.Context, p *probe) verdict {
			if p.options.APIToken.Empty() || p.options.CustomerEmail == "" {
				return skip("no apiToken or no customer's e-mail address was given")
			}
			return p.notEnabled(ctx, p.customer("sessionId", "octobridge-conformance-made-up"))
		},
	},
	{
		Rule:  Rule{"checkSession.aliases", "customer_email and customer_session_id are read like customerEmail and sessionId.", sheetMethods},
		needs: []string{"checkSession.failure"},
		check: func(ctx context.Context, p *probe) verdict {
			email, proof, token := p.options.CustomerEmail, p.options.SessionID.Reveal(), p.options.APIToken.Reveal()
			if email == "" || token == "" {
				return skip("no apiToken or no customer's e-mail address was given")
			}
			if proof == "" {
				proof = "octobridge-conformance-made-up"
			}
			want, _ := p.get(ctx, "checkSession", q("customerEmail", email, "sessionId", proof, "apiToken", token)).value()
			x := p.get(ctx, "checkSession", q("customer_email", email, "customer_session_id", proof, "apiToken", token))
			answer, wrong := x.object()
			if wrong == "" && !same(answer, want) {
				wrong = "the answer is another than with customerEmail and sessionId"
			}
			return must(x, wrong)
		},
	},
	{
		Rule:  Rule{"checkSession.valid", `A live session is {"success":true,"message":"user enabled"}.`, sheetMethods},
		needs: []string{"checkSession.answers"},
		check: func(ctx context.Context, p *probe) verdict {
			if p.options.APIToken.Empty() || p.options.CustomerEmail == "" || p.options.SessionID.Empty() {
				return skip("no session's proof was given with a customer's e-mail address and an apiToken")
			}
			x := p.get(ctx, "checkSession", p.customer("sessionId", p.options.SessionID.Reveal()))
			answer, wrong := x.object()
			if wrong == "" && (answer["success"] != true || answer["message"] != "user enabled") {
				wrong = fmt.Sprintf("success is %v, message is %v", answer["success"], answer["message"])
			}
			return must(x, wrong)
		},
	},
}

// notEnabled checks that a session is refused as documented.
func (p *probe) notEnabled(ctx context.Context, params map[string][]string) verdict {
	x := p.get(ctx, "checkSession", params)
	answer, wrong := x.object()
	if wrong != "" {
		return fail(x, "%s", wrong)
	}
	if answer["success"] != false {
		return fail(x, "success is %v (%s), want false", answer["success"], kindOf(answer["success"]))
	}
	said := str(answer, "error")
	if said != "Customer not found" && said != "Invalid Order for customer email" && !strings.HasPrefix(said, "Invalid session") {
		return fail(x, "error is %q, want one of the documented", said)
	}
	return pass()
}
