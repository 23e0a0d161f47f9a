package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/bridge/config"
	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
)

func (p *program) oneWebhooksCommand() *cobra.Command {
	return oneSection("webhooks", "Set up the webhooks by which ONe tells of its customers",
		"  octobridge one webhooks create all\n  octobridge one webhooks test cart-opened",
		p.oneWebhooksListCommand(), p.oneWebhooksCreateCommand(),
		p.oneWebhookStatusCommand("pause", integration.Inactive, "Have ONe send no more events of a webhook", "is paused"),
		p.oneWebhookStatusCommand("resume", integration.Active, "Have ONe send the events of a webhook again", "sends events"),
		p.oneWebhooksTestCommand())
}

// oneWebhookView is a webhook of ONe's as the commands print it.
type oneWebhookView struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Event    string `json:"event"`  // ONe's name: CartOpened
	Status   string `json:"status"` // ACTIVE, INACTIVE
	Callback string `json:"callback"`
	Auth     string `json:"auth"` // NONE, HTTP_BASIC
	User     string `json:"user"`
}

func viewOfWebhook(w integration.Webhook) oneWebhookView {
	return oneWebhookView{ID: w.ID, Name: w.Name, Event: w.Type.Name, Status: string(w.Status), Callback: withoutUser(w.Callback), Auth: w.Auth, User: w.User}
}

// withoutUser is an address without a user and password that somebody wrote into
// it.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	u.User = nil
	return u.String()
}

// webhooksAt reads all webhooks of ONe's.
func (o *atONe) webhooks(ctx context.Context) ([]integration.Webhook, error) {
	var list []integration.Webhook
	for webhook, err := range o.client.Webhooks(ctx) {
		if err != nil {
			return nil, err
		}
		list = append(list, webhook)
	}
	return list, nil
}

func (p *program) oneWebhooksListCommand() *cobra.Command {
	return p.withONe(&cobra.Command{
		Use:     "list",
		Short:   "List ONe's webhooks",
		Long:    "Lists all webhooks that ONe has, also those that lead elsewhere. Their passwords\nare not read. Exits with 1 where there is none.",
		Example: "  octobridge one webhooks list\n  octobridge one webhooks list --json",
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, o *atONe, _ []string) error {
		list, err := o.webhooks(ctx)
		if err != nil {
			return err
		}
		views := []oneWebhookView{}
		rows := table{columns: []column{
			{title: "ID", whole: true}, {title: "Event", whole: true}, {title: "Status", whole: true}, {title: "Name"}, {title: "Credentials"}, {title: "Leads to", whole: true},
		}}
		for _, webhook := range list {
			view := viewOfWebhook(webhook)
			views = append(views, view)
			credentials := view.Auth
			if view.User != "" {
				credentials = "user " + view.User
			}
			rows.add(view.ID, view.Event, view.Status, view.Name, credentials, view.Callback)
		}
		return p.listed(map[string]any{"webhooks": views}, rows, "ONe has no webhooks: octobridge one webhooks create all makes them")
	})
}

// oneCreated is what became of one webhook of `one webhooks create`.
type oneCreated struct {
	Created bool           `json:"created"` // false: one that leads there was there
	Webhook oneWebhookView `json:"webhook"`
	Wrong   string         `json:"wrong,omitempty"` // why the one that was there does not do: the end of a sentence
}

