package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"octobridge/bridge/config"
	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
)

// selling is what the service does for ONe, on which a wholesaler sells: it takes
// its events, tells oct8ne of them, and reads the offers that were opened.
type selling struct {
	events    *one.Service
	client    *integration.Client // nil: ONe is not called
	receiving bool                // events are received
	logger    *slog.Logger
}

// OneClientConfig is the configuration of a client of ONe's integration API.
func OneClientConfig(c config.One) integration.Config {
	return integration.Config{URL: c.URL, Tenant: c.Tenant, APIAuth: c.APIAuth, Timeout: c.Timeout}
}

// oneRules are the rules of one.events.
func oneRules(entries []string) (map[one.Kind]one.Rule, error) {
	rules, others := map[one.Kind]one.Rule{}, one.RuleUpdate
	for _, text := range entries {
		kind, rule, err := config.ParseEventRule(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("one.events: %w", err)
		case kind == "*":
			others = one.Rule(rule)
		default:
			rules[one.Kind(kind)] = one.Rule(rule)
		}
	}
	for _, kind := range one.Kinds() {
		if _, named := rules[kind]; !named {
			rules[kind] = others
		}
	}
	return rules, nil
}

// openSelling opens ONe's part. What becomes of events is counted in registry.
func openSelling(ctx context.Context, s *Service, c *config.Config, options *ServiceOptions, registry prometheus.Registerer) (_ *selling, err error) {
	w := &selling{logger: s.logger, receiving: c.One.WebhookUser != "" || c.One.WebhookAuth == "none"}
	with := one.Options{
		Store: s.store, Open: c.One.WebhookAuth == "none", SameWithin: c.One.SameWithin, Session: c.One.Session, Keep: c.One.Keep,
		Visitors: s.visits.visitors, Told: options.OneTold,
		Logger: s.logger, Step: options.Step, Observe: eventObserver(registry),
	}
	if c.Notify.URL != "" { // else an event would say that it was passed on
		with.Publish = s.orders.notify.Publish
	}
	if s.visits.updates != nil {
		with.Updates = s.visits.updates
	}
	if with.Rules, err = oneRules(c.One.Events); err != nil {
		return nil, err
	}
	if c.One.WebhookUser != "" {
		with.Credentials = append(with.Credentials, one.Credentials{User: c.One.WebhookUser, Password: c.One.WebhookPassword})
	}
	if c.One.OldWebhookUser != "" {
		with.Credentials = append(with.Credentials, one.Credentials{User: c.One.OldWebhookUser, Password: c.One.OldWebhookPassword})
	}
	if c.One.URL != "" {
		clientConfig := OneClientConfig(c.One)
		clientConfig.Transport, clientConfig.Logger = options.One, s.logger
		if w.client, err = integration.New(clientConfig); err != nil {
			return nil, fmt.Errorf("one.url: %w", err)
		}
		with.Offers = w.client
	}
	if w.events, err = one.New(ctx, with); err != nil {
		w.close()
		return nil, err
	}
	if c.One.WebhookAuth == "none" {
		s.logger.WarnContext(ctx, "ONe's events are taken from anybody who knows their address: set one.webhook_user and one.webhook_password, and take one.webhook_auth out")
	}
	return w, nil
}

// mount serves what ONe calls.
func (w *selling) mount(router fiber.Router) { w.events.Mount(router) }

// unlimited says whether a request is one of ONe's events with valid credentials:
// hundreds come in a second from one address, and each is another customer's.
func (w *selling) unlimited(c *fiber.Ctx) bool {
	return w.receiving && strings.HasPrefix(strings.ToLower(c.Path()), one.WebhookPath) && w.events.Admits(c.Get(fiber.HeaderAuthorization))
}

// run works the events until ctx ends. Those that were received before the
// credentials were taken out are kept no longer for it, and can be replayed; where
// there never were any, nothing runs.
func (w *selling) run(ctx context.Context) {
	if !w.receiving {
		if empty, err := w.events.Empty(ctx); err == nil && empty {
			return
		}
	}
	if err := w.events.Run(ctx); err != nil && ctx.Err() == nil {
		w.logger.ErrorContext(ctx, "the events of ONe's are not worked any more; restart the service", "error", err)
	}
}

// close ends what has no run. Nil is closed already.
func (w *selling) close() {
	if w != nil && w.client != nil {
		_ = w.client.Close()
	}
}

// eventObserver counts what became of ONe's events.
func eventObserver(registry prometheus.Registerer) func(kind one.Kind, outcome string) {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "octobridge_one_events_total",
		Help: "Events of ONe's by their kind and by what became of them.",
	}, []string{"kind", "outcome"})
	registry.MustRegister(counter)
	for _, kind := range one.Kinds() { // so that each is there from the beginning, at zero
		for _, outcome := range one.Outcomes() {
			counter.WithLabelValues(string(kind), outcome)
		}
	}
	return func(kind one.Kind, outcome string) { counter.WithLabelValues(string(kind), outcome).Inc() }
}
