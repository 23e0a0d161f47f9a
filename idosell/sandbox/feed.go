package sandbox

import (
	"bufio"
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// feedState is what the offer's feed keeps: its token, and the hashes of its
// parts as long as the offer does not change.
type feedState struct {
	token string

	mu       sync.Mutex
	revision int64
	hashes   map[string]string // by part and address
}

// offerView is the offer at one moment, which a part is written from without
// holding anything.
type offerView struct {
	*Server
	revision int64
	changed  time.Time
	promised map[variant]int64
	address  string
	account  *Account // whose prices the offer has
}

func (s *Server) viewOffer(r *http.Request) *offerView {
	s.mu.Lock()
	defer s.mu.Unlock()
	view := &offerView{Server: s, revision: s.revision, changed: s.offerChange.In(s.location),
		promised: maps.Clone(s.promised), address: s.address(r)}
	if logins := s.logins(); len(logins) > 0 {
		view.account = &s.accounts[logins[0]].Account
	} else {
		view.account = &Account{}
	}
	return view
}

// free is Server.free at the moment of the view.
func (v *offerView) free(of variant, size *Size) int64 {
	if size.Quantity < 0 {
		return unlimited
	}
	return max(size.Quantity-size.Reserved-v.promised[of], 0)
}

// feedParts are the files of the feed besides the gateway.
var feedParts = []struct {
	name  string
	write func(*offerView, *feedWriter)
}{
	{"full", (*offerView).writeFull},
	{"light", (*offerView).writeLight},
	{"categories", (*offerView).writeCategories},
	{"sizes", (*offerView).writeSizes},
	{"producers", (*offerView).writeProducers},
	{"units", (*offerView).writeUnits},
	{"parameters", (*offerView).writeParameters},
	{"stocks", (*offerView).writeStocks},
	{"series", (*offerView).writeSeries},
	{"warranties", (*offerView).writeWarranties},
}

// FeedToken is what the addresses of the feed's parts carry; made anew with the
// sandbox.
func (s *Server) FeedToken() string { return s.feed.token }

// feedPart serves the gateway and the parts of the offer. A part wants its
// token; the gateway, which tells it, is served without one, too, but not with a
// wrong one.
func (s *Server) feedPart(w http.ResponseWriter, r *http.Request) {
	name, isXML := strings.CutSuffix(r.PathValue("part"), ".xml")
	var write func(*offerView, *feedWriter)
	for _, part := range feedParts {
		if part.name == name {
			write = part.write
		}
	}
	if name == "gateway" {
		write = (*offerView).writeGateway
	}
	if !isXML || write == nil {
		notFound(w)
		return
	}
	token := r.URL.Query().Get("token")
	if free := name == "gateway" && token == ""; !free && subtle.ConstantTimeCompare([]byte(token), []byte(s.feed.token)) != 1 {
		writeHTML(w, http.StatusForbidden, "Brak dostępu")
		return
	}
	view := s.viewOffer(r)
	header := w.Header()
	header.Set("ETag", `"`+view.hash(name, write)+`"`)
	header.Set("Last-Modified", view.changed.UTC().Format(http.TimeFormat))
	header.Set("Cache-Control", "no-cache")
	if notModified(r, header) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", "application/xml; charset=utf-8")
	view.write(w, write)
}

// notModified compares If-None-Match and, without it, If-Modified-Since with an
// answer's headers (RFC 9110, 13.2.2).
func notModified(r *http.Request, answer http.Header) bool {
	if tags := r.Header.Get("If-None-Match"); tags != "" {
		for tag := range strings.SplitSeq(tags, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == "*" || tag == answer.Get("ETag") {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	if err != nil {
		return false
	}
	modified, err := http.ParseTime(answer.Get("Last-Modified"))
	return err == nil && !modified.After(since)
}

func (v *offerView) write(to io.Writer, part func(*offerView, *feedWriter)) {
	w := &feedWriter{out: bufio.NewWriterSize(to, 32<<10)}
	part(v, w)
	_ = w.out.Flush()
}

// hash is the MD5 of a part's content, as the gateway tells it. It is computed
// once for each change of the offer.
func (v *offerView) hash(name string, part func(*offerView, *feedWriter)) string {
	s := v.Server
	key := name + " " + v.address
	s.feed.mu.Lock()
	if s.feed.revision != v.revision || len(s.feed.hashes) > 1000 {
		s.feed.revision, s.feed.hashes = v.revision, map[string]string{}
	}
	known := s.feed.hashes[key]
	s.feed.mu.Unlock()
	if known != "" {
		return known
	}
	sum := md5.New()
	v.write(sum, part)
	known = hex.EncodeToString(sum.Sum(nil))
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	if s.feed.revision == v.revision {
		s.feed.hashes[key] = known
	}
	return known
}

// feedWriter writes XML. Write errors stay in the buffered writer: the reader is
// gone then, and the rest is dropped.
type feedWriter struct {
	out  *bufio.Writer
	open []string
}

func (w *feedWriter) raw(text string) { _, _ = w.out.WriteString(text) }

// tag writes an opening tag with attributes, given as names and values.
func (w *feedWriter) tag(name string, attributes ...string) {
	w.begin(name, attributes)
	w.raw(">\n")
	w.open = append(w.open, name)
}

// empty writes an element without content.
func (w *feedWriter) empty(name string, attributes ...string) {
	w.begin(name, attributes)
	w.raw("/>\n")
}

// text writes an element with text in CDATA.
func (w *feedWriter) text(name, content string, attributes ...string) {
	w.begin(name, attributes)
	w.raw("><![CDATA[" + strings.ReplaceAll(clean(content), "]]>", "]]]]><![CDATA[>") + "]]></" + name + ">\n")
}

func (w *feedWriter) begin(name string, attributes []string) {
	w.raw(strings.Repeat("\t", len(w.open)) + "<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		w.raw(" " + attributes[i] + `="` + escaped(attributes[i+1]) + `"`)
	}
}

func (w *feedWriter) end() {
	name := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	w.raw(strings.Repeat("\t", len(w.open)) + "</" + name + ">\n")
}
