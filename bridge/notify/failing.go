package notify

import (
	"context"
	"fmt"
	"time"

	"octobridge/bridge/store"
)

// alertPrefix begins the keys of the alerts about a target.
var alertPrefix = map[Target]string{Shop: "webhooks", AlertWebhook: "alert-webhook", AlertMail: "alert-mail"}

// who names the receiver in texts.
var who = map[Target]string{Shop: "The shop's server", AlertWebhook: "The server at notify.alert_url", AlertMail: "The mail server"}

// where names the command that shows the messages, or what they tell.
var where = map[Target]string{Shop: "octobridge webhooks list", AlertWebhook: "octobridge alerts list", AlertMail: "octobridge alerts list"}

// failingAlert says that messages do not arrive, while they are still tried.
func failingAlert(m Message, result outcome) alert {
	return alert{alertPrefix[m.Target] + "-failing", fmt.Sprintf(
		"%s has not taken a message for more than half an hour: %s. Messages are tried for three days and then given up; %s shows them. The first was %s (%s).",
		who[m.Target], result.failure, where[m.Target], m.MessageID, m.Type)}
}

// undeliveredAlert says that a message was given up.
func undeliveredAlert(m stored, result outcome) alert {
	remedy := "Read what you were not told with " + where[m.Target] + ", and put the configuration or the server right"
	if m.Target == Shop {
		remedy = where[m.Target] + " --state failed shows it and any others, and octobridge webhooks resend --failed sends them again"
	}
	return alert{alertPrefix[m.Target] + "-undelivered", fmt.Sprintf("%s has not taken a message in %d attempts, and it was given up: %s. %s. The first was %s (%s).",
		who[m.Target], m.step, result.failure, remedy, m.MessageID, m.Type)}
}

// goneAlert says that an address wants no more messages.
func goneAlert(m Message) alert {
	return alert{alertPrefix[m.Target] + "-gone", fmt.Sprintf(
		"%s answered 410 Gone, so nothing is sent there any more. Configure another address, or, once it takes messages again, send one of the failed ones again with octobridge webhooks resend: %s.",
		who[m.Target], m.MessageID)}
}

// undelivered is how long a message that was given up counts as one to resend.
const undelivered = 30 * 24 * time.Hour

// settle ends the alerts that a delivered message disproves.
func (s *Service) settle(ctx context.Context, m stored) {
	prefix := alertPrefix[m.Target]
	s.Over(ctx, prefix+"-failing")
	s.Over(ctx, prefix+"-gone")
	switch {
	case m.Target != Shop: // what was not told then is of the past
		s.Over(ctx, prefix+"-undelivered")
	case !m.resentAt.IsZero():
		s.settleUndelivered(ctx)
	}
}

// settleUndelivered ends the alert about messages to the shop that were given up,
// when there are none any more.
func (s *Service) settleUndelivered(ctx context.Context) {
	var failed int64
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT COUNT(*) FROM notify_messages WHERE state = ? AND target = ? AND created_at > ? AND body <> ''"),
		Failed, Shop, store.Micro(s.now().Add(-undelivered))).Scan(&failed)
	switch {
	case err != nil:
		s.logger.WarnContext(ctx, "failed messages could not be counted, so an alert about them may stay open longer", "error", err)
	case failed == 0:
		s.Over(ctx, alertPrefix[Shop]+"-undelivered")
	}
}
