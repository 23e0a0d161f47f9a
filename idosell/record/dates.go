package record

import (
	"bytes"
	"regexp"
	"time"
)

// The dates in a request move with the day on which it is made; this file reads
// them, and moves those of an answer by as much.

// dateLayouts are the forms in which dates go over the wire (gates.md), and those
// of xsd:date and xsd:dateTime. time.Parse takes fractions of a second in each.
var dateLayouts = []string{
	"2006-01-02 15:04:05", "2006-01-02", "2006-01-02 15:04", "2006-01-02T15:04:05", time.RFC3339, "2006-01-02T15:04:05-0700",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05-0700", "2006-01-02T15:04", "2006-01-02T15:04Z07:00",
}

const datePattern = `\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?`

// dateForm is a date, with or without a time, that is one: "0000-00-00" means none
// and is no date.
var dateForm = regexp.MustCompile(`^` + datePattern + `$`)

func isDate(text string) bool {
	return len(text) >= len("2006-01-02") && len(text) <= 40 && dateForm.MatchString(text)
}

// readDate reads a date, as if it were UTC where it has no zone: what it gives is
// only ever compared with others that were read so.
func readDate(text string) (at time.Time, layout string, ok bool) {
	for _, layout := range dateLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, layout, true
		}
	}
	return time.Time{}, "", false
}

// dates are the dates of a request in their order; the zero time stands for one
// that has the form and is none, such as the 31st of February.
func (a *asked) dates(found []time.Time) []time.Time {
	for _, attribute := range a.attributes {
		if isDate(attribute.text) {
			at, _, _ := readDate(attribute.text)
			found = append(found, at)
		}
	}
	if isDate(a.text) {
		at, _, _ := readDate(a.text)
		found = append(found, at)
	}
	for _, child := range a.elements {
		found = child.dates(found)
	}
	return found
}

// shift is how far the dates of a request lie behind those of the recorded one that
// it matches: by the earliest of them, which is where a range begins.
func (e *entry) shift(dates []time.Time) time.Duration {
	earliest := -1
	for i := range min(len(dates), len(e.dates)) {
		if !dates[i].IsZero() && !e.dates[i].IsZero() && (earliest < 0 || e.dates[i].Before(e.dates[earliest])) {
			earliest = i
		}
	}
	if earliest < 0 {
		return 0
	}
	return dates[earliest].Sub(e.dates[earliest])
}

// answeredDate is a date that is all that an element of an answer holds.
var answeredDate = regexp.MustCompile(`(?:>|<!\[CDATA\[)\s*(` + datePattern + `)\s*(?:</|\]\]>)`)

// moveDates moves the dates in an answer, which keep their form. An answer in
// UTF-16 stays as it is.
func moveDates(answer []byte, by time.Duration) []byte {
	places := answeredDate.FindAllSubmatchIndex(answer, -1)
	if by == 0 || len(places) == 0 {
		return answer
	}
	var out bytes.Buffer
	copied := 0
	for _, place := range places {
		text := answer[place[2]:place[3]]
		at, layout, ok := readDate(string(text))
		if !ok {
			continue
		}
		moved := at.Add(by).Format(layout)
		if len(moved) < len("2006-01-02") || !isDate(moved) {
			continue // beyond the years that have four digits
		}
		out.Write(answer[copied:place[2]])
		out.WriteString(moved)
		copied = place[3]
	}
	out.Write(answer[copied:])
	return out.Bytes()
}