func (p *program) oneWebhooksCreateCommand() *cobra.Command {
	var name string
	var inactive bool
	cmd := &cobra.Command{
		Use:   "create EVENT|all",
		Short: "Have ONe send its events to this bridge",
		Long: `Creates a webhook at ONe that sends the events of a kind (cart-opened,
client-logged or offer-opened), or of all three, to public_url/webhooks/one/…,
with the credentials one.webhook_user and one.webhook_password. Where ONe has
one already that leads there, it says so and creates no second, so that it may
be run again. Exits with 1 where one that is there does not do: it sends events
of another kind, or without the credentials.

Start the service with the same credentials first; octobridge one webhooks test
says whether events get through.`,
		Example: "  octobridge one webhooks create all\n  octobridge one webhooks create cart-opened --name \"Carts to oct8ne\" --inactive",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&name, "name", "octobridge", "`NAME` of the webhook at ONe; the event's kind is put behind it where there are several")
	cmd.Flags().BoolVar(&inactive, "inactive", false, "create it paused: octobridge one webhooks resume starts it")
	return p.withONe(cmd, func(ctx context.Context, o *atONe, args []string) error {
		kinds, err := kindsNamed(cmd, args[0], true)
		if err != nil {
			return err
		}
		if strings.TrimSpace(name) == "" {
			return badUsage(cmd, "--name is empty")
		}
		wanted, err := o.wantedWebhooks(kinds, name, inactive)
		if err != nil {
			return err
		}
		there, err := o.webhooks(ctx)
		if err != nil {
			return fmt.Errorf("no webhook was created, as those that are there could not be listed: %w", err)
		}
		var results []oneCreated
		for _, webhook := range wanted {
			if same, found := leadsThere(there, webhook); found {
				results = append(results, oneCreated{Webhook: viewOfWebhook(same), Wrong: o.wrongWith(same, webhook)})
				continue
			}
			created, err := o.client.CreateWebhook(ctx, webhook)
			if err != nil {
				if len(results) > 0 {
					_ = p.printCreated(results) // what was done is told; the error that follows counts
				}
				if integration.MaySendAgain(err) == integration.SendAgainUnknown {
					err = fmt.Errorf("nobody knows whether the webhook %s was created: octobridge one webhooks list shows whether it is there. %w", webhook.Type.Name, err)
				}
				return err
			}
			results = append(results, oneCreated{Created: true, Webhook: viewOfWebhook(created)})
		}
		if err := p.printCreated(results); err != nil {
			return err
		}
		for _, result := range results {
			if result.Wrong != "" {
				return &answerNo{fmt.Sprintf("the webhook %q %s: change or delete it in ONe's back office, and run this again", result.Webhook.ID, result.Wrong)}
			}
		}
		return nil
	})
}

// wrongWith says why a webhook that leads where wanted does cannot take its place;
// "" where nothing is known against it.
func (o *atONe) wrongWith(there integration.Webhook, wanted integration.NewWebhook) string {
	name := func(text string) string { return strings.ToLower(strings.ReplaceAll(text, " ", "")) }
	for _, event := range eventNames {
		// "OfferOpened BO" is OfferOpened.
		if event != wanted.Type.Name && strings.HasPrefix(name(there.Type.Name), name(event)) {
			return fmt.Sprintf("sends %s to the address of %s, where they would be taken for those", event, wanted.Type.Name)
		}
	}
	known := credentialsOf(o.loaded.Config.One)
	switch {
	case wanted.User == "":
	case there.Auth == "NONE":
		return "sends its events without credentials, so that they are refused"
	case there.User != "" && !slices.ContainsFunc(known, func(pair integration.Credentials) bool { return pair.User == there.User }):
		return fmt.Sprintf("sends its events as the user %q, who is not known here, so that they are refused", there.User)
	}
	return ""
}

// wantedWebhooks are the webhooks to be created, one for each kind.
func (o *atONe) wantedWebhooks(kinds []one.Kind, name string, inactive bool) ([]integration.NewWebhook, error) {
	settings := o.loaded.Config.One
	if settings.WebhookUser == "" && settings.WebhookAuth != "none" {
		return nil, lackingKey(o.loaded, "one.webhook_user", "is needed: ONe's events must bring credentials", "choose a user name and one.webhook_password, and start the service with them")
	}
	var wanted []integration.NewWebhook
	for _, kind := range kinds {
		callback, err := callbackOf(o.loaded, kind)
		if err != nil {
			return nil, err
		}
		if far, err := url.Parse(settings.URL); config.Loopback(callback.Hostname()) && (err != nil || !config.Loopback(far.Hostname())) {
			return nil, lackingKey(o.loaded, "public_url", "is an address of this machine alone, which ONe cannot reach", "write the address at which this service is reached from outside")
		}
		webhook := integration.NewWebhook{
			Name: name, Status: integration.Active, Type: integration.WebhookType{Name: eventNames[kind]},
			Callback: callback.String(), User: settings.WebhookUser, Password: settings.WebhookPassword,
		}
		if inactive {
			webhook.Status = integration.Inactive
		}
		if len(kinds) > 1 {
			webhook.Name += " " + string(kind)
		}
		wanted = append(wanted, webhook)
	}
	return wanted, nil
}

