package sandbox

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serveFeedFile answers a request for a file: whole or in part, zipped where the
// reader takes it, or that it has not changed; with the trouble of the mood.
func (s *Server) serveFeedFile(w http.ResponseWriter, r *http.Request, f *feedFile) {
	s.underway.Add(1)
	defer s.underway.Add(-1)
	mood := s.feedMood(f.kind, true)
	answer := &feedAnswer{ResponseWriter: w, server: s, kind: f.kind, ctx: r.Context(), left: -1,
		perSecond: mood.Feed.BytesPerSecond, noRanges: mood.Feed.NoRanges}
	s.countServed(f.kind, FeedServed{Requests: 1})
	if !s.beforeWork(answer, r, mood) {
		return
	}
	trouble := mood.Trouble
	if trouble.Status >= 400 {
		writeHTML(answer, trouble.Status, http.StatusText(trouble.Status))
		return
	}
	if trouble.Empty {
		answer.WriteHeader(statusOr(trouble.Status, http.StatusOK))
		return
	}
	if !s.wait(r.Context(), time.Duration(trouble.AnswerDelay), nil) || trouble.Drop == "after" {
		panic(http.ErrAbortHandler)
	}
	tag, body := f.wireContent(mood, acceptsGzip(r) && !mood.Feed.NoGzip)
	header := answer.Header()
	if strings.HasSuffix(tag, gzipTag) {
		header.Set("Content-Encoding", "gzip")
	}
	// ServeContent leaves it out of what is zipped, but a resuming reader needs it.
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Type", "application/xml; charset=utf-8")
	modified := f.view.at
	r = r.Clone(r.Context())
	if mood.Feed.NoRanges {
		r.Header.Del("Range")
	}
	if mood.Feed.NoValidators {
		modified = time.Time{}
		for _, condition := range []string{"If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since"} {
			r.Header.Del(condition)
		}
	} else {
		header.Set("ETag", `"`+tag+`"`)
	}
	switch {
	case trouble.Drop == "middle":
		answer.left = int64(len(body) / 2)
	case mood.Feed.BreakAfter > 0:
		answer.left = mood.Feed.BreakAfter
	}
	http.ServeContent(answer, r, "", modified, bytes.NewReader(body))
}

// gzipTag ends the tag of a zipped file: another representation with another tag,
// so that nobody goes on in the one with bytes of the other.
const gzipTag = "-gzip"

// wireContent is a file's entity tag, without its quotes, and its bytes as they
// are sent. A file that the mood cuts off has the tag of the whole one: its
// server knows nothing of the cut.
func (f *feedFile) wireContent(mood Moods, compress bool) (tag string, body []byte) {
	altered := mood.Feed.contentTrouble()
	untouched := mood.Feed.CutAfter == 0 && !mood.Trouble.Truncated && !mood.Trouble.Twice
	if compress && untouched {
		if kept := f.rendered(altered); kept.small != nil {
			return kept.hash + gzipTag, kept.small()
		}
	}
	tag, body = f.content(altered)
	if mood.Trouble.Truncated {
		body = body[:len(body)/2]
	}
	if cut := mood.Feed.CutAfter; cut > 0 && cut < int64(len(body)) {
		body = body[:cut]
	}
	if mood.Trouble.Twice {
		body = bytes.Repeat(body, 2)
	}
	if compress {
		return tag + gzipTag, zipped(body)
	}
	return tag, body
}

// acceptsGzip reads Accept-Encoding: gzip, or anything, unless its weight is 0.
func acceptsGzip(r *http.Request) bool {
	any, named, accepted := false, false, false
	for _, line := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(coding, ";")
			weight, _ := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
			wanted := strings.Trim(weight, "0.") != "" || weight == ""
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip", "x-gzip":
				named, accepted = true, wanted
			case "*":
				any = wanted
			}
		}
	}
	return accepted || any && !named
}

// countServed counts before anything is sent, so that who has an answer finds it
// counted.
func (s *Server) countServed(kind string, more FeedServed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	served := s.feed.served[kind]
	served.Requests += more.Requests
	served.NotModified += more.NotModified
	served.Bytes += more.Bytes
	s.feed.served[kind] = served
}

// feedAnswer counts what is sent, and is slow or breaks off as the mood wants.
type feedAnswer struct {
	http.ResponseWriter
	server    *Server
	kind      string
	ctx       context.Context
	left      int64 // bytes until the connection breaks; -1: it does not
	perSecond int64 // 0: as fast as it can
	noRanges  bool
}

func (a *feedAnswer) WriteHeader(status int) {
	if a.noRanges {
		a.Header().Del("Accept-Ranges")
	}
	if status == http.StatusNotModified {
		a.server.countServed(a.kind, FeedServed{NotModified: 1})
	}
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.NewResponseController flush.
func (a *feedAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Write panics with http.ErrAbortHandler, which closes the connection, where the
// mood breaks it and where a slow answer's reader has gone.
func (a *feedAnswer) Write(p []byte) (int, error) {
	if a.left >= 0 && int64(len(p)) > a.left {
		_, _ = a.slowly(p[:a.left])
		_ = http.NewResponseController(a.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	n, err := a.slowly(p)
	if a.left >= 0 {
		a.left -= int64(n)
	}
	return n, err
}

func (a *feedAnswer) slowly(p []byte) (int, error) {
	if a.perSecond == 0 {
		return a.counted(p)
	}
	const step = 50 * time.Millisecond
	done := 0
	for done < len(p) {
		piece := min(int(max(a.perSecond*int64(step)/int64(time.Second), 1)), len(p)-done)
		n, err := a.counted(p[done : done+piece])
		done += n
		if err != nil {
			return done, err
		}
		_ = http.NewResponseController(a.ResponseWriter).Flush()
		if !a.server.wait(a.ctx, time.Duration(float64(n)/float64(a.perSecond)*float64(time.Second)), nil) {
			panic(http.ErrAbortHandler)
		}
	}
	return done, nil
}

func (a *feedAnswer) counted(p []byte) (int, error) {
	a.server.countServed(a.kind, FeedServed{Bytes: int64(len(p))})
	return a.ResponseWriter.Write(p)
}
