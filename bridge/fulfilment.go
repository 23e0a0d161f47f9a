package bridge

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/robfig/cron/v3"
	"github.com/shopspring/decimal"

	"octobridge/bridge/config"
	"octobridge/bridge/jobs"
	"octobridge/bridge/notify"
	"octobridge/bridge/orders"
	"octobridge/bridge/shopapi"
	"octobridge/bridge/store"
	"octobridge/idosell"
)

// fulfilment is what takes, places and follows the shop's orders, joined.
type fulfilment struct {
	store   *store.Store
	logger  *slog.Logger
	orders  *orders.Service
	notices *orders.Notices
	notify  *notify.Service
	queue   *jobs.Queue
	tokens  *shopapi.Tokens
}

// How often is looked for what no job was left for, and for what is due.
const (
	followSpec = "@every 1m" // orders at the wholesaler's that are due
	sweepSpec  = "@every 1m" // open orders without a job, orders that wait for too long
	pruneSpec  = "@every 1h" // old messages, messages without a job
)

// placeAttempts is how often a job of an order may fail: only the database can
// make it fail, and the sweep queues it anew after the last time.
const placeAttempts = 1000

func newFulfilment(ctx context.Context, s *store.Store, client *idosell.Client, c *config.Config, registry prometheus.Registerer, logger *slog.Logger, step func(string)) (_ *fulfilment, err error) {
	o := &fulfilment{store: s, logger: logger}
	if o.queue, err = jobs.New(ctx, jobs.Options{
		Store: s, Logger: logger, Registry: registry,
		Kinds: []jobs.Kind{
			{Name: orders.JobPlace, Workers: 1, Attempts: placeAttempts, Retry: soon, Handle: func(ctx context.Context, job jobs.Job) (time.Duration, error) { return o.orders.Work(ctx, job.Key) }},
			{Name: orders.JobNotice, Workers: 2, Attempts: 20, Handle: func(ctx context.Context, job jobs.Job) (time.Duration, error) { return o.notices.Apply(ctx, job.Key) }},
			{Name: notify.JobDeliver, Workers: 4, Attempts: 20, Handle: func(ctx context.Context, job jobs.Job) (time.Duration, error) { return o.notify.Deliver(ctx, job.Key) }},
			{Name: notify.JobAlert, Workers: 1, Attempts: 20, Handle: func(ctx context.Context, job jobs.Job) (time.Duration, error) { return o.notify.Tell(ctx, job.Key) }},
		},
	}); err != nil {
		return nil, err
	}
	if o.notify, err = notify.New(ctx, notify.Options{
		Store: s, Jobs: o.queue, URL: c.Notify.URL, Secret: c.Notify.Secret, OldSecret: c.Notify.OldSecret, AllowPrivate: c.Notify.AllowPrivate,
		AlertURL: c.Notify.AlertURL, Logger: logger,
		SMTP: notify.SMTP{Host: c.Notify.SMTPHost, User: c.Notify.SMTPUser, Password: c.Notify.SMTPPassword, From: c.Notify.SMTPFrom, To: c.Notify.SMTPTo},
	}); err != nil {
		return nil, err
	}
	if o.orders, err = orders.New(ctx, orders.Options{
		Store: s, Wholesaler: client, Jobs: o.queue, Announce: o.announce, Alerts: o.notify, Rules: orderRules(c), Logger: logger, Step: step,
	}); err != nil {
		return nil, err
	}
	if o.notices, err = orders.NewNotices(o.orders, orders.NoticeOptions{
		Secret: c.Orders.WebhookSecret, User: c.Orders.WebhookUser, Password: c.Orders.WebhookPassword, Fields: c.Orders.WebhookFields,
	}); err != nil {
		return nil, fmt.Errorf("orders.webhook_fields: %w", err)
	}
	if o.tokens, err = shopapi.NewTokens(ctx, s, nil, logger); err != nil {
		return nil, err
	}
	return o, nil
}

// soon is how long a job of an order waits after the database failed.
func soon(attempt int) time.Duration { return min(time.Duration(attempt)*time.Second, time.Minute) }

