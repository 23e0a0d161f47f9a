package iof_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"octobridge/idosell/iof"
)

// withoutOffsets leaves out where entries begin.
var withoutOffsets = cmpopts.IgnoreFields(iof.Entry{}, "Offset")

func list(t *testing.T, file string) *iof.List {
	t.Helper()
	read, err := iof.ReadList(strings.NewReader(file))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return read
}

func TestCategories(t *testing.T) {
	file := fixture(t, "categories.xml")
	got, err := iof.ReadList(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range got.Entries {
		if !bytes.HasPrefix(file[entry.Offset:], []byte(`<category id="`+entry.ID+`"`)) {
			t.Errorf("category %s does not begin at %d", entry.ID, entry.Offset)
		}
	}
	category := func(id, parent, name string, names iof.Texts) iof.Entry {
		return iof.Entry{Type: iof.CategoryEntry, ID: id, ParentID: parent, Name: name, Names: names}
	}
	want := &iof.List{
		Kind: iof.Categories, Version: "3.0", Edition: iof.Edition3, Language: "pol",
		Generated: time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC), Expires: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC),
		Entries: []iof.Entry{
			category("0", "", "*Tymczasowa", iof.Texts{"pol": "*Tymczasowa"}),
			category("1", "", "Narzędzia", iof.Texts{"pol": "Narzędzia", "eng": "Tools"}),
			category("11", "1", "Młotki", iof.Texts{"pol": "Młotki", "eng": "Hammers"}),
			category("111", "11", "Ciesielskie", iof.Texts{"eng": "Claw hammers"}),
			category("12", "1", "Klucze", iof.Texts{"pol": "Klucze"}),
			category("121", "12", "Płaskie", iof.Texts{"pol": "Płaskie"}),
			category("2", "0", "Ogród", iof.Texts{"pol": "Ogród"}),
		},
	}
	if diff := cmp.Diff(want, got, equal, withoutOffsets); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOtherLists(t *testing.T) {
	for file, want := range map[string][]iof.Entry{
		`<producers language="pol"><producer id="7" name="A &amp; B"/></producers>`: {
			{Type: iof.ProducerEntry, ID: "7", Name: "A & B", Names: iof.Texts{"pol": "A & B"}}},
		`<units><unit id="10" name="l" precision="3"><name xml:lang="pol"><![CDATA[ litr ]]></name></unit></units>`: {
			{Type: iof.UnitEntry, ID: "10", Name: "l", Precision: 3, Names: iof.Texts{"pol": "litr"}}},
		`<sizes language="pol"><group id="1" name="Ubrania"><size id="1" name="S"/><size id="2" name="M"><name xml:lang="eng">M</name></size></group><group id="2" name="Buty"><size id="1" name="36"/></group></sizes>`: {
			{Type: iof.SizeGroupEntry, ID: "1", Name: "Ubrania", Names: iof.Texts{"pol": "Ubrania"}},
			{Type: iof.SizeEntry, ID: "1", ParentID: "1", Name: "S", Names: iof.Texts{"pol": "S"}},
			{Type: iof.SizeEntry, ID: "2", ParentID: "1", Name: "M", Names: iof.Texts{"eng": "M"}},
			{Type: iof.SizeGroupEntry, ID: "2", Name: "Buty", Names: iof.Texts{"pol": "Buty"}},
			{Type: iof.SizeEntry, ID: "1", ParentID: "2", Name: "36", Names: iof.Texts{"pol": "36"}}},
		`<parameters language="pol"><sections><section id="1" name="Dane"/></sections><parameters><parameter id="2" name="Kolor"><description xml:lang="pol">opis</description><icons><card xml:lang="pol" url="u"/></icons></parameter></parameters><values><value id="3" name="biały"/></values></parameters>`: {
			{Type: iof.SectionEntry, ID: "1", Name: "Dane", Names: iof.Texts{"pol": "Dane"}},
			{Type: iof.ParameterEntry, ID: "2", Name: "Kolor", Names: iof.Texts{"pol": "Kolor"}, Descriptions: iof.Texts{"pol": "opis"}},
			{Type: iof.ValueEntry, ID: "3", Name: "biały", Names: iof.Texts{"pol": "biały"}}},
		`<stocks language="pol"><stock id="0" name="Obcy"/></stocks>`: {
			{Type: iof.StockEntry, ID: "0", Name: "Obcy", Names: iof.Texts{"pol": "Obcy"}}},
		`<series language="pol"><series id="4" name="Zima"><name xml:lang="eng">Winter</name></series></series>`: {
			{Type: iof.SeriesEntry, ID: "4", Name: "Zima", Names: iof.Texts{"eng": "Winter"}}},
		`<warranties language="pol"><warranty id="2" name="Dwa lata"><terms type="producer" period_number="24" period_unit="month"/><description xml:lang="pol"><![CDATA[<p>Dwa lata.</p>]]></description></warranty></warranties>`: {
			{Type: iof.WarrantyEntry, ID: "2", Name: "Dwa lata", Names: iof.Texts{"pol": "Dwa lata"}, Descriptions: iof.Texts{"pol": "<p>Dwa lata.</p>"},
				Warranty: iof.Warranty{By: "producer", Period: 24, Unit: "month"}}},
		`<units/>`: {},
	} {
		if diff := cmp.Diff(want, list(t, file).Entries, withoutOffsets, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("of %s (-want +got):\n%s", file, diff)
		}
	}
}

