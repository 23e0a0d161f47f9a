package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/bridge/catalog/feed"
	"octobridge/idosell/iof"
	"octobridge/internal/secret"
)

// feedCheck is one run of `feed check`.
type feedCheck struct {
	*program
	limit    int // problems to show
	only     []string
	maxBytes int64
	timeout  time.Duration

	show func(step string, done, total int64) // progress
	end  func()
}

func (p *program) feedCheckCommand() *cobra.Command {
	check := &feedCheck{program: p}
	cmd := &cobra.Command{
		Use:   "check FILE|URL",
		Short: "Say what is in a file of the feed, and what is wrong with it",
		Long: `Reads a file of a feed (IOF 3.0 or 2.6): an offer, full, light or of changes,
one of the lists, or a gateway; packed with gzip or not; "-" reads standard
input. Says what is in it, and what is wrong, product by product, with the byte
where its element begins. Needs no service and no configuration, and changes
nothing.

A URL is downloaded, that of a gateway with all files that it lists. It holds a
token. That is never printed, but other users of this machine can see a command
line: "-" takes a URL from standard input, too.

Exits with 1 where something is wrong in a file, and with 3 where a server does
not hand one out.`,
		Example: "  octobridge feed check offer.xml\n  octobridge feed check --limit 100 offer.xml.gz\n  octobridge feed check --only full,light - < url.txt\n  octobridge feed check https://wholesaler.example/gateway.xml",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().IntVar(&check.limit, "limit", 20, "show at most `N` problems of each file; --json has all")
	cmd.Flags().StringSliceVar(&check.only, "only", nil, "of a gateway at a URL, check only files of these `KINDS`, such as full,light")
	cmd.Flags().Int64Var(&check.maxBytes, "max-bytes", 4<<30, "refuse a download of more `BYTES`, packed or unpacked")
	cmd.Flags().DurationVar(&check.timeout, "timeout", 30*time.Minute, "how long the download of one file may take")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return check.run(cmd, args[0]) }
	return cmd
}

func (c *feedCheck) run(cmd *cobra.Command, name string) error {
	if c.limit < 0 {
		return badUsage(cmd, "--limit %d is negative", c.limit)
	}
	if c.maxBytes < 1 || c.timeout <= 0 {
		return badUsage(cmd, "--max-bytes and --timeout must be more than nothing")
	}
	for _, kind := range c.only {
		if !slices.Contains(feedKinds, iof.Kind(kind)) {
			return badUsage(cmd, "--only %q is none of %s", kind, kindList())
		}
	}
	c.show, c.end = c.stepBar()
	defer c.end()
	report, err := c.checkAny(cmd, name)
	c.end()
	if err != nil {
		return err
	}
	report.OK = report.verdict() == nil
	if err := c.print(report, func(w io.Writer) { c.sayChecked(w, report) }); err != nil {
		return err
	}
	return report.verdict()
}

// checkAny finds out whether a name is a file or an address, and checks it.
func (c *feedCheck) checkAny(cmd *cobra.Command, name string) (*checkReport, error) {
	if isAddress(name) {
		return c.checkURL(cmd, secret.New(name))
	}
	if len(c.only) > 0 && name != "-" {
		return nil, badUsage(cmd, "--only is for the files of a gateway, which only a URL leads to")
	}
	input, size := c.in, int64(0)
	switch {
	case name != "-":
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("the file cannot be read: %w", err)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return nil, fmt.Errorf("the file cannot be read: %w", err)
		}
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a folder: name one of its files", name)
		}
		input, size = file, info.Size()
	case input == nil:
		return nil, badUsage(cmd, "there is no standard input")
	case c.asks():
		return nil, badUsage(cmd, "standard input is the terminal: hand a file in with <, or name it")
	}
	buffered := bufio.NewReaderSize(input, 128<<10)
	if name == "-" {
		if address, ok := addressIn(buffered); ok {
			return c.checkURL(cmd, address)
		}
		if len(c.only) > 0 {
			return nil, badUsage(cmd, "--only is for the files of a gateway, which only a URL leads to")
		}
	}
	file, err := c.checkFile(cmd.Context(), checkedSource{name: filepath.ToSlash(name), step: "checking", content: buffered, size: size})
	if err != nil {
		return nil, err
	}
	if file.Kind == string(iof.GatewayFile) {
		c.notice("the files that the gateway lists are not looked at: give its URL for that")
	}
	return &checkReport{Source: file.File, Files: []*checkedFile{file}}, nil
}

// isAddress says whether a text is meant as a URL.
func isAddress(text string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "://")
	return ok && !strings.ContainsAny(scheme, `/\. `)
}

