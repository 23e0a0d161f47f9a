package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	maxFile   = 1 << 20  // of a configuration
	maxSecret = 64 << 10 // of a file with one secret
)

// readBounded returns what a file holds. Its errors are sentences without a key.
func readBounded(name string, most int64) ([]byte, *fault) {
	file, err := os.Open(name) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, &fault{"is a folder", "name a file"}
	}
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case int64(len(content)) > most:
		return nil, &fault{fmt.Sprintf("is larger than %d bytes", most), "check that it is the right file"}
	case !utf8.Valid(content):
		return nil, &fault{"is not UTF-8 text", "save it as UTF-8"}
	}
	return content, nil
}

func unreadable(err error) *fault {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err // the name is said already
	}
	remedy := "check its name, relative to the working directory"
	if errors.Is(err, fs.ErrPermission) {
		remedy = "let the user that runs octobridge read it"
	}
	return &fault{fmt.Sprintf("cannot be read (%v)", err), remedy}
}

// fileSource reads the YAML file into given values by path. Only the shape is
// judged here; what the values mean is judged after the merge.
type fileSource struct {
	name    string
	values  map[string]given
	excused map[string]bool // keys and sections that are told of already: "missing" would say it twice
	faults  *problems
}

var yamlLine = regexp.MustCompile(`line ([0-9]+)`)

// load reads the file, and says whether its keys are known.
func (s *fileSource) load() bool {
	content, f := readBounded(s.name, maxFile)
	if f != nil {
		s.faults.add(&Error{Source: s.name, Problem: f.problem, Remedy: f.remedy})
		return false
	}
	return s.parse(content)
}

func (s *fileSource) parse(content []byte) bool {
	content = bytes.TrimPrefix(content, []byte("\uFEFF"))
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return true // an empty file gives nothing
	} else if err != nil {
		return s.invalid(content, err)
	}
	if err := decoder.Decode(new(yaml.Node)); err == nil {
		return s.fault(0, "", "holds more than one document", "take out the lines with only ---")
	} else if !errors.Is(err, io.EOF) {
		return s.invalid(content, err)
	}
	if len(document.Content) != 1 || empty(document.Content[0]) {
		return true
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return s.fault(root.Line, "", "is not a list of keys", "begin with a key and a colon, such as listen: 127.0.0.1:8080")
	}
	s.section(root, "")
	return true
}

// invalid tells where the file stops being YAML. The parser's own words are
// left out: they repeat parts of the text, which can be a secret. It returns false.
func (s *fileSource) invalid(content []byte, err error) bool {
	line := 0
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		line, _ = strconv.Atoi(found[1])
	}
	for i, text := range strings.Split(string(content), "\n") {
		if indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]; strings.Contains(indent, "\t") {
			return s.fault(i+1, "", "is indented with a tab", "indent with spaces")
		}
	}
	return s.fault(line, "", "is not valid YAML", `check the indentation, and quote values with special characters such as : # * & ! % @`)
}

// fault reports a problem and returns false.
func (s *fileSource) fault(line int, path, problem, remedy string) bool {
	if path != "" {
		path = shownKey(path)
	}
	s.faults.add(&Error{Key: path, Source: s.place(line), Problem: problem, Remedy: remedy})
	return false
}

func (s *fileSource) place(line int) string {
	if line == 0 {
		return s.name
	}
	return s.name + ":" + strconv.Itoa(line)
}

// section reads the keys of a mapping; name is "" at the top.
func (s *fileSource) section(mapping *yaml.Node, name string) {
	seen := map[string]int{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		label, value := mapping.Content[i], resolve(mapping.Content[i+1])
		path := label.Value
		if name != "" {
			path = name + "." + label.Value
		}
		if label.Kind != yaml.ScalarNode {
			s.fault(label.Line, name, "has a key that is not a word", "write the key and a colon")
			continue
		}
		if first, twice := seen[label.Value]; twice {
			s.fault(label.Line, path, fmt.Sprintf("is given twice, first in line %d", first), "take one of them out")
			continue
		}
		seen[label.Value] = label.Line
		if name == "" && isSection(label.Value) {
			switch {
			case value.Kind == yaml.MappingNode:
				s.section(value, label.Value)
			case !empty(value):
				s.excused[path] = true
				s.fault(value.Line, path, "is a section, not a value", "write its keys below it, indented")
			}
			continue
		}
		if rows[path] == nil && value.Kind == yaml.MappingNode && name == "" && len(value.Content) > 0 {
			// Most likely a misspelt section: its keys find their nearest better.
			for j := 0; j+1 < len(value.Content); j += 2 {
				s.unknown(value.Content[j].Line, path+"."+value.Content[j].Value)
			}
			continue
		}
		s.value(label.Line, path, value)
	}
}

// unknown reports a key that is not in the table.
func (s *fileSource) unknown(line int, path string) {
	if s.faults.full() {
		s.faults.more++ // looking for the nearest of a hundred thousand keys would take minutes
		return
	}
	known := nearest(path)
	s.excused[known] = true
	s.fault(line, path, "is not a key of octobridge", "did you mean "+known+"?")
}

// value takes one scalar or list.
func (s *fileSource) value(line int, path string, value *yaml.Node) {
	row := rows[path]
	if row == nil {
		s.unknown(line, path)
		return
	}
	if empty(value) {
		return // "key:" gives nothing, so that the default holds
	}
	switch {
	case value.Kind == yaml.ScalarNode && row.list():
		s.values[path] = given{Texts: splitList(value.Value), Source: s.place(line)}
	case value.Kind == yaml.ScalarNode:
		s.values[path] = given{Texts: []string{value.Value}, Source: s.place(line)}
	case value.Kind == yaml.SequenceNode && row.list():
		texts := []string{}
		for _, item := range value.Content {
			item = resolve(item)
			if item.Kind != yaml.ScalarNode || empty(item) {
				s.fault(item.Line, path, "has an item that is not a text", "write one text an item")
				return
			}
			texts = append(texts, item.Value)
		}
		s.values[path] = given{Texts: texts, Source: s.place(line)}
	case row.list():
		s.fault(line, path, "is not a list", "write - and a text a line, indented")
	default:
		s.fault(line, path, "is not one value", "write one text or number behind the colon")
	}
}

// resolve follows an alias once; the parser does not let one point at another.
func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		return node.Alias
	}
	return node
}

// empty says whether nothing, null or ~ is written. A quoted empty text is
// something.
func empty(node *yaml.Node) bool {
	return node.Kind == 0 || node.Kind == yaml.ScalarNode && node.Tag == "!!null"
}

func isSection(name string) bool {
	for _, s := range sections {
		if s.name == name && name != "" {
			return true
		}
	}
	return false
}

// splitList takes apart a list written as one text.
func splitList(text string) []string {
	texts := []string{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			texts = append(texts, part)
		}
	}
	return texts
}