// A preset's settings are kept secret: some are addresses with a token.
func TestPreset(t *testing.T) {
	got := list(t, `<preset version="3.0"><long_name>Hurtownia</long_name><full>https://h.example/?token=t0k3n</full><empty/><nested><x>1</x></nested></preset>`)
	if got.Kind != iof.Preset || got.Settings["long_name"].Reveal() != "Hurtownia" || got.Settings["full"].Reveal() != "https://h.example/?token=t0k3n" {
		t.Errorf("%+v", got)
	}
	if _, there := got.Settings["empty"]; !there || len(got.Settings) != 4 {
		t.Errorf("%d settings, want 4", len(got.Settings))
	}
}

// A damaged entry is left out, told of by its place, and the rest is used.
func TestDamagedEntries(t *testing.T) {
	const before, damaged = `<units><unit id="1" name="a"/>`, `<unit id="2" name="b"><name>&nbsp;</name></unit>`
	got := list(t, before+damaged+`<unit name="no id"/><unit id="4" name="a & b"/><unit id="5"/></units>`)
	var left []string
	for _, entry := range got.Entries {
		left = append(left, entry.ID)
	}
	if strings.Join(left, " ") != "1 5" || len(got.Damages) != 3 {
		t.Fatalf("left are %v, damages %v", left, got.Damages)
	}
	if d := got.Damages[0]; d.ID != "2" || d.Offset != int64(len(before)) || d.Type != iof.UnitEntry || !strings.Contains(d.Error(), "unit 2 (at byte 30)") {
		t.Errorf("the first damage is %+v: %v", d, d)
	}
	if d := got.Damages[1]; d.ID != "" || !strings.Contains(d.Error(), "unit without an id") {
		t.Errorf("the second damage is %+v: %v", d, d)
	}
	// A category whose child is damaged is not.
	tree := list(t, `<categories><category id="1"><category id="2"><name>&x;</name></category><category id="3"/></category></categories>`)
	if len(tree.Entries) != 2 || tree.Entries[1].ParentID != "1" || len(tree.Damages) != 1 || tree.Damages[0].ID != "2" {
		t.Errorf("%+v, %v", tree.Entries, tree.Damages)
	}
}

func TestNoList(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want error
	}{
		"an offer":        {`<offer><products/></offer>`, iof.ErrOtherFile},
		"a gateway":       {`<provider_description/>`, iof.ErrOtherFile},
		"an error page":   {`<html><body>503</body></html>`, iof.ErrOtherFile},
		"nothing":         {``, iof.ErrTruncated},
		"a broken head":   {`<units version="&x;"/>`, nil},
		"a broken text":   {`<units>&x;</units>`, nil},
		"a broken other":  {`<units><x y=z/></units>`, nil},
		"crossed tags":    {`<units><unit id="1"><name></unit></name></units>`, nil},
		"a second root":   {`<units/><units/>`, nil},
		"declared inside": {`<units><?xml version="1.0"?></units>`, nil},
	} {
		_, err := iof.ReadList(strings.NewReader(test.file))
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: the error is %v, want %v", name, err, test.want)
		}
	}
}
