package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what the binary knows of itself.
type build struct {
	Version  string `json:"version"`  // a tag, "v1.2.0", or what was built
	Revision string `json:"revision"` // the commit; "" where the source was no checkout
	Time     string `json:"time"`     // of the commit, RFC 3339, UTC; "" where not known
	Modified bool   `json:"modified"` // the source differed from the commit
	Go       string `json:"go"`
	Platform string `json:"platform"` // "linux/amd64"
}

// buildInfo reads what the linker and Go recorded.
func buildInfo() build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok {
		if b.Version == "" {
			b.Version = info.Main.Version
		}
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				b.Revision = setting.Value
			case "vcs.time":
				b.Time = setting.Value
			case "vcs.modified":
				b.Modified = setting.Value == "true"
			}
		}
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	return b
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print which octobridge this is",
		Example: "  octobridge version\n  octobridge version --json",
		GroupID: groupChecks,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := buildInfo()
			return p.print(b, func(w io.Writer) {
				fmt.Fprintf(w, "octobridge %s\n", b.Version)
				if b.Revision != "" {
					modified := ""
					if b.Modified {
						modified = ", with changes"
					}
					fmt.Fprintf(w, "commit %s of %s%s\n", b.Revision, b.Time, modified)
				}
				fmt.Fprintf(w, "%s on %s\n", b.Go, b.Platform)
			})
		},
	}
}
