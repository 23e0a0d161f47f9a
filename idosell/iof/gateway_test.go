package iof_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell/iof"
	"octobridge/internal/secret"
)

// revealed compares secrets by what they hold.
var revealed = cmp.Comparer(func(a, b secret.String) bool { return a.Reveal() == b.Reveal() })

func TestGateway(t *testing.T) {
	got, err := iof.ReadGateway(bytes.NewReader(fixture(t, "gateway.xml")))
	if err != nil {
		t.Fatal(err)
	}
	// In November Warsaw is one hour ahead of UTC.
	at := func(day, hour, minute, second int) time.Time {
		return time.Date(2026, 11, day, hour-1, minute, second, 0, time.UTC)
	}
	part := func(kind iof.Kind, address, hash string, changed time.Time) iof.Part {
		return iof.Part{Kind: kind, URL: secret.New("https://h.example/offer.php?" + address), Hash: hash, Changed: changed}
	}
	full := part(iof.Full, "client=a&token=t0k3n&type=full", "f0", at(20, 23, 0, 0))
	light := part(iof.Light, "token=t0k3n&type=light", "", time.Time{})
	want := &iof.Gateway{
		Version: "3.0", Edition: iof.Edition3, Generated: at(21, 6, 30, 0), Expires: at(28, 6, 30, 0),
		Name: "Hurtownia Przykładowa & Syn", Full: &full, Light: &light,
		Changes: []iof.Part{
			part(iof.FullChange, "token=t0k3n&type=full_change2026-11-21T04-00-00", "c4", at(21, 4, 0, 1)),
			part(iof.FullChange, "token=t0k3n&type=full_change2026-11-21T05-00-00", "c5", time.Time{}),
			part(iof.FullChange, "token=t0k3n&type=full_change2026-11-21T06-00-00", "c6", at(21, 6, 0, 1)),
		},
		Lists: []iof.Part{
			part(iof.Units, "token=t0k3n&type=units", "u0", at(21, 5, 0, 0)),
			part(iof.Categories, "token=t0k3n&type=categories", "k0", time.Time{}),
			part(iof.Preset, "token=t0k3n&type=preset", "", time.Time{}),
		},
	}
	if diff := cmp.Diff(want, got, equal, revealed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if printed := fmt.Sprintf("%v %+v %#v", *got, *got.Full, got.Changes); strings.Contains(printed, "t0k3n") {
		t.Errorf("the token is printed: %s", printed)
	}
}

// A gateway with other files, with none, of 2.6, and in a namespace.
func TestGatewayForms(t *testing.T) {
	got, err := iof.ReadGateway(strings.NewReader(`<g:provider_description xmlns:g="urn:x" version="2.6"><g:full g:url="u"/></g:provider_description>`))
	if err != nil || got.Edition != iof.Edition2 || got.Full == nil || got.Full.URL.Reveal() != "u" || got.Light != nil {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = iof.ReadGateway(strings.NewReader(`<provider_description/>`))
	if err != nil || got.Full != nil || got.Changes != nil || got.Lists != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, other := range []string{`<offer><products/></offer>`, `<html><body/></html>`, `<full url="u"/>`} {
		if _, err := iof.ReadGateway(strings.NewReader(other)); !errors.Is(err, iof.ErrOtherFile) {
			t.Errorf("%s: the error is %v, want ErrOtherFile", other, err)
		}
	}
}

// However an address is broken, its token is in no error.
func TestGatewayErrorsHoldNoAddress(t *testing.T) {
	const token = "8ce20bt0k3n"
	for _, address := range []string{
		`"https://h.example/?a=b&token=` + token + `;x"`,
		`"https://h.example/?a=b&` + token + `;"`,
		`"https://h.example/?a=b&` + token,
		`"https://h.example/?token="` + token + `"`,
		`https://h.example/` + token,
		`"` + token + `<`,
		`"a"/><` + token + ` `,
		`"a"></` + token + `><x `,
		`"a" ` + token + `="1" ` + token + `="2"`,
	} {
		for name, read := range readers {
			err := read(strings.NewReader(`<provider_description><full url=` + address + `/></provider_description>`))
			if err == nil {
				t.Errorf("%s: %s is read", name, address)
			} else if name != "offer" && name != "list" && strings.Contains(err.Error(), token) {
				t.Errorf("%s: the error for %s is %v", name, address, err)
			}
		}
	}
}
