package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/internal/secret"
	"octobridge/oct8ne/platform"
)

// linkUpFlags are what `octobridge linkup` is told.
type linkUpFlags struct {
	email, platform, region, passwordFile string
	disabled                              bool
}

// linkUpResult is what `linkup --json` prints. The token is not in it.
type linkUpResult struct {
	File         string `json:"file"`         // the configuration that was changed
	License      string `json:"license"`      // as the others, what was stored
	Server       string `json:"server"`       //
	StaticServer string `json:"staticServer"` //
	Region       string `json:"region"`       // eu, us
	TokenFile    string `json:"tokenFile"`    // that holds the apiToken: File, or what oct8ne.api_token_file names
	Shop         string `json:"shop"`         // the address that oct8ne was told
	Enabled      bool   `json:"enabled"`      // whether oct8ne was told that it is switched on
}

func (p *program) linkUpCommand() *cobra.Command {
	var flags linkUpFlags
	cmd := &cobra.Command{
		Use:   "linkup --email ADDRESS",
		Short: "Link the shop to its account at oct8ne, and store the licence",
		Long: `Asks oct8ne for the shop's licence, apiToken and servers, and stores them in the
configuration file that --config or OCTOBRIDGE_CONFIG names: oct8ne.license,
api_token, server, static_server and region. Everything else in the file stays
as it is; then only its owner can read it. Where oct8ne.api_token_file is set,
the token goes into the file that it names, which has to hold something before.

The password of the account at oct8ne is asked for, or read from standard input
where that is no terminal. It is sent to oct8ne, and kept nowhere. The token is
not printed. Run it again to link up anew; restart the service afterwards.`,
		Example: `  octobridge linkup --config octobridge.yaml --email owner@shop.example
  octobridge linkup --email owner@shop.example --region us --disabled
  octobridge linkup --email owner@shop.example --password-file password`,
		GroupID: groupService,
		Args:    cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&flags.email, "email", "", "e-mail `ADDRESS` that the account at oct8ne was registered with")
	f.StringVar(&flags.platform, "platform", "Custom", "`NAME` of the shop's system, in oct8ne's words")
	f.StringVar(&flags.region, "region", "", "where the account lives: `eu|us` (default oct8ne.region)")
	f.BoolVar(&flags.disabled, "disabled", false, "tell oct8ne that the widget is not switched on yet")
	f.StringVar(&flags.passwordFile, "password-file", "", "`FILE` that holds the password")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return p.linkUp(cmd, flags) }
	return configurable(cmd, config.Pages)
}

// linkUp looks at everything that could be in the way before it asks oct8ne, whose
// answer may hold the only copy of a new token.
func (p *program) linkUp(cmd *cobra.Command, flags linkUpFlags) error {
	switch {
	case !strings.Contains(flags.email, "@") || oneLine(flags.email) != flags.email:
		return badUsage(cmd, "--email is needed: the address that the account at oct8ne was registered with")
	case flags.region != "" && flags.region != platform.EU && flags.region != platform.US:
		return badUsage(cmd, "--region is eu or us")
	}
	loaded, err := p.load(cmd, config.Pages)
	if err != nil {
		return err
	}
	if loaded.File == "" {
		return badUsage(cmd, "there is no configuration file to store the licence in: name one with --config")
	}
	if bridge.ShopAddress(&loaded.Config) == "" {
		return &config.Error{Key: "shop.base_url", Source: loaded.Origin("shop.base_url"), Problem: "is needed to link the shop up", Remedy: "write the address of its first page"}
	}
	settings, err := readSettings(loaded.File)
	if err != nil {
		return err
	}
	store := licenceStore{loaded: loaded, tokenFile: p.tokenFile(cmd, settings)}
	region := flags.region
	if region == "" {
		region = loaded.Config.Oct8ne.Region
	}
	if err := store.try(settings); err != nil {
		return err
	}

	password, err := p.linkUpPassword(cmd, flags.passwordFile)
	if err != nil {
		return err
	}
	backoffice := loaded.Config.Oct8ne.BackofficeURL
	if backoffice == "" {
		backoffice = platform.BackofficeURL(region)
	}
	shop := bridge.ShopAddress(&loaded.Config)
	account, err := platform.LinkUp(cmd.Context(), platform.LinkUpOptions{
		BackofficeURL: backoffice, Email: flags.email, Password: password,
		Platform: flags.platform, URLDomain: shop, Enabled: !flags.disabled,
	})
	if errors.Is(err, platform.ErrLinkUpRefused) {
		return &answerNo{err.Error()}
	}
	if err != nil {
		return &unreachable{err}
	}
	if err := store.put(account, region); err != nil {
		return fmt.Errorf("the shop is linked up, but what oct8ne answered could not be stored: %w: mend that and link up again", err)
	}
	p.overridden(loaded, store.tokenFile == "")
	if settings.mode.Perm()&^0o600 != 0 {
		p.notice("others than its owner could use %s (%v) and cannot any more, as it holds secrets", loaded.File, settings.mode.Perm())
	}
	return p.printLinkUp(linkUpResult{
		File: loaded.File, License: account.LicenseID, Server: account.Server, StaticServer: account.StaticServer, Region: region,
		TokenFile: store.holder(), Shop: shop, Enabled: !flags.disabled,
	})
}

