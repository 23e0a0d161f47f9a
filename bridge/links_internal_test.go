package bridge

import (
	"bytes"
	"image/png"
	"io"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/idosell"
)

func TestSlug(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Łańcuch Ø 5 mm":            "lancuch-o-5-mm",
		"ZAŻÓŁĆ gęślą jaźń":         "zazolc-gesla-jazn",
		"  Straße -- œuvre & Ælf! ": "strasse-oeuvre-aelf",
		"½ l, m²":                   "1-2-l-m2",
		"Ünïcödé":                   "unicode",
		"杯子":                        "",
		"":                          "",
	} {
		if got := slug(title); got != want {
			t.Errorf("%q becomes %q, want %q", title, got, want)
		}
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("Łańcuch Ø 5 mm")
	f.Add("--a\xff--")
	form := regexp.MustCompile(`^([a-z0-9]+(-[a-z0-9]+)*)?$`)
	f.Fuzz(func(t *testing.T, title string) {
		if got := slug(title); !form.MatchString(got) {
			t.Errorf("%q becomes %q", title, got)
		}
	})
}

func TestTemplateEncodesItsValues(t *testing.T) {
	t.Parallel()
	got := linkTemplate("https://shop.example/{slug}/{id}?c={code}&s={size}#{id}").fill("7", "a b", "x/y?z&{id}#ł%", "kubek")
	if want := "https://shop.example/kubek/7?c=x%2Fy%3Fz%26%7Bid%7D%23%C5%82%25&s=a%20b#7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := url.Parse(got); err != nil {
		t.Error(err)
	}
}

func TestAbsolute(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://wholesaler.example/pl/")
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		"/p/1":                       "https://wholesaler.example/p/1",
		"p/1":                        "https://wholesaler.example/pl/p/1",
		" //cdn.example/x y.jpg":     "https://cdn.example/x%20y.jpg",
		"http://other.example/a?b=c": "http://other.example/a?b=c",
		"":                           "",
		"javascript:alert(1)":        "",
		"data:image/png,x":           "",
		"https://":                   "",
		"http://[::1":                "",
	} {
		if got := absolute(base, raw); got != want {
			t.Errorf("%q becomes %q, want %q", raw, got, want)
		}
	}
}

func TestTrackingByCourierName(t *testing.T) {
	t.Parallel()
	parcels := []idosell.Parcel{{}, {Number: "12 3/ł"}, {Number: "9"}}
	const n = "12%203%2F%C5%82"
	for name, want := range map[string]string{
		"InPost Paczkomaty 24/7": "https://inpost.pl/sledzenie-przesylek?number=" + n,
		"inpost_kurier":          "https://inpost.pl/sledzenie-przesylek?number=" + n,
		"Kurier DPD (pobranie)":  "https://tracktrace.dpd.com.pl/parcelDetails?p1=" + n,
		"DHL Parcel":             "https://www.dhl.com/pl-pl/home/sledzenie-przesylek.html?tracking-id=" + n,
		"GLS":                    "https://gls-group.com/PL/pl/sledzenie-paczek?match=" + n,
		"UPS":                    "https://www.ups.com/track?loc=pl_PL&tracknum=" + n,
		"FedEx Economy":          "https://www.fedex.com/fedextrack/?trknbr=" + n,
		"POCZTA POLSKA":          "https://emonitoring.poczta-polska.pl/?numer=" + n,
		"Orlen Paczka":           "https://www.orlenpaczka.pl/sledz-paczke/?numer=" + n,
		"Geis Parcel":            "https://www.geis.pl/pl/sledzenie-przesylki?packNumber=" + n,
		"Raben":                  "https://oftc.myraben.com/link/ShipmentInformation?ShipmentNumber=" + n + "&Language=PL",
		"":                       "",
		"Odbiór osobisty":        "",
		"Pickups":                "", // no UPS
		"InPost lub DPD":         "", // either
	} {
		if got := trackingURL(parcels, name, ""); got != want {
			t.Errorf("%q leads to %q, want %q", name, got, want)
		}
	}
	if got := trackingURL([]idosell.Parcel{{ShippingNumber: "5"}}, "DPD", "https://courier.example/?n="); got != "" {
		t.Errorf("without a parcel number: %q", got)
	}
}

