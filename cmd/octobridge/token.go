package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/bridge"
)

func (p *program) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "token",
		Short:   "Make and revoke tokens of the shop's API",
		Example: "  octobridge token create shop --scope orders:write --scope orders:read\n  octobridge token list\n  octobridge token revoke shop",
		GroupID: groupOperate,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.tokenCreateCommand(), p.tokenListCommand(), p.tokenRevokeCommand())
	return cmd
}

func (p *program) tokenCreateCommand() *cobra.Command {
	var scopes []string
	cmd := &cobra.Command{
		Use:   "create NAME --scope SCOPE",
		Short: "Make a token, and print it this once",
		Long: `Makes a token of the shop's API (/api/v1) and prints it on standard output. It
is kept as a hash alone, so that it cannot be printed again.

Scopes: orders:read, orders:write, catalog:read (availability, couriers,
products), addresses:read, addresses:write, and prices:read, with which answers
hold what the account pays.`,
		Example: "  octobridge token create shop --scope orders:read --scope orders:write\n  octobridge token create catalogue --scope catalog:read > token",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "`SCOPE` of the token; may be repeated")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		if len(scopes) == 0 {
			return badUsage(cmd, "--scope is needed: a token without scopes opens nothing")
		}
		token, about, err := service.CreateToken(ctx, args[0], scopes)
		if err != nil {
			return err
		}
		document := struct {
			Token string           `json:"token"`
			About bridge.ShopToken `json:"about"`
		}{token, about}
		if err := p.print(document, func(w io.Writer) { fmt.Fprintln(w, token) }); err != nil {
			return err
		}
		p.notice("keep it in a safe place: it is not shown again")
		return nil
	})
}

func (p *program) tokenListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the tokens of the shop's API",
		Long:    "Lists the tokens of the shop's API, the revoked ones too, without the tokens\nthemselves. Exits with 1 where there is none.",
		Example: "  octobridge token list\n  octobridge token list --json",
		Args:    cobra.NoArgs,
	}
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		tokens, err := service.Tokens(ctx)
		if err != nil {
			return err
		}
		rows := table{columns: []column{
			{title: "ID", right: true, whole: true}, {title: "Name"}, {title: "Created", whole: true}, {title: "Last used", whole: true}, {title: "Revoked", whole: true}, {title: "Scopes"},
		}}
		for _, token := range tokens {
			used := clock(token.LastUsedAt)
			if used == "" {
				used = "never"
			}
			rows.add(strconv.FormatInt(token.ID, 10), token.Name, day(when(token.CreatedAt)), used, clock(token.RevokedAt), strings.Join(token.Scopes, " "))
		}
		return p.listed(map[string]any{"tokens": tokens}, rows, "there are no tokens: octobridge token create makes one")
	})
}

func (p *program) tokenRevokeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "revoke ID|NAME",
		Short:   "End a token",
		Long:    "Ends a token of the shop's API. It opens nothing any more, within seconds in\nother instances. Exits with 1 where there is no such token.",
		Example: "  octobridge token revoke shop",
		Args:    cobra.ExactArgs(1),
	}
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		if err := service.RevokeToken(ctx, args[0]); err != nil {
			return err
		}
		return p.print(map[string]bool{"done": true}, func(w io.Writer) { fmt.Fprintf(w, "The token %s opens nothing any more.\n", oneLine(args[0])) })
	})
}

// listed prints a table, or the document with --json; no rows are the answer no.
func (p *program) listed(document any, rows table, none string) error {
	err := p.print(document, func(w io.Writer) {
		if len(rows.rows) > 0 {
			io.WriteString(w, rows.render(p.width()))
		}
	})
	if err == nil && len(rows.rows) == 0 {
		err = &answerNo{none}
	}
	return err
}