// addressIn reads a URL that stands alone on the first line.
func addressIn(r *bufio.Reader) (secret.String, bool) {
	head, _ := r.Peek(4096)
	line, _, _ := strings.Cut(string(head), "\n")
	if line = strings.TrimSpace(line); !isAddress(line) {
		return secret.String{}, false
	}
	return secret.New(line), true
}

// checkURL downloads what is at an address and checks it; of a gateway, also what
// it lists.
func (c *feedCheck) checkURL(cmd *cobra.Command, address secret.String) (*checkReport, error) {
	ctx := cmd.Context()
	folder, err := os.MkdirTemp("", "octobridge-feed-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for downloads: %w", err)
	}
	defer os.RemoveAll(folder)
	client, err := feed.New(feed.Options{URL: address, Dir: folder, MaxBytes: c.maxBytes, Timeout: c.timeout})
	if err != nil {
		return nil, &usageError{command: cmd.CommandPath(), err: err}
	}
	defer client.Close()
	report := &checkReport{Source: client.Host()}
	first, gateway, err := c.checkDownload(ctx, client, "feed", address)
	if err != nil {
		return nil, err
	}
	report.Files = append(report.Files, first)
	if gateway == nil && len(c.only) > 0 {
		return nil, badUsage(cmd, "--only is for the files of a gateway; this is %s", first.what())
	}
	for _, part := range partsOf(gateway) {
		if len(c.only) > 0 && !slices.Contains(c.only, string(part.Kind)) {
			continue
		}
		name := partName(report.Files, part.Kind)
		file, _, err := c.checkDownload(ctx, client, name, part.URL)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if is[*feed.AddressError](err) {
			file, err = &checkedFile{File: name, Kind: string(part.Kind), Problems: []checkProblem{}, Error: err.Error()}, nil
		}
		if is[*unreachable](err) {
			file, err = &checkedFile{File: name, Kind: string(part.Kind), Problems: []checkProblem{}, Missing: true, Error: err.Error()}, nil
		}
		if err != nil {
			return nil, err
		}
		file.listedAs(part.Kind)
		report.Files = append(report.Files, file)
	}
	return report, nil
}

// partsOf lists what a gateway leads to, in the order in which it is read.
func partsOf(gateway *iof.Gateway) []iof.Part {
	if gateway == nil {
		return nil
	}
	var parts []iof.Part
	if gateway.Full != nil {
		parts = append(parts, *gateway.Full)
	}
	parts = append(parts, gateway.Changes...)
	if gateway.Light != nil {
		parts = append(parts, *gateway.Light)
	}
	return append(parts, gateway.Lists...)
}

// partName is what a part of a gateway is called: its kind, and a number where
// there are several.
func partName(files []*checkedFile, kind iof.Kind) string {
	before := 0
	for _, file := range files {
		if file.File == string(kind) || strings.HasPrefix(file.File, string(kind)+"-") {
			before++
		}
	}
	if before == 0 && kind != iof.FullChange {
		return string(kind)
	}
	return fmt.Sprintf("%s-%d", kind, before+1)
}

// checkDownload fetches a file and checks it. gateway is what a gateway lists, nil
// of another file. What a server does not hand out is an *unreachable.
func (c *feedCheck) checkDownload(ctx context.Context, client *feed.Client, name string, address secret.String) (file *checkedFile, gateway *iof.Gateway, err error) {
	download, err := client.Fetch(ctx, feed.Request{File: name, Address: address, Progress: func(done, total int64) { c.show("downloading "+name, done, total) }})
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case errors.Is(err, feed.ErrTooLarge):
		return &checkedFile{File: name, Problems: []checkProblem{}, Error: fmt.Sprintf("it is larger than --max-bytes %d", c.maxBytes)}, nil, nil
	case errors.Is(err, feed.ErrDamaged):
		return &checkedFile{File: name, Problems: []checkProblem{}, Error: err.Error()}, nil, nil
	case is[*feed.AddressError](err):
		return nil, nil, err
	case is[*feed.Error](err), is[*feed.StatusError](err):
		return nil, nil, &unreachable{err}
	case err != nil:
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, download.Remove()) }()
	content, err := download.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("open the download: %w", err)
	}
	file, err = c.checkFile(ctx, checkedSource{name: name, step: "checking " + name, content: content, size: download.Unpacked})
	if err = errors.Join(err, content.Close()); err != nil {
		return nil, nil, err
	}
	if file.Kind != string(iof.GatewayFile) {
		return file, nil, nil
	}
	if content, err = download.Open(); err != nil {
		return nil, nil, fmt.Errorf("open the download: %w", err)
	}
	gateway, readErr := iof.ReadGateway(content)
	if err := content.Close(); err != nil {
		return nil, nil, err
	}
	if readErr != nil { // checkFile has said so
		return file, nil, nil
	}
	return file, gateway, nil
}
