package bridge

import (
	"context"
	"errors"

	"octobridge/bridge/jobs"
	"octobridge/bridge/notify"
)

// noticeDesk is a NoticeDesk over the notifications.
type noticeDesk struct{ notify *notify.Service }

func (d noticeDesk) Webhooks(ctx context.Context, query WebhookQuery) ([]Webhook, error) {
	messages, err := d.notify.List(ctx, notify.Filter{State: notify.State(query.State), Subject: query.Subject, Target: notify.Shop, Limit: query.Limit})
	if err != nil {
		return nil, err
	}
	list := make([]Webhook, len(messages))
	for i, m := range messages {
		list[i] = Webhook{ID: m.ID, MessageID: m.MessageID, Type: m.Type, Subject: m.Subject, State: string(m.State), Attempts: m.Attempts,
			CreatedAt: m.CreatedAt, NextAt: m.NextAt, DeliveredAt: m.DeliveredAt, LastStatus: m.LastStatus, LastError: m.LastError}
	}
	return list, nil
}

func (d noticeDesk) Resend(ctx context.Context, id string) error {
	_, err := d.notify.Resend(ctx, id)
	if errors.Is(err, notify.ErrNotFound) {
		return ErrNotThere
	}
	return err
}

func (d noticeDesk) ResendFailed(ctx context.Context) (int, error) { return d.notify.ResendFailed(ctx) }

func (d noticeDesk) Alerts(ctx context.Context) ([]Alert, error) {
	alerts, err := d.notify.Alerts(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Alert, len(alerts))
	for i, a := range alerts {
		list[i] = Alert{Key: a.Key, Text: a.Text, RaisedAt: a.RaisedAt, OverAt: a.OverAt}
	}
	return list, nil
}

// jobDesk is a JobDesk over the queue.
type jobDesk struct{ queue *jobs.Queue }

func (d jobDesk) Jobs(ctx context.Context, query JobQuery) ([]QueueJob, error) {
	infos, err := d.queue.List(ctx, jobs.Filter{Kind: query.Kind, State: jobs.State(query.State), Limit: query.Limit})
	if err != nil {
		return nil, err
	}
	list := make([]QueueJob, len(infos))
	for i, job := range infos {
		list[i] = QueueJob{ID: job.ID, Kind: job.Kind, Key: job.Key, State: string(job.State), Attempt: job.Attempt, MaxAttempts: job.MaxAttempts,
			CreatedAt: job.CreatedAt, ScheduledAt: job.ScheduledAt, FinishedAt: job.FinishedAt, LastError: job.LastError}
	}
	return list, nil
}

func (d jobDesk) Retry(ctx context.Context, id int64) error { return jobThere(d.queue.Retry(ctx, id)) }
func (d jobDesk) Cancel(ctx context.Context, id int64) error {
	return jobThere(d.queue.Cancel(ctx, id))
}

func jobThere(err error) error {
	if errors.Is(err, jobs.ErrNotFound) {
		return ErrNotThere
	}
	return err
}
