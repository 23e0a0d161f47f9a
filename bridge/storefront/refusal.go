package storefront

import "net/http"

var refusalTemplate = parse("refusal.html")

// refusals name the texts that say what is wrong.
var refusals = map[int]string{
	http.StatusBadRequest:          "badRequest",
	http.StatusForbidden:           "forbidden",
	http.StatusNotFound:            "notFound",
	http.StatusInternalServerError: "internalError",
	http.StatusServiceUnavailable:  "outage",
}

// refusalBody is what the page of a refusal has. Text is the name of the text that
// says what is wrong.
type refusalBody struct {
	Status int
	Text   string
}

func (s *shop) refusalPage(v *visit, status int) *page {
	// What was asked for is not repeated, so that the other language begins anew.
	p := s.newPage(v, refusalTemplate, Prefix)
	p.Notice = nil
	p.Title, p.Body = p.tongue.text(table[refusals[status]]), refusalBody{status, refusals[status]}
	return p
}
