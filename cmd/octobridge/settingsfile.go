package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"octobridge/bridge/config"
)

// settingsFile is a configuration file of which single values are changed, and
// nothing else: the nodes of the YAML say where they stand in the text.
type settingsFile struct {
	name  string
	mode  fs.FileMode
	lines []string  // with their ends
	root  yaml.Node // the document; zero where the file is empty
}

// settingsValue is a key of the section oct8ne, and what it shall be.
type settingsValue struct{ key, value string }

// settingsSection is the section that is changed.
const settingsSection = "oct8ne"

// longestSettings is how large a configuration may be; see the package config.
const longestSettings = 1 << 20

// byteOrderMark may begin a file that another system's editor wrote.
const byteOrderMark = "\uFEFF"

// readSettings reads a file that config.Load accepts.
func readSettings(name string) (*settingsFile, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if info.Size() > longestSettings {
		return nil, fmt.Errorf("read the configuration: %s is larger than %d bytes", name, longestSettings)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	settings, err := parseSettings(name, content)
	if err != nil {
		return nil, err
	}
	settings.mode = info.Mode()
	return settings, nil
}

// parseSettings takes a file's content apart. Its error repeats nothing of it.
func parseSettings(name string, content []byte) (*settingsFile, error) {
	s := &settingsFile{name: name, lines: slices.Collect(strings.Lines(string(content)))}
	if yaml.Unmarshal(bytes.TrimPrefix(content, []byte(byteOrderMark)), &s.root) != nil {
		return nil, s.odd("is not valid YAML")
	}
	return s, nil
}

// odd is the error of a file that is written in a way that is not changed here.
func (s *settingsFile) odd(problem string) error {
	return &config.Error{Key: settingsSection, Source: s.name, Problem: problem,
		Remedy: `write its keys below a line with "` + settingsSection + `:", one a line as "key: value", indented with two spaces`}
}

// section returns the nodes of the section's key and value, nil where there is none.
func (s *settingsFile) section() (key, value *yaml.Node) {
	if len(s.root.Content) == 0 {
		return nil, nil
	}
	return lookUp(s.root.Content[0], settingsSection)
}

func lookUp(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	if mapping.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

// value returns what a key of the section is, "" where it is not there.
func (s *settingsFile) value(name string) string {
	_, section := s.section()
	if section == nil {
		return ""
	}
	if section.Kind == yaml.AliasNode {
		section = section.Alias
	}
	_, value := lookUp(section, name)
	switch {
	case value == nil:
		return ""
	case value.Kind == yaml.AliasNode:
		value = value.Alias
	}
	if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
		return ""
	}
	return value.Value
}

// with returns the file's content with values set. Every other value, every comment
// and the order of all stay; what cannot be changed so is an error, *config.Error.
func (s *settingsFile) with(values []settingsValue) ([]byte, error) {
	cannot := s.odd("is written in a way that is not changed here")
	content := []byte(strings.Join(s.lines, ""))
	// YAML counts these as ends of lines, too, so that its lines are not ours.
	if strings.ContainsAny(strings.ReplaceAll(string(content), "\r\n", "\n"), "\r\u0085\u2028\u2029") {
		return nil, cannot
	}
	for _, v := range values {
		changed, err := parseSettings(s.name, content)
		if err != nil || !changed.set(v) {
			return nil, cannot
		}
		content = []byte(strings.Join(changed.lines, ""))
	}
	after, err := parseSettings(s.name, content)
	if err != nil || !s.same(after, values) {
		return nil, cannot
	}
	return content, nil
}

// set changes the text for one value. It says whether it could; with judges what
// came of it.
func (s *settingsFile) set(v settingsValue) bool {
	written, err := yaml.Marshal(v.value)
	if err != nil {
		return false
	}
	text := strings.TrimRight(string(written), "\n")
	key, section := s.section()
	if key == nil {
		s.append(settingsSection + ":")
		s.append("  " + v.key + ": " + text)
		return true
	}
	old, value := lookUp(section, v.key)
	if old == nil {
		return s.insert(key.Line, section, v.key, text)
	}
	return s.replace(old, value, text)
}

// ending is how the file ends its lines.
func (s *settingsFile) ending() string {
	if len(s.lines) > 0 && strings.HasSuffix(s.lines[0], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// append adds a line at the end.
func (s *settingsFile) append(line string) {
	if last := len(s.lines) - 1; last >= 0 && !strings.HasSuffix(s.lines[last], "\n") {
		s.lines[last] += s.ending()
	}
	s.lines = append(s.lines, line+s.ending())
}

// insert adds a key to the section that begins in a line, from 1 on: behind its
// example in a comment, as `octobridge config sample` writes them, else behind the
// section's last key. It says whether the file has such a place.
func (s *settingsFile) insert(header int, section *yaml.Node, key, text string) bool {
	indent, at := "  ", header
	if keys := len(section.Content); section.Kind == yaml.MappingNode && keys > 0 {
		indent = strings.Repeat(" ", section.Content[0].Column-1)
		if last := section.Content[keys-2]; last.Line == section.Content[keys-1].Line {
			at = last.Line
		}
	}
	if header > len(s.lines) || at > len(s.lines) {
		return false
	}
	example := regexp.MustCompile(`^ +#` + regexp.QuoteMeta(key) + `(_file)?:`)
	for i := header; i < len(s.lines); i++ {
		if line := s.lines[i]; strings.TrimSpace(line) != "" && line[0] != ' ' && line[0] != '#' {
			break // the next section
		} else if example.MatchString(line) {
			at = i + 1
		}
	}
	if at == len(s.lines) && at > 0 && !strings.HasSuffix(s.lines[at-1], "\n") {
		s.lines[at-1] += s.ending()
	}
	s.lines = slices.Insert(s.lines, at, indent+key+": "+text+s.ending())
	return true
}

// replace writes another value behind a key, in its line. It says whether the old
// one is written there, and not over several lines.
func (s *settingsFile) replace(key, value *yaml.Node, text string) bool {
	if key.Line < 1 || key.Line > len(s.lines) || value.Kind != yaml.ScalarNode || value.Anchor != "" {
		return false
	}
	line := []rune(s.lines[key.Line-1])
	if key.Line == 1 && len(line) > 0 && string(line[0]) == byteOrderMark {
		return false
	}
	none := value.Tag == "!!null" && value.Value == ""
	from := value.Column - 1
	if none {
		colon := slices.Index(line[min(key.Column-1, len(line)):], ':')
		if colon < 0 {
			return false
		}
		from, text = key.Column+colon, " "+text
	} else if value.Line != key.Line {
		return false
	}
	if from < 0 || from > len(line) {
		return false
	}
	to := from
	if !none {
		to = from + scalarLength(string(line[from:]))
	}
	s.lines[key.Line-1] = string(line[:from]) + text + string(line[to:])
	return true
}

// quotedScalar is a value in quotes.
var quotedScalar = regexp.MustCompile(`^("([^"\\]|\\.)*"|'([^']|'')*')`)

// scalarLength returns how many characters of a line are the value that it begins
// with: all but a comment and spaces behind it.
func scalarLength(line string) int {
	if quoted := quotedScalar.FindString(line); quoted != "" {
		return len([]rune(quoted))
	}
	if comment := strings.Index(line, " #"); comment >= 0 {
		line = line[:comment]
	}
	return len([]rune(strings.TrimRight(line, " \t\r\n")))
}

// same says whether another file has the values, and in all else those of this one.
func (s *settingsFile) same(other *settingsFile, values []settingsValue) bool {
	changed := func(path string) bool {
		return path == settingsSection || slices.ContainsFunc(values, func(v settingsValue) bool { return path == settingsSection+"."+v.key })
	}
	for _, v := range values {
		if other.value(v.key) != v.value {
			return false
		}
	}
	return slices.Equal(s.others(changed), other.others(changed))
}

// others lists the values of a file, in their order, but for those left out.
func (s *settingsFile) others(leftOut func(path string) bool) []string {
	var list []string
	var walk func(path string, node *yaml.Node)
	walk = func(path string, node *yaml.Node) {
		switch node.Kind {
		case yaml.DocumentNode:
			for _, child := range node.Content {
				walk(path, child)
			}
		case yaml.MappingNode:
			for i := 0; i+1 < len(node.Content); i += 2 {
				below := strings.TrimPrefix(path+"."+node.Content[i].Value, ".")
				walk(below, node.Content[i+1])
			}
		case yaml.SequenceNode:
			for _, child := range node.Content {
				walk(path+"[]", child)
			}
		default:
			if path != "" && !leftOut(path) { // an empty file is an empty value
				list = append(list, path+"\x00"+node.Tag+"\x00"+node.Value)
			}
		}
	}
	walk("", &s.root)
	return list
}
