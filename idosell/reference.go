package idosell

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// referenceMark is how the shop's own order number stands in an order's note
// (gates.md: "[ref:…]"). It is octobridge's convention, not CustomerAPI's.
var referenceMark = regexp.MustCompile(`\[ref:\s*([^\[\]\r\n]{1,100}?)\s*\]`)

// maxReference is the length of the longest reference, in characters.
const maxReference = 100

// NoteWithReference puts the shop's own order number in front of a note, for
// NewOrder.ClientNote: an order whose outcome is unknown is found again by it.
// That the wholesaler keeps the note is an assumption. A reference has 1 to 100
// characters, without square brackets and line breaks, and no blanks around it.
func NoteWithReference(reference, note string) (string, error) {
	if reference == "" || utf8.RuneCountInString(reference) > maxReference || strings.ContainsAny(reference, "[]\r\n") || strings.TrimSpace(reference) != reference {
		return "", fmt.Errorf("%q cannot be a reference: use 1 to %d characters without square brackets and line breaks", clip(reference), maxReference)
	}
	return strings.TrimSpace("[ref:" + reference + "] " + note), nil
}

// SplitNote returns the shop's reference in a note, "" where there is none, and
// the note without it.
func SplitNote(note string) (reference, rest string) {
	if mark := referenceMark.FindStringSubmatch(note); mark != nil {
		reference = mark[1]
	}
	return reference, strings.TrimSpace(referenceMark.ReplaceAllString(note, " "))
}

// Reference is the shop's own order number in the order's note, "" where there
// is none.
func (o *Order) Reference() string {
	reference, _ := SplitNote(o.ClientNote)
	return reference
}
