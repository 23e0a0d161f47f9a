package sandbox

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The fault codes of the project's default gate table.
const (
	faultLogin           = 1
	faultNothing         = 2
	faultParameter       = 3
	faultDropshippingKey = 4
	faultNotAllowed      = 5
)

// fault is a refusal, which a gate answers instead of or beside its results.
type fault struct {
	code int
	text string
}

func (f *fault) Error() string { return f.text }

func refuse(code int, text string) *fault { return &fault{code, text} }

// request is a call with what is known about its caller.
type request struct {
	*call
	account *account
	mood    Moods
	now     time.Time // by the sandbox's clock, in the shop's time zone
	address string    // the beginning of absolute URLs
	total   int       // set by gates that answer lists
	page    paging
}

// customerAPI answers /customer-api/?gate=<Gate>/<method>/<version>/soap[/wsdl].
func (s *Server) customerAPI(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Query().Get("gate"), "/")
	if len(parts) < 4 || !strings.EqualFold(parts[3], "soap") {
		notFound(w)
		return
	}
	g := findGate(parts[0], parts[1])
	version, err := strconv.Atoi(parts[2])
	if g == nil || err != nil || version < 0 || g.optional && !s.optionalGates {
		notFound(w)
		return
	}
	switch {
	case len(parts) == 5 && strings.EqualFold(parts[4], "wsdl"):
		if s.missing(g) {
			notFound(w)
			return
		}
		s.writeWSDL(w, r, g)
	case len(parts) != 4:
		notFound(w)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		writeHTML(w, http.StatusMethodNotAllowed, "Method Not Allowed")
	default:
		s.callGate(w, r, g)
	}
}

func (s *Server) callGate(w http.ResponseWriter, r *http.Request, g *gate) {
	started := time.Now()
	s.underway.Add(1)
	defer s.underway.Add(-1)
	mood := s.moodFor(g)
	s.mu.Lock()
	s.calls[g.String()]++
	s.mu.Unlock()
	if slices.ContainsFunc(mood.Different.MissingGates, g.matches) {
		notFound(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		writeHTML(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the caller is gone
	}
	if !s.beforeWork(w, r, mood) {
		return
	}
	c, err := readCall(body)
	if err == nil && c.method != folded(g.method) {
		err = errors.New("the method in the envelope is not the one in the address")
	}
	if err != nil {
		writeSOAPFault(w, "SOAP-ENV:Client", err.Error())
		return
	}
	req := &request{call: c, mood: mood, now: s.Now(), address: s.address(r)}
	response, code := s.respond(g, req)
	s.log.Debug("gate called", "gate", g.String(), "faultCode", code, "duration", time.Since(started))
	s.writeAnswer(w, r, g, mood, response)
}

// respond does the work and builds the answer's part.
func (s *Server) respond(g *gate, req *request) (*element, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.answer == nil { // Authenticate/authenticate, the only one without a session
		echo, results, err := s.authenticate(req)
		return s.response(g, req, echo, results, err)
	}
	echo, err := s.checkKeys(req)
	if err == nil && req.mood.Trouble.Fault != nil {
		err = refuse(req.mood.Trouble.Fault.Code, req.mood.Trouble.Fault.Text)
	}
	var results *element
	if err == nil {
		results, err = g.answer(s, req)
	}
	return s.response(g, req, echo, results, err)
}

func (s *Server) response(g *gate, req *request, echo, results *element, err error) (*element, int) {
	code, message := 0, ""
	if err != nil {
		code, message = faultParameter, err.Error()
	}
	if refused := (*fault)(nil); errors.As(err, &refused) {
		code = refused.code
	}
	if results == nil && g.list && code == faultNothing {
		results = array("results")
	}
	parts := []*element{echo}
	if code != 0 || !req.mood.Form.NoErrors {
		parts = append(parts, faultElement("errors", code, message))
	}
	if results != nil {
		parts = append(parts, results)
	}
	if g.list && results != nil {
		pages := (req.total + req.page.limit - 1) / max(req.page.limit, 1)
		parts = append(parts, whole("resultsNumberAll", int64(req.total)), whole("resultsNumberPage", int64(pages)),
			whole("resultsPage", int64(req.page.number)), whole("resultsLimit", int64(req.page.limit)))
	}
	return structure("response", parts...), code
}

func faultElement(name string, code int, message string) *element {
	return structure(name, whole("faultCode", int64(code)), text("faultString", message))
}

// missing says whether a mood takes the gate away altogether, its WSDL too.
func (s *Server) missing(g *gate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.moods, func(mood Moods) bool {
		return slices.ContainsFunc(mood.Different.MissingGates, g.matches)
	})
}

// paging is which part of a list is asked for.
type paging struct{ number, limit int }

const maxPage = 100

// readPaging reads resultsPage, from 0, and resultsLimit, at most 100.
func readPaging(params *received) (paging, error) {
	page := paging{limit: maxPage}
	for _, field := range []struct {
		name     string
		into     *int
		min, max int
	}{{"resultsPage", &page.number, 0, 1 << 30}, {"resultsLimit", &page.limit, 1, maxPage}} {
		asked := params.value(field.name)
		if asked == "" {
			continue
		}
		number, err := strconv.Atoi(asked)
		if err != nil || number < field.min || number > field.max {
			return page, refuse(faultParameter, "Niepoprawna wartość "+field.name)
		}
		*field.into = number
	}
	return page, nil
}

// pageOf answers the asked page of all rows, each written by parts, and notes
// their number. An empty page is fault 2.
func pageOf[T any](req *request, all []T, parts func(T) []*element) (*element, error) {
	page, err := readPaging(req.params)
	req.page, req.total = page, len(all)
	if err != nil {
		return nil, err
	}
	begin := min(page.number*page.limit, len(all))
	rows := all[begin:min(begin+page.limit, len(all))]
	if len(rows) == 0 {
		return nil, refuse(faultNothing, "Nie znaleziono wyników")
	}
	items := make([][]*element, len(rows))
	for i, row := range rows {
		items[i] = parts(row)
	}
	return array("results", items...), nil
}
