package record

import (
	"fmt"
	"strings"
)

// NoMatchError is the error of a request that a Replay has no answer for. Nothing
// was sent. Keys, dates and personal texts are left out of its texts.
type NoMatchError struct {
	Gate       string   // "Orders/get", "Orders/get (WSDL)"; empty: the address names none
	Reason     string   // why nothing can match, where it is not the request's body
	Nearest    int      // the place in the recording of the request that differs least, from 1; 0: none of this gate
	Difference string   // from the nearest recorded request to this one, as diff -u writes it; at most 60 lines
	Recorded   []string // where the gate was never recorded: the gates that were
}

// Error names the gate, the nearest recorded request and how it differs.
func (e *NoMatchError) Error() string {
	var b strings.Builder
	if e.Gate == "" {
		b.WriteString("the replay has no answer to a request")
	} else {
		fmt.Fprintf(&b, "the replay has no answer to this request of %s", e.Gate)
	}
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	switch {
	case e.Nearest > 0:
		fmt.Fprintf(&b, ". The nearest recorded request is number %d", e.Nearest)
	case len(e.Recorded) > 0:
		b.WriteString(". Recorded were: " + strings.Join(e.Recorded, ", "))
	}
	b.WriteString(". Ask as it was recorded, or record this request, too")
	if e.Difference != "" {
		b.WriteString("\n" + e.Difference)
	}
	return b.String()
}

// printable is a name out of an address, as it may stand in an error.
func printable(name string) string {
	return strings.Trim(fmt.Sprintf("%.100q", name), `"`)
}

// noMatch says why nothing in a library answers a request; without a library the
// gate was never recorded.
func (r *Replay) noMatch(address gateAddress, body []byte, library *library) error {
	out := &NoMatchError{Gate: printable(address.name())}
	if address.wsdl {
		out.Gate += " (WSDL)"
	}
	if library == nil {
		out.Reason, out.Recorded = "this gate was never recorded", r.recorded()
		return out
	}
	request := readableRequest(body, r.names)
	lines := splitLines(request)
	best, closest := "", 0
	for _, e := range library.entries {
		if e.skipped {
			continue
		}
		recorded := readableRequest(e.exchange.Request, r.names)
		if d := distance(splitLines(recorded), lines); out.Nearest == 0 || d < closest {
			out.Nearest, best, closest = e.number, recorded, d
		}
	}
	out.Difference = difference(fmt.Sprintf("recorded, number %d", out.Nearest), "asked", best, request)
	return out
}

// readableRequest is a request as it is shown. Of what is no XML nothing is shown: a key
// may stand anywhere in it.
func readableRequest(body []byte, names *nameBook) string {
	request, err := readAsked(body, names)
	if err != nil {
		return fmt.Sprintf("(a body of %d bytes that is no XML)\n", len(body))
	}
	return request.form(datesApart | peopleApart)
}
