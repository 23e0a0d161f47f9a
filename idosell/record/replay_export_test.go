package record

// Difference is difference, for the tests from outside.
func Difference(before, after string) string { return difference("before", "after", before, after) }

// Form is the form of a request in which it is compared; false where it has none.
func Form(body []byte, dates, people bool) (string, bool) {
	request, err := readAsked(body, newNameBook(nil))
	if err != nil {
		return "", false
	}
	without := nothingApart
	if dates {
		without |= datesApart
	}
	if people {
		without |= peopleApart
	}
	return request.form(without), true
}

// SameRequest says whether two bodies are one request.
func SameRequest(a, b []byte) bool {
	return digestsOf(a, newNameBook(nil)).exact == digestsOf(b, newNameBook(nil)).exact
}
