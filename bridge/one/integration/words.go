package integration

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestText is how many characters of ONe's words an error holds.
const longestText = 300

// Where an error's words stand is an assumption: these are the usual names of
// problem details (RFC 9457) and of Spring, which ONe's paths look like.
var (
	wordFields   = []string{"message", "detail", "title", "error_description", "errorMessage", "error", "reason", "description", "defaultMessage"}
	detailFields = []string{"errors", "violations", "fieldErrors", "details"}
)

// readWords finds the words for people in an error's answer: at most longestText
// characters on one line, without secrets and mail addresses. Empty where there
// are none.
func readWords(content []byte, scrub func(string) string) string {
	content = bytes.TrimSpace(withoutMark(content))
	if len(content) == 0 {
		return ""
	}
	var words []string
	switch content[0] {
	case '{', '[', '"':
		document, err := parse(content)
		if err != nil {
			return ""
		}
		words = wordsIn(document, 0)
	case '<':
		return ""
	default:
		if !utf8.Valid(content) {
			return ""
		}
		words = []string{string(content)}
	}
	text := scrub(strings.Join(words, "; "))
	// Again on one line: a secret may have been broken by the blanks that went.
	text = scrub(withoutMail(oneLine(text)))
	return clip(text, longestText)
}

// wordsIn collects the words of a value: the first field that has some, and those
// of the details below it. It looks three levels deep and at ten details.
func wordsIn(value any, level int) []string {
	if level > 3 {
		return nil
	}
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var words []string
		for _, one := range value[:min(len(value), 10)] {
			words = append(words, wordsIn(one, level+1)...)
		}
		return words
	case map[string]any:
		var words []string
		for _, name := range wordFields {
			if inner, ok := value[name]; ok && len(words) == 0 {
				words = wordsIn(inner, level+1)
			}
		}
		if field := textOf(value, "field", "propertyPath", "path"); field != "" && len(words) > 0 && level > 0 {
			words[0] = field + ": " + words[0]
		}
		for _, name := range detailFields {
			words = append(words, wordsIn(value[name], level+1)...)
		}
		return words
	}
	return nil
}

// oneLine puts a text from outside on one line: control characters and runs of
// blanks become one blank. What is no UTF-8 becomes the mark for it.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
}
