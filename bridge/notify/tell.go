package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// alertData is the data of alert.raised and alert.over.
type alertData struct {
	Key      string `json:"key"`
	Text     string `json:"text"`
	RaisedAt string `json:"raisedAt"`         // RFC 3339, UTC
	OverAt   string `json:"overAt,omitempty"` // of alert.over
}

// mailBody is what is stored of a mail.
type mailBody struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Tell looks at an alert, as its job says, and stores the messages that tell of
// it, each with its own job. It returns how long to wait before the alert is to
// be looked at again; negative: it needs no more looks. After an error look again
// soon. Safe to repeat, at any time, in any number of processes.
func (s *Service) Tell(ctx context.Context, id int64) (again time.Duration, err error) {
	var told []string
	var a Alert
	err = s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		again, told = -1, nil
		var raised, over, quiet, toldRaised, toldOver int64
		err := tx.QueryRowContext(ctx, s.store.Rebind(`SELECT id, alert_key, text, raised_at, over_at, quiet_until, told_raised_at, told_over_at
			FROM notify_alerts WHERE id = ?`), id).Scan(&a.ID, &a.Key, &a.Text, &raised, &over, &quiet, &toldRaised, &toldOver)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		a.RaisedAt, a.OverAt = store.Time(raised), store.Time(over)
		now := s.now()
		if toldRaised == 0 {
			switch {
			case quiet > 0 && over > 0:
				toldRaised, toldOver = -1, -1
			case store.Time(quiet).After(now):
				again = store.Time(quiet).Sub(now)
				return nil
			default:
				toldRaised, told = store.Micro(now), append(told, alertRaised)
			}
		}
		if over > 0 && toldOver == 0 {
			toldOver, told = store.Micro(now), append(told, alertOver)
		}
		for _, kind := range told {
			if err := s.tell(ctx, tx, kind, a, now); err != nil {
				return err
			}
		}
		_, err = s.changed(ctx, tx, "UPDATE notify_alerts SET told_raised_at = ?, told_over_at = ? WHERE id = ?", toldRaised, toldOver, id)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("tell of an alert: %w", err)
	}
	for _, kind := range told {
		if kind == alertRaised {
			s.logger.WarnContext(ctx, "an alert was raised", "alert", a.Key, "text", a.Text, "raised_at", a.RaisedAt)
		} else {
			s.logger.InfoContext(ctx, "an alert is over", "alert", a.Key, "text", a.Text, "raised_at", a.RaisedAt, "over_at", a.OverAt)
		}
	}
	return again, nil
}

// tell stores the messages about one state of an alert.
func (s *Service) tell(ctx context.Context, tx *sql.Tx, kind string, a Alert, now time.Time) error {
	subject := fmt.Sprintf("alert %d", a.ID)
	if s.alertURL != "" {
		data, at := alertData{Key: a.Key, Text: a.Text, RaisedAt: stamp(a.RaisedAt)}, a.RaisedAt
		if kind == alertOver {
			data.OverAt, at = stamp(a.OverAt), a.OverAt
		}
		if _, err := s.insert(ctx, tx, stored{Message: Message{Target: AlertWebhook, Type: kind, Subject: subject, CreatedAt: now}}, payload{kind, stamp(at), data}); err != nil {
			return err
		}
	}
	if s.mail == nil {
		return nil
	}
	for _, recipient := range s.mail.to {
		m := stored{Message: Message{Target: AlertMail, Type: kind, Subject: subject, CreatedAt: now}, recipient: recipient}
		if _, err := s.insert(ctx, tx, m, alertMail(kind, a)); err != nil {
			return err
		}
	}
	return nil
}

// alertMail writes the mail about an alert.
func alertMail(kind string, a Alert) mailBody {
	title, _, _ := strings.Cut(a.Text, ". ")
	title = clip(strings.TrimSuffix(title, "."), 120)
	when := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
	var text strings.Builder
	if kind == alertOver {
		title = "Over: " + title
		fmt.Fprintf(&text, "This is over since %s:\n\n", when(a.OverAt))
	}
	fmt.Fprintf(&text, "%s\n\nRaised at %s. Alert: %s.\n", a.Text, when(a.RaisedAt), a.Key)
	if kind == alertRaised {
		text.WriteString("You will be told once when it is over. All alerts: octobridge alerts list\n")
	}
	return mailBody{Subject: "[octobridge] " + title, Text: text.String()}
}
