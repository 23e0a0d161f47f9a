package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"octobridge/idosell/iof"
)

// checkReport is what `feed check` prints.
type checkReport struct {
	Source string         `json:"source"` // the file, "-", or the host of the address
	OK     bool           `json:"ok"`     // nothing is wrong, and nothing is missing
	Files  []*checkedFile `json:"files"`  // one; of a gateway at a URL, then those that it lists
}

// checkedFile is one file with what is wrong with it.
type checkedFile struct {
	File      string    `json:"file"` // its path, or what the gateway lists it as; "feed" is what a URL leads to
	Kind      string    `json:"kind"` // full, light, full_change, gateway, categories, …; "" where it is none of a feed
	Version   string    `json:"version"`
	Generated time.Time `json:"generated,omitzero"`
	Expires   time.Time `json:"expires,omitzero"`

	Languages  []string       `json:"languages"`
	Currencies []string       `json:"currencies"`
	Counts     map[string]int `json:"counts"`  // of what is in it: products, sizes, parameters, categories, …
	Types      map[string]int `json:"types"`   // products by type
	Without    map[string]int `json:"without"` // products that lack something: name, price, …

	Bytes        int64          `json:"bytes"` // unpacked, as far as it was read
	Seconds      float64        `json:"seconds"`
	Missing      bool           `json:"missing"`         // a server did not hand it out
	Error        string         `json:"error,omitempty"` // why it was not read to its end
	Damaged      int            `json:"damaged"`         // products, or entries of a list, that an import leaves out
	ProblemCount int            `json:"problemCount"`
	Problems     []checkProblem `json:"problems"` // in the order of the file
}

// checkProblem is something wrong inside a file.
type checkProblem struct {
	Offset int64  `json:"offset"` // where its element begins, in bytes of the unpacked file
	Type   string `json:"type"`   // "product", or what a list has: "category", "unit", …
	ID     string `json:"id"`     // "" where it is not known
	Damage bool   `json:"damage"` // an import leaves it out
	What   string `json:"what"`
}

// ok says whether nothing is wrong with a file.
func (f *checkedFile) ok() bool { return f.Error == "" && f.ProblemCount == 0 }

// verdict is the error to end with. What is damaged counts before what could not
// be had.
func (r *checkReport) verdict() error {
	damaged, missing := 0, 0
	for _, file := range r.Files {
		switch {
		case file.Missing:
			missing++
		case !file.ok():
			damaged++
		}
	}
	switch {
	case damaged > 0 && len(r.Files) == 1:
		return &answerNo{r.Files[0].verdict()}
	case damaged > 0:
		return &answerNo{fmt.Sprintf("%d of %d files are not as they should be", damaged, len(r.Files))}
	case missing > 0:
		return &unreachable{fmt.Errorf("%d of %d files could not be downloaded", missing, len(r.Files))}
	}
	return nil
}

// verdict says in short what is wrong with a file.
func (f *checkedFile) verdict() string {
	if f.Error != "" {
		return "the file is of no use: " + f.Error
	}
	return "the file has " + amount(int64(f.ProblemCount), "problem")
}

// feedKinds are the kinds of files in the order in which they are named.
var feedKinds = []iof.Kind{iof.Full, iof.FullChange, iof.Light, iof.Categories, iof.Sizes, iof.Producers, iof.Units, iof.Parameters,
	iof.Stocks, iof.Series, iof.Warranties, iof.Preset}

