package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/internal/secret"
	"octobridge/oct8ne/conformance"
)

// longestToken is the size of the largest file that holds an apiToken, and
// longestCookies that of one with a visitor's cookies: browsers send no more.
const (
	longestToken   = 4096
	longestCookies = 64 << 10
)

func (p *program) conformanceCommand() *cobra.Command {
	var options conformance.Options
	var token, tokenFile, cookieFile string
	var all bool
	cmd := &cobra.Command{
		Use:   "conformance URL",
		Short: "Check an oct8ne adapter, rule by rule",
		Long: `Asks the adapter at URL (the address before /oct8ne/frame/) what oct8ne asks,
and holds the answers against the contract. Failed rules are shown with the
request and what came. Exits with 1 where a rule failed, with 3 where nothing
answers.

Rules about orders need the apiToken and a customer with orders; those about
visitors who are signed in need the cookies of one, best with something in the
cart: sign in with a browser, and copy what it keeps for the adapter's address.
Neither these nor who the visitor is are shown. Without --change nothing is
changed; with it, the wish list of that visitor is a product longer afterwards.`,
		Example: "  octobridge conformance http://127.0.0.1:8080\n  octobridge conformance https://shop.example --api-token-file token.txt\n  octobridge conformance https://shop.example --cookie-file cookies.txt\n  octobridge conformance http://127.0.0.1:8080 --json",
		GroupID: groupChecks,
		Args:    cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&token, "api-token", "", "apiToken that opens orders; every user of this machine can read it here, unlike in --api-token-file")
	flags.StringVar(&tokenFile, "api-token-file", "", "`FILE` that holds the apiToken")
	flags.StringVar(&cookieFile, "cookie-file", "", "`FILE` with the cookies of a visitor who is signed in, name=value, one on a line")
	flags.StringVar(&options.CustomerEmail, "customer-email", "", "`EMAIL` of a customer with orders, best with two or more")
	flags.StringVar(&options.OrderReference, "order-reference", "", "`REFERENCE` of an order of that customer; else one of their orders is taken")
	flags.StringVar(&options.SearchTerm, "search", "", "`WORD` that finds products, best more than twenty; else some are tried")
	flags.StringSliceVar(&options.ProductIDs, "product", nil, "`ID` of a product, may be repeated; else those that the search finds are taken")
	flags.StringVar(&options.Origin, "origin", "", "the shop's origin, as in https://shop.example; else that of URL")
	flags.BoolVar(&options.Change, "change", false, "check rules that change something, too: a guest's wish list, and that of --cookie-file's visitor")
	flags.DurationVar(&options.Timeout, "timeout", 10*time.Second, "how long one answer may take")
	flags.BoolVar(&all, "all", false, "list every rule with what came of it, not only those that failed")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		options.BaseURL = args[0]
		options.APIToken = secret.New(token)
		if token != "" && tokenFile != "" {
			return badUsage(cmd, "--api-token and --api-token-file are given together: take one of them out")
		}
		if tokenFile != "" {
			read, err := readToken("--api-token-file", tokenFile)
			if err != nil {
				return &usageError{command: cmd.CommandPath(), err: err}
			}
			options.APIToken = read
		}
		if cookieFile != "" {
			read, err := readCookies("--cookie-file", cookieFile)
			if err != nil {
				return &usageError{command: cmd.CommandPath(), err: err}
			}
			options.Cookies = read
		}
		report, err := conformance.Run(cmd.Context(), options, p.progress(len(conformance.Rules())))
		p.endProgress()
		switch {
		case errors.Is(err, conformance.ErrUnreachable):
			return &unreachable{err}
		case err != nil && cmd.Context().Err() == nil:
			return &usageError{command: cmd.CommandPath(), err: err}
		case err != nil:
			return err
		}
		if err := p.print(report, func(w io.Writer) { p.conformanceReport(w, report, all) }); err != nil {
			return err
		}
		if report.Failed > 0 {
			return &answerNo{fmt.Sprintf("%d of %d rules failed", report.Failed, len(report.Results))}
		}
		if !report.OK() {
			return &answerNo{"no rule could be applied"}
		}
		return nil
	}
	return cmd
}

// readToken reads the file of an apiToken: one line, whose end does not count.
func readToken(flag, path string) (secret.String, error) {
	text, err := readShort(flag, path, longestToken)
	if err != nil {
		return secret.String{}, err
	}
	text = bytes.TrimRight(text, "\r\n")
	if len(text) == 0 || len(text) > longestToken {
		return secret.String{}, fmt.Errorf("%s %s does not hold a token on one line", flag, path)
	}
	return secret.New(string(text)), nil
}

// readCookies reads a file of cookies, name=value, one on a line. Empty lines and
// those that begin with # do not count. Errors do not say what a line holds.
func readCookies(flag, path string) ([]conformance.Cookie, error) {
	text, err := readShort(flag, path, longestCookies)
	if err != nil {
		return nil, err
	}
	if len(text) > longestCookies {
		return nil, fmt.Errorf("%s %s is longer than %d kB: no browser sends so many cookies", flag, path, longestCookies>>10)
	}
	var all []conformance.Cookie
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if !found || name == "" || value == "" {
			return nil, fmt.Errorf("line %d of %s %s is no cookie: write name=value", number, flag, path)
		}
		all = append(all, conformance.Cookie{Name: name, Value: secret.New(value)})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s %s holds no cookie: write name=value, one on a line", flag, path)
	}
	return all, nil
}

// readShort reads a file of a flag, and one byte more than it may have.
func readShort(flag, path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", flag, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", flag, err)
	}
	return text, nil
}

// progress returns what tells somebody at a terminal how far the check is; nil
// where nobody looks.
func (p *program) progress(rules int) func(conformance.Result) {
	if !terminal(p.errOut) {
		return nil
	}
	done := 0
	return func(result conformance.Result) {
		done++
		fmt.Fprintf(p.errOut, "\r\x1b[K%d of %d  %s", done, rules, result.ID)
	}
}

// endProgress takes the line of progress away.
func (p *program) endProgress() {
	if terminal(p.errOut) {
		fmt.Fprint(p.errOut, "\r\x1b[K")
	}
}

// conformanceReport writes what came of the rules: those that failed with their
// exchange, then the counts.
func (p *program) conformanceReport(w io.Writer, report conformance.Report, all bool) {
	if all {
		rows := table{columns: []column{{title: "Outcome", whole: true}, {title: "Rule", whole: true}, {title: "What it asks"}}}
		for _, result := range report.Results {
			rows.add(string(result.Outcome), result.ID, result.Title)
		}
		io.WriteString(w, rows.render(p.width()))
		fmt.Fprintln(w)
	}
	for _, result := range report.Results {
		if result.Outcome != conformance.Failed {
			continue
		}
		fmt.Fprintf(w, "FAILED  %s\n", result.ID)
		for _, line := range [][2]string{
			{"rule", result.Title}, {"source", result.Source}, {"wrong", result.Detail}, {"request", result.Request}, {"came", result.Response},
		} {
			if line[1] != "" {
				fmt.Fprintf(w, "  %-8s%s\n", line[0], oneLine(line[1]))
			}
		}
		fmt.Fprintln(w)
	}
	counts := []string{fmt.Sprintf("%d passed", report.Passed), fmt.Sprintf("%d failed", report.Failed), fmt.Sprintf("%d not applicable", report.NotApplicable)}
	fmt.Fprintf(w, "%s of %d rules.\n", strings.Join(counts, ", "), len(report.Results))
}
