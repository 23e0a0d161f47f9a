package iof_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell/iof"
)

// check checks a file and lists the problems as "id@offset: text", with "!"
// behind the id where it is damage.
func check(file []byte) (iof.Summary, []string, error) {
	var problems []string
	summary, err := iof.Check(bytes.NewReader(file), func(p iof.Problem) {
		mark := ""
		if p.Damage {
			mark = "!"
		}
		problems = append(problems, fmt.Sprintf("%s %s%s@%d: %s", p.Type, p.ID, mark, p.Offset, p.Text))
	})
	return summary, problems, err
}

func TestCheckOfFullOffer(t *testing.T) {
	file := fixture(t, "full.xml")
	got, problems, err := check(file)
	if err != nil || problems != nil {
		t.Fatalf("%v, %v", problems, err)
	}
	// Counted by hand in the file.
	want := iof.Summary{
		Kind: iof.FullChange, Version: "3.0", Edition: iof.Edition3, Bytes: int64(len(file)),
		Generated: time.Date(2026, 7, 1, 4, 0, 0, 0, time.UTC), Expires: time.Date(2026, 12, 1, 5, 0, 0, 0, time.UTC),
		Languages: []string{"eng", "pol"}, Currencies: []string{"EUR", "PLN"},
		Products: 3, Types: map[string]int{"regular": 1, "bundle": 1, "": 1}, Removed: 1, Available: 2,
		Sizes: 3, Pictures: 2, Parameters: 2,
	}
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Without the removed product it is a full offer, and what is missing counts.
	got, problems, err = check(bytes.Replace(file, []byte(`<product id="503" removed="yes"/>`), nil, 1))
	if err != nil || problems != nil || got.Kind != iof.Full || got.Products != 2 || got.WithoutPicture != 1 || got.WithoutCategory != 1 ||
		got.WithoutName+got.WithoutPrice+got.WithoutStock != 0 {
		t.Errorf("%+v, %v, %v", got, problems, err)
	}
}

