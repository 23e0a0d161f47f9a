package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/spf13/cobra"

	"octobridge/bridge/config"
	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/internal/silent"
)

// How long the bridge itself may take to answer a test.
const webhookTestTime = 15 * time.Second

// oneTested is what `one webhooks test --json` prints.
type oneTested struct {
	Event    string `json:"event,omitempty"`
	Callback string `json:"callback,omitempty"`
	Status   int    `json:"status,omitempty"` // HTTP
	OK       bool   `json:"ok"`
	ByONe    string `json:"byOne,omitempty"` // the webhook whose example ONe was asked to send
	Says     string `json:"says"`            // a sentence: what came back, and what to do
}

func (p *program) oneWebhooksTestCommand() *cobra.Command {
	var byOne string
	cmd := &cobra.Command{
		Use:   "test EVENT | --by-one ID",
		Short: "Try whether events get through to the service",
		Long: `Sends an empty event of a kind (cart-opened, client-logged or offer-opened) to
public_url, the way ONe would, with one.webhook_user and one.webhook_password,
and says what came back. The service keeps it, flagged as empty, and does
nothing more. ONe is not called: one.url and its key are not needed.

With --by-one ONe itself sends its example event of a webhook, from where it
stands; octobridge one events list shows whether it arrived.

Exits with 1 where the service refuses it, and with 3 where nobody answers.`,
		Example: "  octobridge one webhooks test cart-opened\n  octobridge one webhooks test --by-one 7d0c6a52-1f43-4b0e-8c57-3a4d6d0f8a11",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&byOne, "by-one", "", "have ONe send the example event of the webhook with this `ID`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (byOne != "") == (len(args) == 1) {
			return badUsage(cmd, "name one kind of event, or a webhook with --by-one")
		}
		if byOne != "" {
			o, err := p.atONe(cmd)
			if err != nil {
				return err
			}
			return errors.Join(p.testByONe(cmd.Context(), o, byOne), o.close())
		}
		kinds, err := kindsNamed(cmd, args[0], false)
		if err != nil {
			return err
		}
		loaded, err := p.load(cmd, config.ONeEvents) // ONe is not called
		if err != nil {
			return err
		}
		return p.testWebhook(cmd.Context(), loaded, kinds[0])
	}
	return oneConfigurable(cmd)
}

// testByONe has ONe send its example.
func (p *program) testByONe(ctx context.Context, o *atONe, id string) error {
	err := o.client.TestWebhook(ctx, id)
	if failed(err, integration.KindNotFound) {
		return &answerNo{fmt.Sprintf("ONe has no webhook %q, or no such call: octobridge one webhooks list shows what there is (%v)", id, err)}
	}
	if err != nil {
		return err
	}
	tested := oneTested{OK: true, ByONe: id, Says: "ONe took the wish to send its example event; octobridge one events list --limit 5 shows whether it arrived"}
	return p.print(tested, func(w io.Writer) { io.WriteString(w, hang("", tested.Says+".", p.width())) })
}

// testWebhook sends an empty event to this bridge's public address.
func (p *program) testWebhook(ctx context.Context, loaded *config.Loaded, kind one.Kind) error {
	callback, err := callbackOf(loaded, kind)
	if err != nil {
		return err
	}
	settings := loaded.Config.One
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: webhookTestTime}).DialContext,
		TLSHandshakeTimeout: webhookTestTime,
	}
	defer transport.CloseIdleConnections()
	// A redirection could take the credentials elsewhere.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	request := resty.NewWithClient(&http.Client{Transport: transport, CheckRedirect: stay, Timeout: webhookTestTime}).
		SetDisableWarn(true).SetLogger(silent.Logger{}).R().SetContext(ctx).SetDoNotParseResponse(true)
	if settings.WebhookUser != "" {
		request.SetBasicAuth(settings.WebhookUser, settings.WebhookPassword.Reveal())
	}
	response, err := request.Post(callback.String())
	if response != nil && response.RawBody() != nil {
		defer response.RawBody().Close()
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &unreachable{fmt.Errorf("nobody answers at %s (%w): is the service running, and does public_url lead to it?", callback, withoutAddress(err))}
	}
	tested := oneTested{Event: string(kind), Callback: callback.String(), Status: response.StatusCode(), OK: response.IsSuccess()}
	tested.Says = testAnswer(response.StatusCode(), settings.WebhookUser != "")
	err = p.print(tested, func(w io.Writer) {
		if tested.OK {
			io.WriteString(w, hang("", fmt.Sprintf("%s answers %d: %s.", callback, tested.Status, tested.Says), p.width()))
		}
	})
	if err == nil && !tested.OK {
		err = &answerNo{fmt.Sprintf("%s answers %d: %s", callback, tested.Status, tested.Says)}
	}
	return err
}

// testAnswer says what the status that came back means, and what to do.
func testAnswer(status int, credentials bool) string {
	switch {
	case status >= 200 && status < 300:
		return "the event is kept, flagged as empty; ONe's events get through with these credentials"
	case status == http.StatusUnauthorized && !credentials:
		return "the service wants credentials: set one.webhook_user and one.webhook_password here, as it has them"
	case status == http.StatusUnauthorized:
		return "the service refuses the credentials: it runs with others than one.webhook_user and one.webhook_password here; restart it after a change"
	case status == http.StatusNotFound:
		return "nothing is received there: the service runs without one.webhook_user, or public_url leads elsewhere"
	case status >= 300 && status < 400:
		return "the address redirects, which ONe may not follow: write the final one into public_url"
	case status == http.StatusTooManyRequests:
		return "it takes no more requests for the moment: try again, and see the limits in front of the service"
	case status >= 500:
		return "the service, or a proxy in front of it, cannot take events now: see its log"
	}
	return "that is no answer of this bridge's: does public_url lead to it?"
}

// withoutAddress is an error of a call without the address, which is told already.
func withoutAddress(err error) error {
	if failure, ok := errors.AsType[*url.Error](err); ok {
		return failure.Err
	}
	return err
}
