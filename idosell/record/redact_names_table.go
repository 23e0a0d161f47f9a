package record

import (
	"sync"

	"octobridge/idosell"
)

// usualNames are all names of the built-in gate table, in plain form: gates,
// methods and elements. Where one of them is somebody's login, too, it stays where
// it is a tag's name.
var usualNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	var add func(fields []idosell.Field)
	add = func(fields []idosell.Field) {
		for _, f := range fields {
			names[plain(f.Name)] = true
			for _, alias := range f.Aliases {
				names[plain(alias)] = true
			}
			add(f.Fields)
		}
	}
	table := idosell.DefaultGates()
	for _, op := range table.Operations() {
		spec := table.Gate(op)
		for _, name := range []string{spec.Gate, spec.Method, spec.Method + "Response", spec.Method + "Request", spec.Method + "Type"} {
			names[plain(name)] = true
		}
		add(spec.Auth)
		add(spec.Params)
		add(spec.Results)
	}
	return names
})