func TestCheckOfLightOffer(t *testing.T) {
	got, problems, err := check(fixture(t, "light.xml"))
	if err != nil || problems != nil || got.Kind != iof.Light || got.Products != 2 || got.Available != 2 || got.Sizes != 3 || got.WithoutName != 0 {
		t.Errorf("%+v, %v, %v", got, problems, err)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	products := []string{
		`<product id="1"><description><name>a</name></description><sizes><size id="1"/></sizes></product>`,
		`<product id="2" vat="x"/>`,
		`<product id="1"><description><name>b</name></description><sizes><size id="1" code="1-1"/><size id="1" code="1-1"/></sizes></product>`,
		`<product><sizes/></product>`,
		`<product id="2"><description><name>c</name></description><sizes/></product>`,
	}
	file := offerOf(strings.Join(products, ""))
	at := make([]int, len(products))
	from := bytes.Index(file, []byte("<product "))
	for i, product := range products {
		at[i] = from
		from += len(product)
	}
	got, problems, err := check(file)
	want := []string{
		fmt.Sprintf(`product 2!@%d: vat: "x" is not a decimal number`, at[1]),
		fmt.Sprintf("product 1@%d: its id is there twice", at[2]),
		fmt.Sprintf("product 1@%d: two of its sizes have the code 1-1", at[2]),
		fmt.Sprintf("product 1@%d: two of its sizes have the id 1", at[2]),
		fmt.Sprintf("product !@%d: it has no id", at[3]),
		fmt.Sprintf("product 2@%d: its id is there twice", at[4]),
	}
	if diff := cmp.Diff(want, problems); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got.Kind != iof.Full || got.Products != 5 || got.Damaged != 2 || got.Problems != 6 || got.WithoutPrice != 3 || got.WithoutStock != 3 {
		t.Errorf("%+v", got)
	}
}

func TestCheckOfOtherFiles(t *testing.T) {
	got, problems, err := check(fixture(t, "gateway.xml"))
	want := map[iof.Kind]int{iof.Full: 1, iof.Light: 1, iof.FullChange: 3, iof.Units: 1, iof.Categories: 1, iof.Preset: 1}
	if diff := cmp.Diff(want, got.Parts); diff != "" || err != nil || problems != nil || got.Kind != iof.GatewayFile {
		t.Errorf("%+v, %v, %v (-want +got):\n%s", got, problems, err, diff)
	}
	if _, problems, err := check([]byte(`<provider_description/>`)); err != nil || len(problems) != 1 {
		t.Errorf("a gateway without parts: %v, %v", problems, err)
	}
	got, problems, err = check(fixture(t, "categories.xml"))
	if err != nil || problems != nil || got.Kind != iof.Categories || got.Entries[iof.CategoryEntry] != 7 || got.Bytes == 0 {
		t.Errorf("%+v, %v, %v", got, problems, err)
	}
	// Sizes are told apart within their group only.
	got, problems, err = check([]byte(`<sizes><group id="1"><size id="1"/><size id="1"/></group><group id="2"><size id="1"/><size/></group></sizes>`))
	if err != nil || got.Damaged != 1 || len(problems) != 2 || !strings.HasPrefix(problems[1], "size 1@") || !strings.HasPrefix(problems[0], "size !@") {
		t.Errorf("%+v, %v, %v", got, problems, err)
	}
}

func TestCheckOfUselessFiles(t *testing.T) {
	whole := fixture(t, "full.xml")
	for name, test := range map[string]struct {
		file []byte
		want error
	}{
		"cut":           {whole[:len(whole)-20], iof.ErrTruncated},
		"cut at once":   {whole[:20], iof.ErrTruncated},
		"empty":         {nil, iof.ErrTruncated},
		"an error page": {[]byte("<!DOCTYPE html><html><body>503</body></html>"), iof.ErrOtherFile},
		"no products":   {[]byte("<offer/>"), iof.ErrNotOffer},
		"a ZIP archive": {[]byte("PK\x03\x04xxxxxxxxxx"), iof.ErrPacked},
	} {
		if _, _, err := check(test.file); !errors.Is(err, test.want) {
			t.Errorf("%s: the error is %v, want %v", name, err, test.want)
		}
	}
	// What came before the cut is told.
	got, _, err := check(whole[:bytes.LastIndex(whole, []byte(`<product id="503"`))])
	if err == nil || got.Products != 2 || got.Sizes != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

// The summary and the problems are what the command prints with --json.
func TestCheckAsJSON(t *testing.T) {
	summary, _, err := check(fixture(t, "light.xml"))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(summary)
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(encoded, &read); err != nil {
		t.Fatal(err)
	}
	if read["kind"] != "light" || read["products"] != 2.0 || read["generated"] != "2026-11-21T07:00:00+01:00" || read["expires"] != nil {
		t.Errorf("%s", encoded)
	}
}

func TestDetect(t *testing.T) {
	described := `<product id="1"><description/><sizes/></product>`
	for file, want := range map[string]iof.Kind{
		string(fixture(t, "gateway.xml")):                                           iof.GatewayFile,
		string(fixture(t, "categories.xml")):                                        iof.Categories,
		string(fixture(t, "light.xml")):                                             iof.Light,
		string(offerOf(described)):                                                  iof.Full,
		string(offerOf(described + described + `<product id="2"`)):                  iof.Full,
		string(offerOf(``)):                                                         iof.Full,
		`<offer><products currency="PLN"/></offer>`:                                 iof.Light,
		string(offerOf(`<product id="1" removed="yes"/>`)):                          iof.FullChange,
		string(offerOf(`<product id="1"><parameters/></product><product id="2"/>`)): iof.FullChange,
		`<sizes>`:          iof.Sizes,
		`<producers/>`:     iof.Producers,
		`<units a="`:       "",
		`<x:parameters>`:   iof.Parameters,
		`<stocks>`:         iof.Stocks,
		`<series><series>`: iof.Series,
		`<warranties>`:     iof.Warranties,
		`<preset>`:         iof.Preset,
		`<html>`:           "",
		`<light/>`:         "",
		`no XML`:           "",
	} {
		got, err := iof.Detect([]byte(file))
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.80q is taken for %q (%v), want %q", file, got, err, want)
		}
	}
	// Most of a file does not matter.
	file := fixture(t, "light.xml")
	for length := bytes.Index(file, []byte("<sizes>")) + 7; length < len(file); length += 10 {
		if got, err := iof.Detect(file[:length]); got != iof.Light {
			t.Errorf("its first %d bytes are taken for %q (%v)", length, got, err)
		}
	}
}
