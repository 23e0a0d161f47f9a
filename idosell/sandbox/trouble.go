package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// beforeWork waits and refuses as the mood wants. It says whether the work is to
// be done.
func (s *Server) beforeWork(w http.ResponseWriter, r *http.Request, mood Moods) bool {
	trouble := mood.Trouble
	if !s.wait(r.Context(), time.Duration(trouble.Delay), trouble.Hold) || trouble.Drop == "before" ||
		!s.wait(context.WithoutCancel(r.Context()), time.Duration(trouble.Late), nil) {
		panic(http.ErrAbortHandler) // closes the connection without a word
	}
	if trouble.RetryAfter > 0 {
		after := time.Duration(trouble.RetryAfter)
		value := strconv.Itoa(int((after + time.Second - 1) / time.Second))
		if trouble.RetryAfterDate {
			value = s.clock.Now().Add(after).UTC().Format(http.TimeFormat)
		}
		w.Header().Set("Retry-After", value)
	}
	refused := trouble.Status == http.StatusTooManyRequests || trouble.Status == http.StatusServiceUnavailable
	switch {
	case trouble.Redirect != "":
		w.Header().Set("Location", trouble.Redirect)
		writeHTML(w, statusOr(trouble.Status, http.StatusFound), "Moved")
	case trouble.HTML, refused:
		writeHTML(w, statusOr(trouble.Status, http.StatusOK), "Przerwa techniczna")
	case trouble.SOAPFault != "":
		writeSOAPFault(w, "SOAP-ENV:Server", trouble.SOAPFault)
	default:
		return true
	}
	return false
}

func statusOr(status, usual int) int {
	if status == 0 {
		return usual
	}
	return status
}

// wait waits for a time and for a channel to close. It says false when the
// caller went away or the sandbox was closed meanwhile.
func (s *Server) wait(ctx context.Context, delay time.Duration, hold <-chan struct{}) bool {
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		case <-s.closed:
			return false
		}
	}
	if hold == nil {
		return true
	}
	select {
	case <-hold:
		return true
	case <-ctx.Done():
	case <-s.closed:
	}
	return false
}

// writeAnswer writes the answer in the mood's form, with the mood's trouble.
func (s *Server) writeAnswer(w http.ResponseWriter, r *http.Request, g *gate, mood Moods, response *element) {
	trouble := mood.Trouble
	if !s.wait(r.Context(), time.Duration(trouble.AnswerDelay), nil) || trouble.Drop == "after" {
		panic(http.ErrAbortHandler)
	}
	status := statusOr(trouble.Status, http.StatusOK)
	if trouble.Empty {
		w.WriteHeader(status)
		return
	}
	markItems(response, trouble.ItemFault, trouble.DeepFault)
	document := envelope(g.name, g.method, inForm(response, g.method, mood.Form), styleOf(mood.Form))
	body, charset, err := encoded(document, mood.Form.Encoding)
	if err != nil {
		writeSOAPFault(w, "SOAP-ENV:Server", err.Error())
		return
	}
	if trouble.Twice {
		body = bytes.Repeat(body, 2)
	}
	if trouble.Truncated {
		body = body[:len(body)/2]
	}
	w.Header().Set("Content-Type", "text/xml; charset="+charset)
	switch {
	case trouble.GiantMB > 0:
		w.WriteHeader(status)
		writeGiant(w, document, trouble.GiantMB)
	case trouble.Drop == "middle":
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

// writeGiant writes a document with so many megabytes of items before its last
// closing elements. It holds none of them.
func writeGiant(w io.Writer, document string, megabytes int) {
	at := strings.LastIndex(document, "</response>")
	if at < 0 {
		at = len(document)
	}
	item := "<item><filler>" + strings.Repeat("x", 1<<10-len("<item><filler></filler></item>")) + "</filler></item>"
	if _, err := io.WriteString(w, document[:at]+"<results>"); err != nil {
		return
	}
	for range megabytes << 10 {
		if _, err := io.WriteString(w, item); err != nil {
			return // the reader has had enough
		}
	}
	_, _ = io.WriteString(w, "</results>"+document[at:])
}

func writeSOAPFault(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault>`+
		`<faultcode>%s</faultcode><faultstring>%s</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`+"\n",
		escaped(code), escaped(message))
}

func notFound(w http.ResponseWriter) { writeHTML(w, http.StatusNotFound, "Nie znaleziono strony") }

// writeHTML writes a small page, for people who were sent astray.
func writeHTML(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	title = html.EscapeString(title)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=\"pl\"><head><meta charset=\"utf-8\"><title>%s</title></head><body><h1>%s</h1></body></html>\n", title, title)
}
