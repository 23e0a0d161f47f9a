package sandbox

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// fetch reads an address, with headers given as names and values.
func fetch(t *testing.T, url string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

type gatewayPart struct {
	XMLName xml.Name
	URL     string `xml:"url,attr"`
	Hash    string `xml:"hash,attr"`
	Changed string `xml:"changed,attr"`
}

func readGateway(t *testing.T, url string) map[string]gatewayPart {
	t.Helper()
	response, body := fetch(t, url+"/_sandbox/feed/gateway.xml")
	if response.StatusCode != http.StatusOK {
		t.Fatalf("gateway: status %d", response.StatusCode)
	}
	var gateway struct {
		Format  string        `xml:"file_format,attr"`
		Version string        `xml:"version,attr"`
		Parts   []gatewayPart `xml:",any"`
	}
	if err := xml.Unmarshal(body, &gateway); err != nil {
		t.Fatal(err)
	}
	if gateway.Format != "IOF" || gateway.Version != "3.0" {
		t.Errorf("gateway of %s %s", gateway.Format, gateway.Version)
	}
	parts := map[string]gatewayPart{}
	for _, part := range gateway.Parts {
		parts[part.XMLName.Local] = part
	}
	return parts
}

func ownAddress(o *Options) { o.PublicURL = "" }

func TestGatewayListsPartsThatAreThere(t *testing.T) {
	s, server := newWholesaler(t, ownAddress)
	parts := readGateway(t, server.URL)
	for _, name := range []string{"full", "light", "categories", "sizes", "producers", "units", "parameters", "stocks", "series", "warranties", "preset"} {
		part, listed := parts[name]
		if !listed || !strings.HasPrefix(part.URL, server.URL+"/_sandbox/feed/"+name+".xml?") || !strings.Contains(part.URL, "token="+s.FeedToken()) {
			t.Errorf("%s: address %q", name, part.URL)
			continue
		}
		response, body := fetch(t, part.URL)
		sum := md5.Sum(body)
		if name == "light" { // always changes: the maker's gateway tells nothing of it
			if part.Hash != "" || part.Changed != "" {
				t.Errorf("light: hash %q, changed %q", part.Hash, part.Changed)
			}
			part.Hash, part.Changed = hex.EncodeToString(sum[:]), "2026-11-21 12:00:00"
		}
		if hash := hex.EncodeToString(sum[:]); response.StatusCode != http.StatusOK || hash != part.Hash {
			t.Errorf("%s: status %d, hash %s, the gateway says %s", name, response.StatusCode, hash, part.Hash)
		}
		if err := wellFormed(string(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if part.Changed != "2026-11-21 12:00:00" || response.Header.Get("Last-Modified") != "Sat, 21 Nov 2026 11:00:00 GMT" {
			t.Errorf("%s: changed %s, Last-Modified %s", name, part.Changed, response.Header.Get("Last-Modified"))
		}
		for header, value := range map[string]string{
			"If-None-Match": response.Header.Get("ETag"), "If-Modified-Since": response.Header.Get("Last-Modified"),
		} {
			if again, body := fetch(t, part.URL, header, value); again.StatusCode != http.StatusNotModified || len(body) > 0 {
				t.Errorf("%s with %s: status %d", name, header, again.StatusCode)
			}
		}
		if again, _ := fetch(t, part.URL, "If-None-Match", `"another"`, "If-Modified-Since", response.Header.Get("Last-Modified")); again.StatusCode != http.StatusOK {
			t.Errorf("%s with another tag: status %d", name, again.StatusCode)
		}
		if denied, _ := fetch(t, strings.Replace(part.URL, s.FeedToken(), "guess", 1)); denied.StatusCode != http.StatusForbidden {
			t.Errorf("%s with a wrong token: status %d", name, denied.StatusCode)
		}
	}
	for path, want := range map[string]int{"gateway.xml?token=guess": 403, "full.xml": 403, "preset.xml": 403, "others.xml": 404, "full": 404} {
		if response, _ := fetch(t, server.URL+"/_sandbox/feed/"+path); response.StatusCode != want {
			t.Errorf("%s: status %d, want %d", path, response.StatusCode, want)
		}
	}
}

type offerFile struct {
	Products []struct {
		ID   string `xml:"id,attr"`
		Code string `xml:"code_on_card,attr"`
		VAT  string `xml:"vat,attr"`
		Card struct {
			URL string `xml:"url,attr"`
		} `xml:"card"`
		Category struct {
			Name string `xml:"name,attr"`
		} `xml:"category"`
		Names []struct {
			Language string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
			Text     string `xml:",chardata"`
		} `xml:"description>name"`
		Price offerPrice `xml:"price"`
		SRP   offerPrice `xml:"srp"`
		Was   offerPrice `xml:"strikethrough_retail_price"`
		Sizes []struct {
			ID       string `xml:"id,attr"`
			Code     string `xml:"code,attr"`
			Producer string `xml:"code_producer,attr"`
			External string `xml:"http://www.iai-shop.com/developers/iof/extensions.phtml code_external,attr"`
			Stock    []struct {
				Quantity string `xml:"quantity,attr"`
			} `xml:"stock"`
		} `xml:"sizes>size"`
		Images []struct {
			URL string `xml:"url,attr"`
		} `xml:"images>large>image"`
		Parameters []struct {
			Name  string `xml:"name,attr"`
			Value struct {
				Name string `xml:"name,attr"`
			} `xml:"value"`
		} `xml:"parameters>parameter"`
	} `xml:"products>product"`
}

type offerPrice struct {
	Gross string `xml:"gross,attr"`
	Net   string `xml:"net,attr"`
}

func TestOfferFiles(t *testing.T) {
	_, server := newWholesaler(t, ownAddress)
	read := func(part string) offerFile {
		_, body := fetch(t, readGateway(t, server.URL)[part].URL)
		var offer offerFile
		if err := xml.Unmarshal(body, &offer); err != nil {
			t.Fatal(err)
		}
		return offer
	}
	full := read("full")
	if len(full.Products) != 3 {
		t.Fatalf("%d products, want the three visible ones", len(full.Products))
	}
	mug, boots := full.Products[0], full.Products[1]
	if mug.ID != "101" || mug.Code != "GARNEK-101" || mug.VAT != "23.0" || mug.Category.Name != "Dom/Kuchnia" ||
		mug.Price != (offerPrice{"24.60", "20.00"}) || mug.SRP != (offerPrice{"42.00", "34.15"}) || mug.Was != (offerPrice{"39.90", "32.44"}) {
		t.Errorf("the mug: %+v", mug)
	}
	if len(mug.Names) != 2 || mug.Names[0].Language != "pol" || mug.Names[0].Text != "Kubek „Łąka” 330 ml" {
		t.Errorf("names %+v", mug.Names)
	}
	if size := mug.Sizes[0]; size.ID != "uniw" || size.Code != "101-uniw" || size.Producer != "5900000001012" || size.External != "KUB-101" || size.Stock[0].Quantity != "116" {
		t.Errorf("the one size in full: %+v", size)
	}
	if len(mug.Parameters) != 1 || mug.Parameters[0].Name != "Kolor" || mug.Parameters[0].Value.Name != "zielony" {
		t.Errorf("parameters %+v", mug.Parameters)
	}
	if boots.Card.URL != server.URL+"/pl/products/buty-205.html" || boots.Sizes[1].Stock[0].Quantity != "-1" || boots.Was.Gross != "" {
		t.Errorf("the boots: %+v", boots)
	}
	light := read("light")
	if size := light.Products[0].Sizes[0]; size.ID != "0" || size.Code != "101-0" || size.Stock[0].Quantity != "116" {
		t.Errorf("the one size in light: %+v", size)
	}

	// An order changes the stock in light, and its tag. The full file is what it was.
	light1 := readGateway(t, server.URL)["light"]
	before, _ := fetch(t, light1.URL)
	full1 := readGateway(t, server.URL)["full"]
	caller := signIn(t, server)
	caller.fill("101", "6")
	caller.place("")
	if full2 := readGateway(t, server.URL)["full"]; full2 != full1 {
		t.Errorf("the full file changed with an order: %+v, then %+v", full1, full2)
	}
	if quantity := read("light").Products[0].Sizes[0].Stock[0].Quantity; quantity != "110" {
		t.Errorf("quantity %s after an order of 6, want 110", quantity)
	}
	if response, _ := fetch(t, light1.URL, "If-None-Match", before.Header.Get("ETag")); response.StatusCode != http.StatusOK {
		t.Errorf("the older tag: status %d, want 200", response.StatusCode)
	}
}

func TestListFiles(t *testing.T) {
	_, server := newWholesaler(t, ownAddress)
	parts := readGateway(t, server.URL)
	for name, want := range map[string][]string{
		"categories": {`<category id="10" name="Dom">`, `<category id="12" name="Kuchnia">`, `<name xml:lang="eng"><![CDATA[Kitchen]]></name>`},
		"producers":  {`<producer id="21" name="Modrak"/>`},
		"series":     {`<series id="31" name="Polana">`},
		"units":      {`<unit id="0" name="szt." precision="0">`, `<unit id="11" name="m" precision="2">`},
		"sizes":      {`<group id="1" name="Rozmiary">`, `<size id="41" name="41">`, `<size id="uniw" name="uniwersalny">`},
		"parameters": {`<parameter id="7" name="Kolor">`, `<value id="71" name="zielony">`, `<![CDATA[Colour]]>`},
		"stocks":     {`<stock id="1" name="Magazyn główny">`},
		"warranties": {`<terms type="producer" period_number="24" period_unit="month"/>`},
	} {
		_, body := fetch(t, parts[name].URL)
		found := attributesSorted(string(body))
		for _, text := range want {
			if !strings.Contains(found, attributesSorted(text)) {
				t.Errorf("%s lacks %s:\n%s", name, text, body)
			}
		}
	}
}

// attributesSorted puts the attributes of each tag into order, so that the
// comparison does not depend on it.
func attributesSorted(document string) string {
	var out strings.Builder
	for i, tag := range strings.Split(document, "<") {
		inside, rest, _ := strings.Cut(tag, ">")
		closing := strings.HasSuffix(inside, "/")
		words := strings.Split(strings.TrimSuffix(inside, "/"), `" `)
		if len(words) > 1 {
			name, first, _ := strings.Cut(words[0], " ")
			words[0] = first
			for j := range words {
				words[j] = strings.TrimSuffix(words[j], `"`)
			}
			slices.Sort(words)
			inside = name + " " + strings.Join(words, ";")
			if closing {
				inside += "/"
			}
		}
		if i > 0 {
			out.WriteString("<")
		}
		out.WriteString(inside + ">" + strings.TrimSpace(rest))
	}
	return strings.TrimSuffix(strings.TrimPrefix(out.String(), ">"), ">")
}

func TestPicturesAndPages(t *testing.T) {
	s, server := newWholesaler(t, ownAddress)
	address := server.URL + "/_sandbox/picture/101/2-64x48.png"
	response, body := fetch(t, address)
	picture, err := png.Decode(bytes.NewReader(body))
	if err != nil || response.Header.Get("Content-Type") != "image/png" {
		t.Fatalf("status %d, type %s, error %v", response.StatusCode, response.Header.Get("Content-Type"), err)
	}
	if size := picture.Bounds().Size(); size.X != 64 || size.Y != 48 {
		t.Errorf("the picture is %v, want 64x48", size)
	}
	if !strings.Contains(response.Header.Get("Cache-Control"), "max-age=") {
		t.Errorf("Cache-Control %q", response.Header.Get("Cache-Control"))
	}
	if again, _ := fetch(t, address, "If-None-Match", response.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same again: status %d", again.StatusCode)
	}
	if _, again := fetch(t, address); !bytes.Equal(again, body) {
		t.Error("the same address gives another picture")
	}
	for _, path := range []string{"101/3-64x48.png", "101/0-64x48.png", "7/1-64x48.png", "101/1-64x48.jpg", "101/1-9999x9999.png",
		"101/1-64x48.png.exe", "101/01-64x48.png", "x/1-64x48.png", "101/1-1x1.png"} {
		if response, _ := fetch(t, server.URL+"/_sandbox/picture/"+path); response.StatusCode != http.StatusNotFound || response.Header.Get("ETag") != "" {
			t.Errorf("%s: status %d, ETag %q", path, response.StatusCode, response.Header.Get("ETag"))
		}
	}
	for path, want := range map[string]string{"/product/101.html": "Kubek „Łąka” 330 ml", "/pl/products/buty-205.html": "Buty trekkingowe",
		// Where the demonstration's cart leads to in wholesale; it was not there.
		"/basketedit.php": "make-believe"} {
		response, body := fetch(t, server.URL+path)
		if response.StatusCode != http.StatusOK || !strings.Contains(string(body), want) || strings.Contains(string(body), "<b>uchem") {
			t.Errorf("%s: status %d: %s", path, response.StatusCode, body)
		}
	}
	number := "00000000010010U"
	if response, body := fetch(t, server.URL+"/_sandbox/tracking/"+number); response.StatusCode != http.StatusOK || !strings.Contains(string(body), number) {
		t.Errorf("tracking: status %d", response.StatusCode)
	}
	s.SetTime(warsawNoon.Add(-47 * time.Hour)) // before it was sent
	if response, _ := fetch(t, server.URL+"/_sandbox/tracking/"+number); response.StatusCode != http.StatusNotFound {
		t.Errorf("tracking too early: status %d", response.StatusCode)
	}
}
