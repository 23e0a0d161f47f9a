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

// longestToken is the size of the largest file that holds an apiToken.
const longestToken = 4096

func (p *program) conformanceCommand() *cobra.Command {
	var options conformance.Options
	var token, tokenFile string
	var all bool
	cmd := &cobra.Command{
		Use:   "conformance URL",
		Short: "Check an oct8ne adapter, rule by rule",
		Long: `Asks the adapter at URL (the address before /oct8ne/frame/) what oct8ne asks,
and holds the answers against the contract. Failed rules are shown with the
request and what came. Exits with 1 where a rule failed, with 3 where nothing
answers.

Rules about orders need the apiToken and a customer with orders. Without
--change nothing is changed.`,
		Example: "  octobridge conformance http://127.0.0.1:8080\n  octobridge conformance https://shop.example --api-token-file token.txt\n  octobridge conformance http://127.0.0.1:8080 --json",
		GroupID: groupChecks,
		Args:    cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&token, "api-token", "", "apiToken that opens orders; every user of this machine can read it here, unlike in --api-token-file")
	flags.StringVar(&tokenFile, "api-token-file", "", "`FILE` that holds the apiToken")
	flags.StringVar(&options.CustomerEmail, "customer-email", "", "`EMAIL` of a customer with orders, best with two or more")
	flags.StringVar(&options.OrderReference, "order-reference", "", "`REFERENCE` of an order of that customer; else one of their orders is taken")
	flags.StringVar(&options.SearchTerm, "search", "", "`WORD` that finds products, best more than twenty; else some are tried")
	flags.StringSliceVar(&options.ProductIDs, "product", nil, "`ID` of a product, may be repeated; else those that the search finds are taken")
	flags.StringVar(&options.Origin, "origin", "", "the shop's origin, as in https://shop.example; else that of URL")
	flags.BoolVar(&options.Change, "change", false, "check rules that change something, too: a guest's wish list")
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
	file, err := os.Open(path)
	if err != nil {
		return secret.String{}, fmt.Errorf("%s cannot be read: %w", flag, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, longestToken+1))
	if err != nil {
		return secret.String{}, fmt.Errorf("%s cannot be read: %w", flag, err)
	}
	text = bytes.TrimRight(text, "\r\n")
	if len(text) == 0 || len(text) > longestToken {
		return secret.String{}, fmt.Errorf("%s %s does not hold a token on one line", flag, path)
	}
	return secret.New(string(text)), nil
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