// eventNames are ONe's names of the events (docs.b2b.one, webhooks/webhook).
var eventNames = map[one.Kind]string{one.CartOpened: "CartOpened", one.ClientLogged: "ClientLogged", one.OfferOpened: "OfferOpened"}

// leadsThere finds a webhook that leads to the same address. Its event is not
// compared: the address says what kind of event comes, so a second webhook to it
// would be wrong, whatever its event.
func leadsThere(there []integration.Webhook, wanted integration.NewWebhook) (integration.Webhook, bool) {
	for _, webhook := range there {
		if sameAddress(webhook.Callback, wanted.Callback) {
			return webhook, true
		}
	}
	return integration.Webhook{}, false
}

// sameAddress says whether two addresses lead to the same place, as the bridge
// takes them: a slash at the end, capitals and a port that is the scheme's own make
// no difference.
func sameAddress(a, b string) bool {
	plain := func(text string) string {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil || u.Host == "" {
			return text
		}
		port := u.Port()
		if u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
			port = ""
		}
		return strings.ToLower(u.Scheme+"://"+u.Hostname()+":"+port) + strings.ToLower(strings.TrimRight(u.Path, "/"))
	}
	return plain(a) == plain(b)
}

func (p *program) printCreated(results []oneCreated) error {
	return p.print(map[string]any{"webhooks": results}, func(w io.Writer) {
		for _, result := range results {
			webhook := result.Webhook
			text := fmt.Sprintf("%s: webhook %s was created (%s) and leads to %s.", webhook.Event, cmp.Or(webhook.ID, webhook.Name), webhook.Status, webhook.Callback)
			if !result.Created {
				text = fmt.Sprintf("%s: webhook %s is there already (%s) and leads to %s; no second was created.", webhook.Event, webhook.ID, webhook.Status, webhook.Callback)
				if result.Wrong == "" && webhook.Status == string(integration.Inactive) {
					text += " octobridge one webhooks resume " + shellWord(webhook.ID) + " starts it."
				}
			}
			io.WriteString(w, hang("", text, p.width()))
		}
	})
}

// oneWebhookStatusCommand makes the commands that pause a webhook and let it go on.
func (p *program) oneWebhookStatusCommand(use string, status integration.WebhookStatus, short, done string) *cobra.Command {
	return p.withONe(&cobra.Command{
		Use:   use + " ID",
		Short: short,
		Long: short + `.

ONe takes a webhook only as a whole, with its password; so this is for those
that have the credentials one.webhook_user and one.webhook_password, or the old
ones, and refuses others.

Exits with 1 where there is no such webhook, or it is another's. Safe to repeat.`,
		Example: "  octobridge one webhooks " + use + " 7d0c6a52-1f43-4b0e-8c57-3a4d6d0f8a11",
		Args:    cobra.ExactArgs(1),
	}, func(ctx context.Context, o *atONe, args []string) error {
		list, err := o.webhooks(ctx)
		if err != nil {
			return err
		}
		webhook, found := integration.Webhook{}, false
		for _, each := range list {
			if each.ID == args[0] {
				webhook, found = each, true
			}
		}
		if !found {
			return &answerNo{fmt.Sprintf("ONe has no webhook %q: octobridge one webhooks list shows what there is", args[0])}
		}
		if webhook.Status != status { // else nothing is sent: it stays as it is
			err := o.client.SetWebhookStatus(ctx, webhook.ID, status, credentialsOf(o.loaded.Config.One)...)
			if errors.Is(err, integration.ErrCredentials) {
				return &answerNo{"the webhook has credentials of its own, or ONe does not tell its user name, and ONe wants its password with every change: change it in ONe's back office"}
			}
			if err != nil {
				return err
			}
			webhook.Status = status
		}
		return p.print(viewOfWebhook(webhook), func(w io.Writer) {
			fmt.Fprintf(w, "The webhook %s (%s) %s.\n", oneLine(cmp.Or(webhook.Name, webhook.ID)), oneLine(webhook.Type.Name), done)
		})
	})
}

// credentialsOf are the pairs of credentials that ONe's events may bring.
func credentialsOf(settings config.One) (known []integration.Credentials) {
	for _, pair := range []integration.Credentials{{User: settings.WebhookUser, Password: settings.WebhookPassword}, {User: settings.OldWebhookUser, Password: settings.OldWebhookPassword}} {
		if pair.User != "" {
			known = append(known, pair)
		}
	}
	return known
}
