package record

// ClassUnknown says whether nothing is known of a name in its place, so that its
// text is taken out unless it is harmless by its form.
func ClassUnknown(around, name string) bool {
	return newVocabulary(nil).class(plain(around), plain(name)).fate == fateUnknown
}

// ClassPersonal says whether what stands under a name in its place is replaced.
func ClassPersonal(around, name string) bool {
	return newVocabulary(nil).class(plain(around), plain(name)).fate == fatePersonal
}

// Indent writes XML as Write does.
func Indent(body []byte) ([]byte, bool) { return indentXML(body) }
