package main

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// column is one column of a table.
type column struct {
	title string
	right bool // numbers stand at the right; they are of no use when cut
	whole bool // a code that is of no use when cut, such as an id
}

// display measures text as terminals show it. East Asian ambiguity is settled,
// so that a table looks alike whatever LANG says.
var display = &runewidth.Condition{}

const (
	gap       = "  "
	narrowest = 4   // a column is not cut below this
	longest   = 200 // a cell that is longer moves the rest of its row, lest every row be filled up with blanks
)

// table is rows under headings, for people to read.
type table struct {
	columns []column
	rows    [][]string
}

// add appends a row; it has a cell for each column.
func (t *table) add(cells ...string) {
	row := make([]string, len(t.columns))
	for i := range row {
		row[i] = oneLine(cells[i])
	}
	t.rows = append(t.rows, row)
}

// render returns the table, no line wider than width. Cells that do not fit are
// cut and end with "…": first those of the widest column that may be cut. Where
// that is not enough, each row is a sheet of its own, of which nothing is cut. A
// width of 0 has room for everything.
func (t *table) render(width int) string {
	widths, fits := t.fit(width)
	if !fits {
		return t.sheets()
	}
	var b strings.Builder
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	for _, row := range append([][]string{titles}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString(gap)
			}
			if width > 0 {
				cell = display.Truncate(cell, widths[i], "…")
			}
			padding := strings.Repeat(" ", max(0, widths[i]-display.StringWidth(cell)))
			if t.columns[i].right {
				line.WriteString(padding + cell)
			} else {
				line.WriteString(cell + padding)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// sheets returns each row as a sheet, an empty line between two.
func (t *table) sheets() string {
	texts := make([]string, len(t.rows))
	for i, row := range t.rows {
		var s sheet
		for j, cell := range row {
			s.add(t.columns[j].title, cell)
		}
		texts[i] = s.render()
	}
	return strings.Join(texts, "\n")
}

// sheet is one thing with its properties, a line each. Nothing of it is cut: a
// web address or a note is of no use in part.
type sheet [][2]string

// add appends a property, but for one that there is none of.
func (s *sheet) add(name, value string) {
	if value = oneLine(value); value != "" {
		*s = append(*s, [2]string{name, value})
	}
}

// render returns the sheet, its values below each other.
func (s sheet) render() string {
	width := 0
	for _, line := range s {
		width = max(width, display.StringWidth(line[0]))
	}
	var b strings.Builder
	for _, line := range s {
		b.WriteString(line[0] + strings.Repeat(" ", width-display.StringWidth(line[0])) + gap + line[1] + "\n")
	}
	return b.String()
}

// wrapped is render with long values broken into lines of at most width columns;
// a width of 0 breaks none.
func (s sheet) wrapped(width int) string {
	names := 0
	for _, line := range s {
		names = max(names, display.StringWidth(line[0]))
	}
	var b strings.Builder
	for _, line := range s {
		b.WriteString(hang(display.FillRight(line[0], names)+gap, line[1], width))
	}
	return b.String()
}

// wrap breaks text into lines of at most width columns between words. A word that
// is longer has a line of its own. A width of 0 makes one line.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(oneLine(text)) {
		switch {
		case line == "":
			line = word
		case width <= 0 || display.StringWidth(line)+1+display.StringWidth(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// hang writes a text behind a label, its further lines below the first one.
func hang(label, text string, width int) string {
	indent := display.StringWidth(label)
	if width > 0 {
		width = max(width-indent, 20)
	}
	return label + strings.Join(wrap(text, width), "\n"+strings.Repeat(" ", indent)) + "\n"
}

// fit returns how wide each column is drawn, and whether that fits into width
// without cutting what is of no use when cut.
func (t *table) fit(width int) (widths []int, fits bool) {
	widths = make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = display.StringWidth(c.title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], display.StringWidth(row[i]))
		}
	}
	total := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	if width == 0 {
		for i := range widths {
			widths[i] = min(widths[i], longest)
		}
		return widths, true
	}
	for _, least := range []int{2 * narrowest, narrowest} {
		for total > width {
			widest := -1
			for i, c := range t.columns {
				if !c.whole && !c.right && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			widths[widest]--
			total--
		}
	}
	return widths, total <= width
}

// oneLine makes text from elsewhere fit for a terminal: control characters,
// which could move the cursor or change colours, and characters that turn the
// direction of writing become spaces, and runs of white space become one.
func oneLine(text string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || slices.Contains(turning, r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(clean), " ")
}

// turning are the characters of Unicode that turn the direction of writing, by
// which one text can be made to look like another.
var turning = []rune{0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069}
