package sandbox

import (
	"bufio"
	"crypto/subtle"
	"io"
	"net/http"
	"strings"
	"time"
)

// offerView is the offer at one moment, which a file is written from without
// holding anything.
type offerView struct {
	*Server
	catalogue *Catalogue
	index     *offerIndex
	at        time.Time // when the file was made
	promised  map[variant]int64
	address   string
	account   *Account // whose prices the offer has
	altered   contentTrouble
}

// free is Server.free at the moment of the view.
func (v *offerView) free(of variant, size *Size) int64 {
	if size.Quantity < 0 {
		return unlimited
	}
	return max(size.Quantity-size.Reserved-v.promised[of], 0)
}

// feedLists are the files besides the gateway and the offers, in the gateway's
// order.
var feedLists = []struct {
	name  string
	write func(*offerView, *feedWriter)
}{
	{"categories", (*offerView).writeCategories},
	{"sizes", (*offerView).writeSizes},
	{"producers", (*offerView).writeProducers},
	{"units", (*offerView).writeUnits},
	{"parameters", (*offerView).writeParameters},
	{"stocks", (*offerView).writeStocks},
	{"series", (*offerView).writeSeries},
	{"warranties", (*offerView).writeWarranties},
	{"preset", (*offerView).writePreset},
}

// FeedToken is what the addresses of the feed's parts carry; made anew with the
// sandbox.
func (s *Server) FeedToken() string { return s.feed.token }

// feedPart serves the gateway and the parts of the offer. A part wants its
// token; the gateway, which tells it, is served without one, too, but not with a
// wrong one.
func (s *Server) feedPart(w http.ResponseWriter, r *http.Request) {
	name, isXML := strings.CutSuffix(r.PathValue("part"), ".xml")
	files := s.feedFiles(r)
	var file *feedFile
	for _, known := range files {
		if known.name == name {
			file = known
		}
	}
	if name == "gateway" {
		file = s.gatewayFile(files)
	}
	if !isXML || file == nil {
		notFound(w)
		return
	}
	token := r.URL.Query().Get("token")
	if free := name == "gateway" && token == ""; !free && subtle.ConstantTimeCompare([]byte(token), []byte(s.feed.token)) != 1 {
		writeHTML(w, http.StatusForbidden, "Brak dostępu")
		return
	}
	s.serveFeedFile(w, r, file)
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
