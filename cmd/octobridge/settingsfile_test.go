package main

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"octobridge/bridge/config"
)

// Values are changed where they stand; everything else stays as it is, to the byte.
func TestSettingsFile(t *testing.T) {
	values := []settingsValue{{"license", "NEW"}, {"region", "us"}}
	cases := map[string]struct{ before, after string }{
		"empty":        {"", "oct8ne:\n  license: NEW\n  region: us\n"},
		"no section":   {"listen: a # why\n\nshop:\n  kind: x", "listen: a # why\n\nshop:\n  kind: x\noct8ne:\n  license: NEW\n  region: us\n"},
		"only comment": {"# nothing yet\n", "# nothing yet\noct8ne:\n  license: NEW\n  region: us\n"},
		"there already": {
			"oct8ne: # the account\n    # of the shop\n    license:   'OLD # x'  # told by phone\n    server: a.b/\n    region: \"eu\"\n\n# last\n",
			"oct8ne: # the account\n    # of the shop\n    license:   NEW  # told by phone\n    server: a.b/\n    region: us\n\n# last\n",
		},
		"plain":          {"oct8ne:\n  license: OLD # x\n  region: eu\n", "oct8ne:\n  license: NEW # x\n  region: us\n"},
		"without values": {"oct8ne:\n  license:\n  region: # eu\nlisten: a\n", "oct8ne:\n  license: NEW\n  region: us # eu\nlisten: a\n"},
		"one there":      {"oct8ne:\n   region: eu\nlisten: a\n", "oct8ne:\n   region: us\n   license: NEW\nlisten: a\n"},
		"at the end":     {"oct8ne:", "oct8ne:\n  license: NEW\n  region: us\n"},
		"examples": {
			"oct8ne:\n  # Licence.\n  #license: 0123\n  # Token.\n  #api_token: x\n  # Region.\n  #region: eu\n\n# Next.\nnotify:\n  #license: x\n",
			"oct8ne:\n  # Licence.\n  #license: 0123\n  license: NEW\n  # Token.\n  #api_token: x\n  # Region.\n  #region: eu\n  region: us\n\n# Next.\nnotify:\n  #license: x\n",
		},
		"Windows":     {"a: b\r\noct8ne:\r\n  license: OLD\r\n  region: eu\r\n", "a: b\r\noct8ne:\r\n  license: NEW\r\n  region: us\r\n"},
		"byte order":  {"\uFEFFoct8ne:\n  license: żółw\n  region: eu\n", "\uFEFFoct8ne:\n  license: NEW\n  region: us\n"},
		"other quote": {"oct8ne:\n  license: \"a\\\"b # c\" # d\n  region: 'it''s'\n", "oct8ne:\n  license: NEW # d\n  region: us\n"},
		"no alias of its own": {
			"x: &x OLD\noct8ne:\n  license: NEW\n  region: us\n  server: *x\n", "x: &x OLD\noct8ne:\n  license: NEW\n  region: us\n  server: *x\n",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			settings, err := parseSettings("octobridge.yaml", []byte(c.before))
			if err != nil {
				t.Fatal(err)
			}
			after, err := settings.with(values)
			if err != nil {
				t.Fatal(err)
			}
			if string(after) != c.after {
				t.Errorf("got\n%s\nwant\n%s", after, c.after)
			}
			// What was written is found, and stays when it is written again.
			settings, err = parseSettings("octobridge.yaml", after)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := settings.with(values); err != nil || string(again) != string(after) {
				t.Errorf("written again (error %v):\n%s", err, again)
			}
		})
	}
}

// What cannot be changed without touching something else is refused.
func TestSettingsFileRefuses(t *testing.T) {
	for name, content := range map[string]string{
		"in braces":       "oct8ne: {license: OLD, region: eu}\n",
		"empty braces":    "oct8ne: {}\n",
		"an alias":        "x: &x {license: OLD}\noct8ne: *x\n",
		"value elsewhere": "x: &x OLD\noct8ne:\n  license: *x\n",
		"named value":     "oct8ne:\n  license: &x OLD\nx: *x\n",
		"several lines":   "oct8ne:\n  license: |\n    OLD\n",
		"folded":          "oct8ne:\n  license: OLD\n    LICENCE\n",
		"next line":       "oct8ne:\n  license:\n    OLD\n",
		"after the end":   "listen: a\n...\n",
		"a list":          "- oct8ne\n",
		"a word":          "oct8ne: yes\n",
	} {
		settings, err := parseSettings("octobridge.yaml", []byte(content))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after, err := settings.with([]settingsValue{{"license", "NEW"}})
		if !is[*config.Error](err) || !strings.Contains(err.Error(), "octobridge.yaml") || exitCode(err) != exitUsage {
			t.Errorf("%s: error %v, and\n%s", name, err, after)
		}
	}
}

// Whatever the file and the value, the result has the value and all that was there,
// or there is none.
func FuzzSettingsFile(f *testing.F) {
	for _, seed := range []string{
		"", "a: b", "oct8ne:\n  license: OLD # x\n", "oct8ne: {license: x}", "\uFEFFoct8ne:\r\n  license: 'a''b'\r\n",
		"oct8ne:\n  ? license\n  : x\n", "oct8ne:\n  \"license\": x\n", "x: &a\n  b: 1\noct8ne:\n  <<: *a\n  license: !!str 7\n", "oct8ne:\n    - license: x\n",
		"\uFEFFoct8ne:\r licensE: x", "---\noct8ne:\n  license: \"\\x41\"\n---\n", "oct8ne:\n\n#license: x\n  #license: y\nshop: # z\n  x: 1\n",
	} {
		f.Add(seed, "NEW")
		f.Add(seed, "null: # \"'")
	}
	f.Fuzz(func(t *testing.T, content, value string) {
		if len(content) > 2048 || len(value) > 200 {
			return // as long as it takes to go wrong; longer ones only take longer
		}
		settings, err := parseSettings("octobridge.yaml", []byte(content))
		if err != nil {
			return
		}
		after, err := settings.with([]settingsValue{{"license", value}})
		if err != nil {
			return
		}
		type keys map[any]yaml.Node
		type sections struct {
			Oct8ne struct {
				License string `yaml:"license"`
			} `yaml:"oct8ne"`
		}
		var before, got keys
		if yaml.Unmarshal([]byte(strings.TrimPrefix(content, byteOrderMark)), &before) != nil {
			return // a key twice, say, which the configuration does not take
		}
		plain := []byte(strings.TrimPrefix(string(after), byteOrderMark))
		var read sections
		if err := yaml.Unmarshal(plain, &got); err != nil {
			t.Fatalf("the result is no YAML: %v\n%s", err, after)
		}
		if err := yaml.Unmarshal(plain, &read); err != nil || read.Oct8ne.License != value {
			t.Errorf("the value is %q, want %q (error %v):\n%s", read.Oct8ne.License, value, err, after)
		}
		was, is := before["oct8ne"], got["oct8ne"]
		if len(is.Content) > len(was.Content)+2 || len(is.Content) < len(was.Content) {
			t.Errorf("more than one key is new, or one is gone:\n%s", after)
		}
		if len(got) < len(before) || len(got) > len(before)+1 {
			t.Errorf("%d keys at the top, of %d:\n%s", len(got), len(before), after)
		}
		if strings.Count(string(after), "#") < strings.Count(content, "#")-strings.Count(settings.value("license"), "#") {
			t.Errorf("a comment is gone:\n%s", after)
		}
	})
}
