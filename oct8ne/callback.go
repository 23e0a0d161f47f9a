package oct8ne

// maxCallback is the longest callback that is accepted, in bytes.
const maxCallback = 100

// reservedWords cannot begin an identifier path. Most would only make a script
// that does not parse, but while({…}) would never end and if({…}) would swallow
// the answer.
var reservedWords = map[string]bool{
	"arguments": true, "await": true, "break": true, "case": true, "catch": true, "class": true,
	"const": true, "continue": true, "debugger": true, "default": true, "delete": true, "do": true,
	"else": true, "enum": true, "eval": true, "export": true, "extends": true, "false": true,
	"finally": true, "for": true, "function": true, "if": true, "implements": true, "import": true,
	"in": true, "instanceof": true, "interface": true, "let": true, "new": true, "null": true,
	"package": true, "private": true, "protected": true, "public": true, "return": true,
	"static": true, "super": true, "switch": true, "this": true, "throw": true, "true": true,
	"try": true, "typeof": true, "var": true, "void": true, "while": true, "with": true,
	"yield": true,
}

// validCallback says whether a callback is a dotted JavaScript identifier path
// with optional decimal indexes, such as a.b_1.$c or a[0].b, of at most 100
// bytes. Only ASCII identifiers are accepted: every generator of JSONP callbacks
// uses them, and the letters of other scripts would need Unicode's tables.
func validCallback(name []byte) bool {
	if len(name) == 0 || len(name) > maxCallback {
		return false
	}
	i := identifierEnd(name, 0)
	if i == 0 || reservedWords[string(name[:i])] {
		return false
	}
	for i < len(name) {
		var end int
		switch name[i] {
		case '.':
			end = identifierEnd(name, i+1)
			if end == i+1 {
				return false
			}
		case '[':
			end = indexEnd(name, i+1)
			if end == 0 {
				return false
			}
		default:
			return false
		}
		i = end
	}
	return true
}

// identifierEnd returns where the identifier that starts at start ends; start
// itself when none starts there.
func identifierEnd(name []byte, start int) int {
	i := start
	for ; i < len(name); i++ {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
		if !letter && (i == start || c < '0' || c > '9') {
			break
		}
	}
	return i
}

// indexEnd returns what follows the "]" of the decimal index that starts at
// start, 0 when there is no such index. A leading zero is refused because
// JavaScript reads 010 as octal.
func indexEnd(name []byte, start int) int {
	i := start
	for i < len(name) && name[i] >= '0' && name[i] <= '9' {
		i++
	}
	if i == start || i == len(name) || name[i] != ']' || name[start] == '0' && i > start+1 {
		return 0
	}
	return i + 1
}
