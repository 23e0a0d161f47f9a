package main

import (
	"strings"
	"testing"
)

// In a terminal of 40 columns an order was "de…  SH…  20…", of which nobody learns
// anything: a row that does not fit is a sheet of its own now.
func TestTableFitsTheWidth(t *testing.T) {
	goods := table{columns: []column{{title: "ID", right: true, whole: true}, {title: "Name"}, {title: "Stock", right: true}}}
	goods.add("7", "Łańcuch rowerowy 116 ogniw, nierdzewny, do przerzutek ośmiorzędowych", "12")
	goods.add("1120", "Kubek", "-1")

	cases := map[string]struct {
		width int
		want  string
	}{
		"wide": {100, "" +
			"  ID  Name                                                                  Stock\n" +
			"   7  Łańcuch rowerowy 116 ogniw, nierdzewny, do przerzutek ośmiorzędowych     12\n" +
			"1120  Kubek                                                                    -1\n"},
		"just wide enough": {17, "" +
			"  ID  Name  Stock\n" +
			"   7  Łań…     12\n" +
			"1120  Kub…     -1\n"},
		"narrow": {30, "" +
			"  ID  Name               Stock\n" +
			"   7  Łańcuch rowerowy…     12\n" +
			"1120  Kubek                 -1\n"},
		"too narrow": {16, "" +
			"ID     7\n" +
			"Name   Łańcuch rowerowy 116 ogniw, nierdzewny, do przerzutek ośmiorzędowych\n" +
			"Stock  12\n" +
			"\n" +
			"ID     1120\n" +
			"Name   Kubek\n" +
			"Stock  -1\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := goods.render(c.width)
			if got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// Tables were cut to 80 columns in a pipe, too, so that grep did not find the end
// of a name. A name of any length stays whole there, and does not fill up the
// rows of others.
func TestNothingIsCutWhereThereIsNoTerminal(t *testing.T) {
	goods := table{columns: []column{{title: "Name"}, {title: "Stock", right: true}}}
	long := strings.Repeat("bardzo ", 100) + "długi"
	goods.add(long, "1")
	goods.add("Kubek", "2")
	got := goods.render((&program{out: &strings.Builder{}}).width())
	if !strings.Contains(got, long+"      1\n") {
		t.Errorf("the name is cut:\n%s", got)
	}
	if short := strings.Split(got, "\n")[2]; len(short) != longest+len("  Stock") {
		t.Errorf("the row of another takes %d columns: %q", len(short), short)
	}
}

// A character of double width takes two columns, a combining one none.
func TestTableMeasuresWhatIsSeen(t *testing.T) {
	goods := table{columns: []column{{title: "Name"}, {title: "N", right: true}}}
	goods.add("茶碗", "1")
	goods.add("Z\u0301le", "2")
	want := "" +
		"Name  N\n" +
		"茶碗  1\n" +
		"Z\u0301le   2\n"
	if got := goods.render(80); got != want {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
}

func TestOneLine(t *testing.T) {
	for given, want := range map[string]string{
		"plain":                             "plain",
		"two\r\nlines\tand  more ":          "two lines and more",
		"\x1b[31mred\x1b[0m":                "[31mred [0m",
		"\x1b]0;title\x07x":                 "]0;title x",
		"\u202egnirts":                      "gnirts",
		"C1 \u009b31m":                      "C1 31m",
		"bad \xff byte":                     "bad byte",
		"żółć":                              "żółć",
		"family \U0001F468\u200d\U0001F469": "family \U0001F468\u200d\U0001F469",
	} {
		if got := oneLine(given); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", given, got, want)
		}
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("Łańcuch \x1b[2J rowerowy")
	f.Add("\u202e\u2066\x00")
	f.Fuzz(func(t *testing.T, text string) {
		got := oneLine(text)
		for _, r := range got {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e {
				t.Fatalf("oneLine(%q) = %q holds %U", text, got, r)
			}
		}
		rows := table{columns: []column{{title: "A"}, {title: "B"}}}
		rows.add(text, text)
		rendered := rows.render(40)
		if strings.Count(rendered, "\n") != 2 {
			t.Fatalf("%q makes more than one line: %q", text, rendered)
		}
		for line := range strings.Lines(rendered) {
			if w := display.StringWidth(strings.TrimSuffix(line, "\n")); w > 40 {
				t.Fatalf("%q takes %d columns: %q", text, w, line)
			}
		}
	})
}

// What is in a file was one line of ninety columns, and why it is of no use stood
// beside the other values and not below them.
func TestSheetsAreWrappedBelowTheirValues(t *testing.T) {
	var s sheet
	s.add("File", "cut.xml")
	s.add("Contents", "products: 20000, available: 17756, sizes: 36500")
	s.add("No use", "cut off")
	want := "File      cut.xml\nContents  products: 20000, available:\n          17756, sizes: 36500\nNo use    cut off\n"
	if got := s.wrapped(40); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := s.wrapped(0); got != s.render() {
		t.Errorf("of any width it is\n%s", got)
	}
}