func kindList() string {
	var names []string
	for _, kind := range feedKinds {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}

// kindWords are the kinds in words.
var kindWords = map[iof.Kind]string{
	iof.Full: "a full offer", iof.Light: "a light offer (prices and stock)", iof.FullChange: "changes of an offer", iof.GatewayFile: "a gateway",
	iof.Categories: "the list of categories", iof.Sizes: "the list of sizes", iof.Producers: "the list of producers", iof.Units: "the list of units",
	iof.Parameters: "the list of parameters", iof.Stocks: "the list of warehouses", iof.Series: "the list of series",
	iof.Warranties: "the list of warranties", iof.Preset: "settings for an import",
}

// what says what a file is.
func (f *checkedFile) what() string {
	text, known := kindWords[iof.Kind(f.Kind)]
	if !known {
		return "no file of a feed"
	}
	if f.Version != "" {
		text += ", IOF " + f.Version
	}
	return text
}

// listedAs takes into account what the gateway calls a file. Of offers it knows
// best: full ones, light ones and changes may look alike.
func (f *checkedFile) listedAs(kind iof.Kind) {
	offers := []iof.Kind{iof.Full, iof.Light, iof.FullChange}
	switch {
	case f.Kind == "" || f.Kind == string(kind):
	case slices.Contains(offers, kind) && slices.Contains(offers, iof.Kind(f.Kind)):
		f.Kind = string(kind)
	case f.Error == "":
		f.Error = fmt.Sprintf("the gateway lists it as %s, but it is %s", kind, f.what())
	}
}

// sayChecked writes a report for people.
func (c *feedCheck) sayChecked(w io.Writer, report *checkReport) {
	for i, file := range report.Files {
		if i > 0 {
			io.WriteString(w, "\n")
		}
		io.WriteString(w, c.fileText(file))
	}
	if len(report.Files) > 1 {
		fmt.Fprintf(w, "\n%s\n", report.sentence())
	}
}

// sentence sums several files up.
func (r *checkReport) sentence() string {
	good, missing, problems := 0, 0, 0
	for _, file := range r.Files {
		problems += file.ProblemCount
		switch {
		case file.ok():
			good++
		case file.Missing:
			missing++
		}
	}
	text := fmt.Sprintf("%d of the %d files of %s are as they should be", good, len(r.Files), oneLine(r.Source))
	if missing > 0 {
		text += fmt.Sprintf(", %d could not be downloaded", missing)
	}
	if problems > 0 {
		text += ", with " + amount(int64(problems), "problem")
	}
	return text + "."
}

// fileText is what is in a file, then what is wrong with it.
func (c *feedCheck) fileText(file *checkedFile) string {
	var s sheet
	name := file.File
	if name == "-" {
		name = "standard input"
	}
	s.add("File", name)
	if file.Missing {
		s.add("Missing", file.Error)
		return s.wrapped(c.width())
	}
	s.add("Is", file.what())
	s.add("Made", clock(file.Generated))
	s.add("Holds for", clock(file.Expires))
	s.add("Contents", counted(file.Counts, countOrder))
	if len(file.Types) > 1 || file.Types[untyped] == 0 {
		s.add("Types", counted(file.Types, nil))
	}
	s.add("Languages", strings.Join(file.Languages, ", "))
	s.add("Currencies", strings.Join(file.Currencies, ", "))
	s.add("Lacking", counted(file.Without, nil))
	s.add("Size", byteCount(file.Bytes))
	s.add("Problems", file.problems())
	s.add("No use", file.Error)
	text := s.wrapped(c.width())
	if file.ProblemCount > 0 {
		text += "\n" + problemText(file, c.limit, c.width())
	}
	return text
}

// problems says how many problems there are, and what an import makes of them.
func (f *checkedFile) problems() string {
	if f.ProblemCount == 0 && f.Error != "" {
		return ""
	}
	if f.ProblemCount == 0 {
		return "none"
	}
	text := strconv.Itoa(f.ProblemCount)
	if f.Damaged > 0 {
		text += fmt.Sprintf("; %d left out by an import", f.Damaged)
	}
	return text
}

// problemText lists what is wrong inside a file, at most so many. Nothing of it is
// cut.
func problemText(file *checkedFile, most, width int) string {
	const id, at = "ID", "At byte"
	idWidth, atWidth := len(id), len(at)
	shown := file.Problems[:min(most, len(file.Problems))]
	for _, problem := range shown {
		idWidth = max(idWidth, display.StringWidth(problem.about()))
		atWidth = max(atWidth, len(strconv.FormatInt(problem.Offset, 10)))
	}
	row := func(id, at, what string) string {
		label := display.FillRight(id, idWidth) + gap + display.FillLeft(at, atWidth) + gap
		return hang(label, what, width)
	}
	var b strings.Builder
	if len(shown) > 0 {
		b.WriteString(row(id, at, "What is wrong"))
	}
	for _, problem := range shown {
		b.WriteString(row(problem.about(), strconv.FormatInt(problem.Offset, 10), problem.What))
	}
	if left := file.ProblemCount - len(shown); left > 0 {
		fmt.Fprintf(&b, "%d of %s; --limit shows more, --json all.\n", len(shown), amount(int64(file.ProblemCount), "problem"))
	}
	return b.String()
}

// about names what a problem is about: a product by its id alone.
func (p checkProblem) about() string {
	id := display.Truncate(oneLine(p.ID), 40, "…")
	if p.Type == "product" {
		return id
	}
	return strings.TrimSpace(oneLine(p.Type) + " " + id)
}

// untyped are the products whose type a file does not say; light offers never do.
const untyped = "not said"

// countOrder is the order in which what is in a file is counted up. It serves
// offers and lists as well as gateways, whose kinds have the lists' names.
var countOrder = []string{"products", "available", "removed", "full", "full_change", "light", "categories", "groups of sizes", "sizes", "pictures",
	"producers", "units", "sections", "parameters", "values", "stocks", "series", "warranties", "preset"}

// counted is a list of numbers of things: those of an order first, then the most
// frequent ones. What there is none of is left out.
func counted(counts map[string]int, order []string) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if i, j := slices.Index(order, a), slices.Index(order, b); i != j {
			return cmp.Or(cmp.Compare(uint(i), uint(j)), strings.Compare(a, b)) // -1 is the largest uint
		}
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var texts []string
	for _, name := range names {
		if counts[name] != 0 {
			texts = append(texts, fmt.Sprintf("%s: %d", name, counts[name]))
		}
	}
	return strings.Join(texts, ", ")
}
