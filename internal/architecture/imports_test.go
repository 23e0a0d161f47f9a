package architecture_test

import (
	"fmt"
	"strings"
	"testing"
)

// within says whether folder is top or lies below it.
func within(folder, top string) bool {
	return folder == top || strings.HasPrefix(folder, top+"/")
}

// forbidden says why a package in the folder from may not import the one in the
// folder to, or "" where it may. The directions are those of the design:
// cmd → bridge → {idosell, oct8ne} → internal/{origin, secret, silent}.
func forbidden(from, to string) string {
	switch {
	case within(to, "cmd"):
		return "nothing imports a command"
	case to == "internal/browser":
		return "only tests look at pages in a browser"
	case to == "internal/recorded":
		return "only tests look at what was recorded"
	case from == "internal/origin", from == "internal/secret", from == "internal/silent":
		return from + " imports nothing of the module"
	case to == "internal/origin", to == "internal/secret", to == "internal/silent":
		return ""
	case within(from, "idosell") && !within(to, "idosell"):
		return "idosell knows neither oct8ne nor the bridge: it can be used alone"
	case within(from, "oct8ne") && !within(to, "oct8ne"):
		return "oct8ne knows neither idosell nor the bridge: it can be used alone"
	case within(from, "idosell/sandbox") && to == "idosell":
		return "the sandbox shares no codec with the client: a mistake in one must not hide in the other"
	case (from == "idosell/iof" || from == "idosell/icdf") && to == "idosell":
		return "the file formats can be read without the client"
	case from == "oct8ne/conformance" && to == "oct8ne":
		return "the conformance check reads answers loosely, not through the types it judges"
	case to == "oct8ne" && from != "bridge" && !within(from, "oct8ne"):
		return "only the package bridge knows oct8ne's types"
	case within(from, "bridge") && from != "bridge" && to == "bridge":
		return "the bridge joins the packages below it; they do not know it"
	case siblingOfBridge(from, to):
		return "packages below bridge do not import each other, but for store and config: declare the small interface that is needed"
	}
	return ""
}

// siblingOfBridge says whether both are packages below bridge, of different
// concerns, and to is neither the store nor the configuration.
func siblingOfBridge(from, to string) bool {
	if !strings.HasPrefix(from, "bridge/") || !strings.HasPrefix(to, "bridge/") {
		return false
	}
	concern := func(folder string) string { return strings.SplitN(folder, "/", 3)[1] }
	return concern(from) != concern(to) && concern(to) != "store" && concern(to) != "config"
}

func TestImportsGoOneWay(t *testing.T) {
	for _, file := range sources(t) {
		if file.isTest() {
			continue
		}
		for _, imported := range file.imports() {
			if why := forbidden(file.folder(), imported); why != "" {
				t.Errorf("%s imports %s: %s", file.path, imported, why)
			}
		}
	}
}

// Tests may start a sandbox beside the client and read through the contract's
// types, but they keep to the same layers.
func TestTestsKeepToTheirLayer(t *testing.T) {
	for _, file := range sources(t) {
		if !file.isTest() {
			continue
		}
		for _, imported := range file.imports() {
			for _, layer := range []string{"idosell", "oct8ne"} {
				if within(file.folder(), layer) && !within(imported, layer) && !within(imported, "internal") {
					t.Errorf("%s imports %s: the tests of %s must work without the rest", file.path, imported, layer)
				}
			}
		}
	}
}

// The rules themselves are tried on imports that are wrong on purpose, so that
// an empty rule cannot pass for a kept one.
func TestForbiddenImports(t *testing.T) {
	cases := []struct {
		from, to string
		allowed  bool
	}{
		{"cmd/octobridge", "bridge", true},
		{"cmd/octobridge", "idosell", true},
		{"cmd/octobridge", "oct8ne/conformance", true},
		{"cmd/octobridge", "oct8ne", false},
		{"bridge", "cmd/octobridge", false},
		{"bridge", "oct8ne", true},
		{"bridge", "bridge/server", true},
		{"bridge/server", "bridge", false},
		{"bridge/server", "oct8ne", false},
		{"bridge/server", "bridge/config", true},
		{"bridge/config", "bridge/server", false},
		{"bridge/orders", "bridge/store", true},
		{"bridge/orders", "bridge/visitors", false},
		{"bridge/store/storetest", "bridge/store", true},
		{"bridge/orders", "idosell", true},
		{"idosell", "bridge/config", false},
		{"idosell", "oct8ne", false},
		{"idosell", "internal/secret", true},
		{"idosell/sandbox", "idosell", false},
		{"idosell/sandbox", "idosell/iof", true},
		{"idosell/iof", "idosell", false},
		{"oct8ne", "idosell", false},
		{"oct8ne", "internal/secret", true},
		{"oct8ne/conformance", "oct8ne", false},
		{"internal/secret", "idosell", false},
		{"bridge/orders", "internal/recorded", false},
		{"cmd/octobridge", "internal/browser", false},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s imports %s", c.from, c.to), func(t *testing.T) {
			if why := forbidden(c.from, c.to); (why == "") != c.allowed {
				t.Errorf("allowed = %v, want %v (%s)", why == "", c.allowed, why)
			}
		})
	}
}