func TestCouriersOwnAddress(t *testing.T) {
	t.Parallel()
	parcels := []idosell.Parcel{{Number: "a/b"}}
	for page, want := range map[string]string{
		"https://courier.example/?n=":         "https://courier.example/?n=a%2Fb",
		"https://courier.example/track/":      "https://courier.example/track/a%2Fb",
		"https://courier.example/?n={number}": "https://courier.example/?n=a%2Fb",
		"https://courier.example/[nr]/x":      "https://courier.example/a%2Fb/x",
		"https://courier.example/%s":          "https://courier.example/a%2Fb",
		"https://courier.example/":            "https://courier.example/",
		"https://courier.example/track":       "https://courier.example/track",
		"ftp://courier.example/":              "https://tracktrace.dpd.com.pl/parcelDetails?p1=a%2Fb",
		"courier.example":                     "https://tracktrace.dpd.com.pl/parcelDetails?p1=a%2Fb",
	} {
		if got := trackingURL(parcels, "DPD", page); got != want {
			t.Errorf("%q leads to %q, want %q", page, got, want)
		}
	}
}

// The statuses of idosell.md, the rare ones included, are named in every
// language, and no two languages are mixed up by a missing entry.
func TestEveryStatusHasLabels(t *testing.T) {
	t.Parallel()
	statuses := strings.Fields(`new payment_waiting delivery_waiting on_order packed packed_fulfillment packed_ready ready
		wait_for_dispatch suspended joined missing lost false canceled finished finished_ext returned complainted
		complained wait_for_packaging wait_for_receive all_canceled handled blocked`)
	for _, status := range statuses {
		label, ok := statusLabels[idosell.OrderStatus(status)]
		if !ok {
			t.Errorf("%s has no labels", status)
			continue
		}
		for _, language := range []string{"pl", "en", "es", "de", "fr", "it", "pt"} {
			if text := statusLabel(idosell.OrderStatus(status), language); text == "" || text == status {
				t.Errorf("%s is %q in %s", status, text, language)
			}
		}
		if got := statusLabel(idosell.OrderStatus(status), "ja"); got != label.en {
			t.Errorf("%s is %q in Japanese, want the English %q", status, got, label.en)
		}
	}
	if len(statusLabels) != len(statuses) {
		t.Errorf("%d statuses have labels, want %d", len(statusLabels), len(statuses))
	}
	for language, want := range map[string]string{"pl": "Anulowane", "en": "Cancelled", "es": "Cancelado", "de": "Storniert", "fr": "Annulée", "it": "Annullato", "pt": "Cancelado"} {
		if got := statusLabel(idosell.StatusCanceled, language); got != want {
			t.Errorf("cancelled is %q in %s, want %q", got, language, want)
		}
	}
	if got := statusLabel("my_own <b>status</b>", "pl"); got != "my_own status" {
		t.Errorf("an unknown status is shown as %q", got)
	}
}

func TestNoPicture(t *testing.T) {
	t.Parallel()
	picture, err := png.Decode(bytes.NewReader(NoPicture()))
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size.X != 400 || size.Y != 400 {
		t.Errorf("it is %v large", size)
	}
	if n := len(NoPicture()); n > 10_000 {
		t.Errorf("it has %d bytes", n)
	}
	paper, _, _, _ := picture.At(5, 5).RGBA()
	ink, _, _, _ := picture.At(102, 200).RGBA()
	if paper == ink {
		t.Error("there is nothing on it")
	}
}

func TestNoPictureIsServed(t *testing.T) {
	t.Parallel()
	app := fiber.New()
	app.Get(NoPicturePath, ServeNoPicture)
	response, err := app.Test(httptest.NewRequest("GET", NoPicturePath, nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 || response.Header.Get("Content-Type") != "image/png" || !bytes.Equal(body, NoPicture()) {
		t.Errorf("got %d, %s, %d bytes, %v", response.StatusCode, response.Header.Get("Content-Type"), len(body), err)
	}
}