// orderRules are the rules of the configuration.
func orderRules(c *config.Config) orders.Rules {
	rules := orders.Rules{
		Settle: cmp.Or(c.Orders.Settle, 2*time.Minute),
		// A little longer than the client's own bound of one call.
		CallTimeout: cmp.Or(c.IdoSell.Timeout, 20*time.Second) + time.Second,
		ClearBasket: c.Orders.ClearBasket,
		PriceRise:   decimal.NewFromFloat(c.Orders.PriceRise),
		Unavailable: orders.Unavailable(cmp.Or(c.Orders.Unavailable, string(orders.StopUnavailable))),
		FollowFor:   cmp.Or(c.Orders.FollowFor, 60*24*time.Hour),
		StuckAfter:  cmp.Or(c.Orders.StuckAfter, time.Hour),
	}
	for _, text := range c.Orders.Couriers {
		country, courier, _ := strings.Cut(text, "=")
		rules.Couriers = append(rules.Couriers, orders.CountryCourier{Country: strings.TrimSpace(country), Courier: strings.TrimSpace(courier)})
	}
	return rules
}

// toldOrder is what the shop is told of its order: no purchase prices, and
// nothing of a person.
type toldOrder struct {
	Reference      string         `json:"reference"`
	State          orders.State   `json:"state"`
	Progress       string         `json:"progress,omitempty"`
	Reason         *orders.Reason `json:"reason,omitempty"`
	SupplierID     string         `json:"supplierId,omitempty"`
	SupplierStatus string         `json:"supplierStatus,omitempty"`
	Courier        string         `json:"courier,omitempty"`
	Parcels        []toldParcel   `json:"parcels,omitempty"`
	PlacedAt       time.Time      `json:"placedAt,omitzero"`
	DispatchedAt   time.Time      `json:"dispatchedAt,omitzero"`
	DeliveredAt    time.Time      `json:"deliveredAt,omitzero"`
}

type toldParcel struct {
	Number      string `json:"number"`
	TrackingURL string `json:"trackingUrl,omitempty"`
	Courier     string `json:"courier,omitempty"`
}

// announce is orders.Announce: a signed webhook, in the same transaction.
func (o *fulfilment) announce(ctx context.Context, tx *sql.Tx, change orders.Change, order *orders.Order) error {
	told := toldOrder{
		Reference: order.Request.Reference, State: order.State, Progress: string(order.Progress), SupplierID: order.SupplierID,
		SupplierStatus: string(order.SupplierStatus), Courier: order.Courier, PlacedAt: order.PlacedAt, DispatchedAt: order.DispatchedAt, DeliveredAt: order.DeliveredAt,
	}
	if order.Reason.Code != "" {
		told.Reason = &order.Reason
	}
	for _, parcel := range shopOrder(order).Parcels {
		told.Parcels = append(told.Parcels, toldParcel{parcel.Number, parcel.TrackingURL, cmp.Or(parcel.Courier, order.Courier)})
	}
	return o.notify.Publish(ctx, tx, string(change), order.Request.Reference, told)
}

// placeNow brings an order as far as it can come, before its job is run. An order
// that is not there is none to bring anywhere.
func (o *fulfilment) placeNow(ctx context.Context, reference string) error {
	order, err := o.orders.Get(ctx, reference)
	if errors.Is(err, orders.ErrNotFound) {
		return nil
	}
	if err == nil {
		_, err = o.orders.Work(ctx, order.ID)
	}
	return err
}

// run works until ctx ends.
func (o *fulfilment) run(ctx context.Context) error {
	var group sync.WaitGroup
	var queueing, scheduling error
	group.Go(func() { queueing = o.queue.Run(ctx) })
	o.alone(ctx, "sweep", o.orders.Sweep)
	schedule := cron.New(cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
	for _, task := range []struct {
		spec, name string
		do         func(context.Context) error
	}{
		{followSpec, "follow", o.orders.Follow}, {sweepSpec, "sweep", o.orders.Sweep}, {pruneSpec, "prune", o.notify.Sweep},
	} {
		if _, err := schedule.AddFunc(task.spec, func() { o.alone(ctx, task.name, task.do) }); err != nil {
			scheduling = errors.Join(scheduling, err) // the specifications are constants
		}
	}
	schedule.Start()
	<-ctx.Done()
	<-schedule.Stop().Done()
	group.Wait()
	return errors.Join(queueing, scheduling)
}

// alone does a task unless another instance is at it. What fails is logged; the
// next time comes.
func (o *fulfilment) alone(ctx context.Context, task string, do func(context.Context) error) {
	if err := alone(ctx, o.store, task, do); err != nil && ctx.Err() == nil {
		o.logger.ErrorContext(ctx, "a regular task has failed; it comes round again", "task", task, "error", err)
	}
}

// close ends what has no run. Nil is closed already.
func (o *fulfilment) close() {
	if o == nil {
		return
	}
	if o.tokens != nil {
		o.tokens.Close()
	}
	if o.notify != nil {
		o.notify.Close()
	}
}
