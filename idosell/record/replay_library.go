package record

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"octobridge/idosell"
)

// This file puts a recording in order: what was recorded of each gate, without the
// refusals of sessions that are long gone.

// fill puts the exchanges into their libraries.
func (r *Replay) fill(exchanges []Exchange) {
	repeats := map[string][]*entry{}
	for i := range exchanges {
		e := &entry{exchange: &exchanges[i], number: i + 1}
		if exchanges[i].Operation == idosell.OpAuthenticate {
			r.authenticate[strings.ToLower(exchanges[i].Name())] = true
		}
		r.entries = append(r.entries, e)
	}
	for _, e := range r.entries {
		name := strings.ToLower(e.exchange.Name())
		switch {
		case e.exchange.WSDL:
			continue
		case !r.authenticate[name]:
			e.digests = digestsOf(e.exchange.Request, r.names)
		}
		key := name + string(e.dateless[:])
		repeats[key] = append(repeats[key], e)
	}
	for _, calls := range repeats {
		skipRepeated(calls)
	}
	for _, e := range r.entries {
		key := libraryKey(e.exchange.Name(), e.exchange.WSDL)
		if r.libraries[key] == nil {
			r.libraries[key] = newLibrary(e.exchange.Name())
		}
		r.libraries[key].add(e)
	}
}

func libraryKey(name string, wsdl bool) string {
	if wsdl {
		return strings.ToLower(name) + " WSDL"
	}
	return strings.ToLower(name)
}

// loginFault finds the fault code of a session that is gone (idosell.FaultLogin),
// wherever it stands in an answer: the client renews its session for each.
var loginFault = regexp.MustCompile(`(?i)<(?:[\w.-]+:)?fault_?code(?:\s[^>]*)?>\s*(?:<!\[CDATA\[)?\s*1\s*(?:\]\]>)?\s*</`)

// skipRepeated marks the login faults that stand before another answer to the same
// call: of the calls of one request, in their order.
func skipRepeated(calls []*entry) {
	answered := false
	for _, e := range slices.Backward(calls) {
		x := e.exchange
		switch {
		case x.Status == 0 || x.Failure != "": // no answer at all
		case len(calls) > 1 && isLoginFault(x.Answer):
			e.skipped = answered
		default:
			answered = true
		}
	}
}

func isLoginFault(answer []byte) bool {
	if len(answer) < 2 || answer[0] != 0xfe && answer[0] != 0xff {
		return loginFault.Match(answer)
	}
	plain, err := io.ReadAll(plainBytes(answer)) // UTF-16
	return err == nil && loginFault.Match(plain)
}

// madeUpSession is what Authenticate answers where it was not recorded.
func madeUpSession(spec *idosell.GateSpec) []byte {
	name := "sessionKey"
	for _, field := range spec.Results {
		if field.Key == "sessionKey" {
			name = field.Name
		}
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><%[1]sResponse><response>
<errors><faultCode>0</faultCode><faultString></faultString></errors>
<results><%[2]s>a-session-of-the-replay</%[2]s></results>
</response></%[1]sResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>
`, spec.Method, name)
}
