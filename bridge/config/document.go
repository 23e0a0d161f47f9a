package config

import (
	"fmt"
	"strings"
)

//go:generate go test . -run TestTheReferencePageIsTrue -update

// Markdown returns the reference page of every key, made from the table that
// also reads them: docs/reference/configuration.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Configuration

<!-- Made from the table in bridge/config/keys.go: run "go test ./bridge/config -update" after changing it. -->

Values come from a YAML file (` + "`--config FILE` or `" + FileVariable + "`" + `), then from the environment, then from flags; the later wins.
An environment variable is called ` + "`OCTOBRIDGE_SECTION__KEY`: `" + environmentName("idosell.url") + "`; at the top, `" + environmentName("listen") + "`" + `. An empty one counts as not set.
A flag is called ` + "`--section-key`: `--" + flagName("idosell.url") + "`, `--" + flagName("data_dir") + "`" + `. Lists are written with commas in both.

Every secret has a twin with ` + "`_file`" + ` at its end, which names a file that holds it (line ends at its end do not count), and has no flag but its twin's.
Relative paths are relative to the working directory. Lengths of time have a unit: ` + "`500ms`, `30s`, `10m`, `24h`" + `.
An unknown key in the file is an error, an unknown ` + "`" + environmentPrefix + "…`" + ` variable a warning.

` + "`octobridge config sample`" + ` prints a file to begin with, ` + "`octobridge config check`" + ` checks one, ` + "`octobridge config show`" + ` tells where each value came from.
`)
	for _, s := range sections {
		title := "`" + s.name + "`"
		if s.name == "" {
			title = "At the top"
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| key | default | meaning |\n|---|---|---|\n", title, s.doc)
		for _, k := range table {
			if k.section() == s.name {
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.path, defaultShown(k), strings.ReplaceAll(meaning(k), "|", `\|`))
			}
		}
	}
	return b.String()
}

func defaultShown(k *key) string {
	switch {
	case k.def != "":
		return "`" + k.def + "`"
	case k.need == needUpstream:
		return "required"
	case k.need == needServe:
		return "required to serve"
	}
	return ""
}

func meaning(k *key) string {
	text := k.doc
	if k.secret() {
		text += " Secret: or `" + k.twin() + "`."
	}
	if len(k.allowed) > 0 && !strings.Contains(text, "`"+k.allowed[0]+"`") {
		text += " One of `" + strings.Join(k.allowed, "`, `") + "`."
	}
	if k.noEffect != "" {
		text += " Empty: " + k.noEffect + "."
	}
	if k.def == "" && k.allowed == nil && (!k.secret() || k.check != nil) {
		text += " For example `" + k.example + "`."
	}
	return text
}

// Sample returns a commented configuration file to begin with. It loads as it
// is: what is required stands there with invented values, everything else is
// commented out with its default or an example.
func Sample() string {
	var b strings.Builder
	b.WriteString("# octobridge's configuration. Lines with a value are required:\n# replace the invented values. Lines with # and no space behind it show the\n# default or an example: take the # away to use them.\n")
	for _, s := range sections {
		indent := ""
		fmt.Fprintf(&b, "\n# %s\n", strings.ReplaceAll(s.doc, "`", ""))
		if s.name != "" {
			fmt.Fprintf(&b, "%s:\n", s.name)
			indent = "  "
		}
		for _, k := range table {
			if k.section() == s.name {
				sampleKey(&b, k, indent)
			}
		}
	}
	return b.String()
}

func sampleKey(b *strings.Builder, k *key, indent string) {
	text := k.doc
	if len(k.allowed) > 0 && !strings.Contains(text, "`"+k.allowed[0]+"`") {
		text += " One of " + strings.Join(k.allowed, ", ") + "."
	}
	if k.noEffect != "" {
		text += " Empty: " + k.noEffect + "."
	}
	for _, line := range wrap(strings.ReplaceAll(text, "`", ""), 76-len(indent)) {
		fmt.Fprintf(b, "%s# %s\n", indent, line)
	}
	value := k.example
	if k.def != "" {
		value = k.def
	}
	if strings.ContainsAny(value, ":{}#,& ") {
		value = `"` + value + `"`
	}
	_, name, found := strings.Cut(k.path, ".")
	if !found {
		name = k.path
	}
	comment := "#"
	if k.need != optional {
		comment = ""
	}
	fmt.Fprintf(b, "%s%s%s: %s\n", indent, comment, name, value)
	if k.secret() {
		fmt.Fprintf(b, "%s#%s_file: /run/secrets/%s\n", indent, name, name)
	}
}

// wrap breaks a text into lines of at most width bytes where words allow.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
