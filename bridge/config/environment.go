package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// FileVariable names the configuration file where no flag does.
const FileVariable = "OCTOBRIDGE_CONFIG"

// fromEnvironment reads the variables that name a key. An empty variable counts
// as not given: container tools pass those on for what nobody set.
func fromEnvironment(environ []string) (values map[string]given, warnings []string) {
	known := map[string]string{}
	for path := range rows {
		known[environmentName(path)] = path
	}
	names := slices.Sorted(maps.Keys(known))
	values = map[string]given{}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, environmentPrefix) || name == FileVariable {
			continue
		}
		path, found := known[name]
		if !found {
			suggestion := closest(strings.ToUpper(name), names, func(n string) []string { return []string{n} })
			warnings = append(warnings, fmt.Sprintf("environment %s is ignored, as it names no key of octobridge: did you mean %s?", shownKey(name), suggestion))
			continue
		}
		if text == "" {
			continue
		}
		g := given{Texts: []string{text}, Source: "environment " + name}
		if rows[path].list() {
			g.Texts = splitList(text)
		}
		values[path] = g
	}
	slices.Sort(warnings)
	return values, warnings
}

// variable finds a variable's value, "" when there is none.
func variable(environ []string, name string) string {
	for _, entry := range environ {
		if text, found := strings.CutPrefix(entry, name+"="); found {
			return text
		}
	}
	return ""
}

// RegisterFlags adds a flag for every key that the scope needs or may use:
// "--idosell-url" for idosell.url, "--data-dir" for data_dir. Scope Upstream adds
// those of idosell and log alone, scopes ONe and ONeEvents those of one and log and --public-url,
// scope Operate --data-dir, and scope Maintain
// --data-dir and --database-file. A secret has no flag, as every user of the
// machine can read those; its twin has: "--idosell-password-file". It panics, as
// pflag does, where a flag of the name is there already.
func RegisterFlags(flags *pflag.FlagSet, scope Scope) {
	for _, k := range table {
		if scope == Upstream && k.section() != "idosell" && k.section() != "log" {
			continue
		}
		if scope == Operate && k.path != "data_dir" {
			continue
		}
		if (scope == Maintain || scope == ONe || scope == ONeEvents) && !scope.reads(k) {
			continue
		}
		usage := strings.ReplaceAll(k.doc, "`", "") // pflag takes a quoted word for the value's name
		if len(k.allowed) > 0 {
			usage += " One of " + strings.Join(k.allowed, ", ") + "."
		}
		if k.def != "" {
			usage += " (default " + k.def + ")"
		}
		switch {
		case k.secret():
			flags.String(flagName(k.twin()), "", "File that holds "+k.path+".")
		case k.list():
			flags.StringSlice(flagName(k.path), nil, usage)
		default:
			flags.String(flagName(k.path), "", usage)
		}
	}
}

// fromFlags reads the flags that were given.
func fromFlags(flags *pflag.FlagSet) map[string]given {
	values := map[string]given{}
	if flags == nil {
		return values
	}
	byFlag := map[string]string{}
	for path := range rows {
		byFlag[flagName(path)] = path
	}
	flags.Visit(func(flag *pflag.Flag) {
		path, found := byFlag[flag.Name]
		if !found || rows[path].secret() && path == rows[path].path {
			return // another flag of the command
		}
		g := given{Texts: []string{flag.Value.String()}, Source: "flag --" + flag.Name}
		if list, isList := flag.Value.(pflag.SliceValue); isList {
			g.Texts = list.GetSlice()
		} else if rows[path].list() {
			g.Texts = splitList(flag.Value.String())
		}
		values[path] = g
	})
	return values
}
