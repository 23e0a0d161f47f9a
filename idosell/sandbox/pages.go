package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The sides of the square pictures that answers and the feed point to, in
// pixels.
const (
	largePicture = 800
	smallPicture = 200
)

// pictureDate is when the drawings changed last.
var pictureDate = time.Date(2026, time.November, 21, 8, 0, 0, 0, time.UTC)

type pictureKey struct {
	product       int64
	drawing       int
	width, height int
}

func pictureURL(address string, product int64, n, side int) string {
	return fmt.Sprintf("%s/_sandbox/picture/%d/%d-%dx%d.png", address, product, n, side, side)
}

// pictureHash names a drawing's content without drawing it: the same product,
// number and size always give the same picture.
func pictureHash(product int64, n, side int) string {
	sum := md5.Sum(fmt.Appendf(nil, "%d/%d/%dx%d %s", product, n, side, side, pictureDate))
	return hex.EncodeToString(sum[:])
}

// pictureFile serves "/_sandbox/picture/<productId>/<n>-<w>x<h>.png".
func (s *Server) pictureFile(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("product"), 10, 64)
	p := s.index().byID[id]
	key := pictureKey{product: id}
	name := r.PathValue("file")
	if _, scanErr := fmt.Sscanf(name, "%d-%dx%d.png", &key.drawing, &key.width, &key.height); scanErr != nil ||
		err != nil || p == nil || key.drawing < 1 || key.drawing > p.Drawings ||
		name != fmt.Sprintf("%d-%dx%d.png", key.drawing, key.width, key.height) {
		notFound(w)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "public, max-age=86400")
	header.Set("ETag", fmt.Sprintf(`"%d-%d-%d-%d-%d"`, id, key.drawing, key.width, key.height, pictureDate.Unix()))
	header.Set("Last-Modified", pictureDate.Format(http.TimeFormat))
	if notModified(r, header) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	picture, known := s.pictures.Get(key)
	if !known {
		if picture, err = Picture(id, key.drawing, key.width, key.height); err != nil {
			for _, name := range []string{"Cache-Control", "ETag", "Last-Modified"} {
				header.Del(name)
			}
			notFound(w)
			return
		}
		s.pictures.Add(key, picture)
	}
	header.Set("Content-Type", http.DetectContentType(picture))
	header.Set("Content-Length", strconv.Itoa(len(picture)))
	_, _ = w.Write(picture)
}

// productPage serves "/product/<productId>.html".
func (s *Server) productPage(w http.ResponseWriter, r *http.Request) {
	name, isPage := strings.CutSuffix(r.PathValue("page"), ".html")
	id, err := strconv.ParseInt(name, 10, 64)
	if p := s.index().byID[id]; err == nil && isPage && p != nil {
		s.writeProductPage(w, r, p)
		return
	}
	s.otherPage(w, r)
}

// otherPage serves the products whose card address in the catalogue is a path.
func (s *Server) otherPage(w http.ResponseWriter, r *http.Request) {
	if p := s.index().cards[r.URL.Path]; p != nil && r.Method == http.MethodGet {
		s.writeProductPage(w, r, p)
		return
	}
	notFound(w)
}

// writeProductPage shows a product to a person, with the consumers' price.
// Descriptions are shown as text: a catalogue may hold anything.
func (s *Server) writeProductPage(w http.ResponseWriter, r *http.Request, p *Product) {
	language := s.ownLanguage()
	name := html.EscapeString(s.nameOf(p, language))
	picture := ""
	switch {
	case len(p.Pictures) > 0:
		picture = p.Pictures[0]
	case p.Drawings > 0:
		picture = pictureURL(s.address(r), p.ID, 1, largePicture)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=\"pl\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n<body><h1>%s</h1>\n", name, name)
	if picture != "" {
		_, _ = fmt.Fprintf(w, "<img src=\"%s\" alt=\"%s\" width=\"400\">\n", html.EscapeString(picture), name)
	}
	_, _ = fmt.Fprintf(w, "<p>%s</p>\n<p>%s %s</p>\n<p>%s</p>\n</body></html>\n", html.EscapeString(s.categoryPath(p.CategoryID, language)),
		retailNow(p).StringFixed(2), html.EscapeString(s.catalogue().Currency), html.EscapeString(s.inLanguage(p.Shorts, language)))
}

// basketPage stands in for the wholesaler's own page of a customer's basket, from
// where orders are placed. Nobody can sign in to the sandbox's pages, so it shows
// no goods, and says so.
func basketPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!DOCTYPE html>
<html lang="pl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>Koszyk w hurtowni</title></head>
<body style="max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif">
<h1>Koszyk w hurtowni</h1>
<p>Prawdziwa hurtownia pokazuje tu koszyk klienta i przyjmuje zamówienie. To jest hurtownia na niby: nie ma tu logowania ani kasy, a towary czekają w koszyku w CustomerAPI.</p>
<p lang="en">A real wholesaler shows the customer's basket here and takes the order. This one is make-believe: it has no sign-in and no checkout, and the goods stay in the basket at its CustomerAPI.</p>
</body></html>
`)
}

// trackingPage stands in for a courier's page about a parcel.
func (s *Server) trackingPage(w http.ResponseWriter, r *http.Request) {
	number := r.PathValue("number")
	s.mu.Lock()
	known := false
	for _, o := range s.orders {
		for _, p := range o.at(s.Now()).parcels {
			known = known || p.number == number
		}
	}
	s.mu.Unlock()
	if !known {
		notFound(w)
		return
	}
	writeHTML(w, http.StatusOK, "Przesyłka "+number+" jest w drodze")
}