func (p *program) printLinkUp(result linkUpResult) error {
	return p.print(result, func(w io.Writer) {
		fmt.Fprintf(w, "%s is linked to its account at oct8ne. Stored in %s:\n", oneLine(result.Shop), oneLine(result.File))
		rows := [][2]string{
			{"license", result.License}, {"server", result.Server}, {"static_server", result.StaticServer}, {"region", result.Region},
		}
		if result.TokenFile == result.File {
			rows = append(rows, [2]string{"api_token", secret.Redacted})
		}
		for _, row := range rows {
			fmt.Fprintf(w, "  oct8ne.%-14s %s\n", row[0], row[1])
		}
		if result.TokenFile != result.File {
			fmt.Fprintf(w, "The apiToken is in %s.\n", oneLine(result.TokenFile))
		}
		fmt.Fprintln(w, "Restart the service. What the shop's pages include: octobridge snippet")
	})
}

// overridden says where something else than the file counts.
func (p *program) overridden(loaded *config.Loaded, token bool) {
	keys := []string{"oct8ne.license", "oct8ne.server", "oct8ne.static_server", "oct8ne.region"}
	if token {
		keys = append(keys, "oct8ne.api_token")
	}
	for _, key := range keys {
		origin := loaded.Origin(key)
		if strings.HasPrefix(origin, "environment ") || strings.HasPrefix(origin, "flag ") {
			p.notice("warning: %s was stored, but %s counts more than the file: take it out", key, origin)
		}
	}
}

// tokenFile returns the file that oct8ne.api_token_file names, "" for none.
func (p *program) tokenFile(cmd *cobra.Command, settings *settingsFile) string {
	if flag := cmd.Flags().Lookup("oct8ne-api-token-file"); flag.Changed {
		return flag.Value.String()
	}
	for _, entry := range p.environ {
		if name, found := strings.CutPrefix(entry, "OCTOBRIDGE_OCT8NE__API_TOKEN_FILE="); found && name != "" {
			return name
		}
	}
	return settings.value("api_token_file")
}

// longestPassword bounds a password, in bytes.
const longestPassword = 1024

// linkUpPassword reads the password of the account at oct8ne: from a file, without
// echo from a terminal, or the first line of standard input.
func (p *program) linkUpPassword(cmd *cobra.Command, name string) (secret.String, error) {
	var line []byte
	var err error
	from := p.in
	if name != "" {
		file, err := os.Open(name)
		if err != nil {
			return secret.String{}, badUsage(cmd, "--password-file cannot be read: %w", err)
		}
		defer file.Close()
		from = file
	}
	switch file, is := from.(*os.File); {
	case from == nil:
		return secret.String{}, badUsage(cmd, "the password cannot be asked for: name a file that holds it with --password-file")
	case is && name == "" && isatty.IsTerminal(file.Fd()):
		line, err = p.askPassword(cmd.Context(), int(file.Fd()))
	default:
		line, err = firstLine(from)
	}
	if err != nil {
		return secret.String{}, err
	}
	if len(line) == 0 || len(line) > longestPassword {
		return secret.String{}, badUsage(cmd, "no password was given: one line, of at most %d bytes", longestPassword)
	}
	return secret.New(string(line)), nil
}

// askPassword asks somebody at a terminal. Where a signal comes, the terminal shows
// again what is typed; the reading itself cannot be interrupted and ends with the
// process.
func (p *program) askPassword(ctx context.Context, fd int) ([]byte, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("ask for the password: %w", err)
	}
	fmt.Fprint(p.errOut, "Password of the account at oct8ne: ")
	defer fmt.Fprintln(p.errOut)
	type typed struct {
		line []byte
		err  error
	}
	answers := make(chan typed, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		answers <- typed{line, err}
	}()
	select {
	case answer := <-answers:
		if answer.err != nil {
			return nil, fmt.Errorf("ask for the password: %w", answer.err)
		}
		return answer.line, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

// firstLine reads up to the first line's end, and not much more than a password.
func firstLine(from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, longestPassword+2))
	if err != nil {
		return nil, fmt.Errorf("read the password: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return []byte(strings.TrimSuffix(line, "\r")), nil
}
