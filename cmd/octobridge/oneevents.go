package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/one"
)

func (p *program) oneEventsCommand() *cobra.Command {
	return oneSection("events", "See what ONe told of its customers, and what came of it",
		"  octobridge one events list --state failed\n  octobridge one events replay --failed",
		p.oneEventsListCommand(), p.oneEventsShowCommand(), p.oneEventsReplayCommand())
}

func (p *program) oneEventsListCommand() *cobra.Command {
	var query bridge.OneEventQuery
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List events, newest first",
		Long: `Lists the events that ONe sent to the running service, newest first, with what
came of each, and below how many there are in each state. A flagged event is
kept, and nothing is done with it: it names no customer, cannot be read, or is a
test. Exits with 1 where there is none.`,
		Example: `  octobridge one events list
  octobridge one events list --kind offer-opened --state failed
  octobridge one events list --customer org:9001 --json`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&query.Kind, "kind", "", "only events of this `KIND`: cart-opened, client-logged or offer-opened")
	f.StringVar(&query.State, "state", "", "only events in this `STATE`: new, done, recorded or failed")
	f.StringVar(&query.Customer, "customer", "", "only events of the customer with this `ID`, with or without org: or ind: before it")
	f.BoolVar(&query.Flagged, "flagged", false, "only events that something is wrong with")
	f.IntVar(&query.Limit, "limit", 50, "list at most `N` events, 1 to 1000")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		if query.Kind != "" && !slices.Contains(one.Kinds(), one.Kind(query.Kind)) {
			return badUsage(cmd, "--kind %q is none of cart-opened, client-logged, offer-opened", query.Kind)
		}
		if query.State != "" && !slices.Contains(bridge.OneStates(), one.State(query.State)) {
			return badUsage(cmd, "--state %q is none of new, done, recorded, failed", query.State)
		}
		if query.Limit < 1 || query.Limit > 1000 {
			return badUsage(cmd, "--limit %d is not between 1 and 1000", query.Limit)
		}
		found, err := service.OneEvents(ctx, query)
		if err != nil {
			return err
		}
		err = p.print(found, func(w io.Writer) {
			if len(found.Events) > 0 {
				rows := eventTable(found.Events)
				fmt.Fprintf(w, "%s\nIn all: %s.\n", rows.render(p.width()), countsText(found.Counts))
			}
		})
		if err == nil && len(found.Events) == 0 {
			err = &answerNo{"there are no such events of ONe's (in all: " + countsText(found.Counts) + ")"}
		}
		return err
	})
}

// eventTable lists events.
func eventTable(events []bridge.OneEvent) table {
	rows := table{columns: []column{
		{title: "ID", right: true, whole: true}, {title: "Received", whole: true}, {title: "Kind", whole: true},
		{title: "State", whole: true}, {title: "Customer"}, {title: "About"},
	}}
	for _, event := range events {
		rows.add(strconv.FormatInt(event.ID, 10), toTheSecond(event.ReceivedAt), event.Kind, event.State, event.Customer, outcomeOf(event))
	}
	return rows
}

// toTheSecond is a time to the second: events follow each other closely.
func toTheSecond(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("01-02 15:04:05")
}

// outcomeOf says in a few words what an event is about, and what came of it.
func outcomeOf(event bridge.OneEvent) string {
	outcome := event.Outcome
	if event.Flag != "" && !strings.Contains(outcome, event.Flag) {
		outcome = strings.TrimSpace("flagged " + event.Flag + "  " + outcome)
	}
	if event.State == string(one.Waiting) && event.Attempts > 0 {
		outcome = "next " + toTheSecond(event.DueAt) + "  " + outcome
	}
	// What it is about comes first, as that is what is looked for.
	return strings.TrimSpace(cmp.Or(event.Offer, event.Cart) + "  " + outcome)
}

// countsText says how many events there are in each state.
func countsText(counts map[string]int64) string {
	var parts []string
	for _, state := range bridge.OneStates() {
		parts = append(parts, fmt.Sprintf("%d %s", counts[string(state)], state))
	}
	return strings.Join(parts, ", ")
}

// eventNumber reads the number of an event.
func eventNumber(cmd *cobra.Command, text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, badUsage(cmd, "%q is not the number of an event", text)
	}
	return id, nil
}

func (p *program) oneEventsShowCommand() *cobra.Command {
	var body bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one event: what it says, and what came of it",
		Long: `Shows one event of the running service by its number. Its body, as ONe sent it,
is shown with --body alone: it may hold personal data. Exits with 1 where there
is no such event.`,
		Example: "  octobridge one events show 17\n  octobridge one events show 17 --body",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&body, "body", false, "show the body, too, as it came; it may hold personal data")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		id, err := eventNumber(cmd, args[0])
		if err != nil {
			return err
		}
		event, err := service.OneEvent(ctx, id, body)
		if err != nil {
			return eventMissing(err, id)
		}
		return p.print(event, func(w io.Writer) {
			io.WriteString(w, eventSheet(event).wrapped(p.width()))
			if body {
				fmt.Fprintf(w, "\n%s\n", bodyText(event))
			}
		})
	})
}

// eventMissing says in a sentence that an event is not there, or returns the error.
func eventMissing(err error, id int64) error {
	if refused, ok := asRefusal(err); ok && refused.Code == "not-found" {
		return &answerNo{fmt.Sprintf("the service has no event %d, or no longer: octobridge one events list shows what there is", id)}
	}
	return err
}

// meanings are words for what a ClientLogged means.
var meanings = map[string]string{
	string(one.Login):  "a login",
	string(one.Return): "a return after an idle time, no new login",
}

// flagWords say what is wrong with a flagged event.
var flagWords = map[string]string{
	string(one.FlagEmpty):      "it has no body, or nothing in it, as the test of a webhook",
	string(one.FlagNoID):       "it holds no id, as the test of a webhook may",
	string(one.FlagNoCustomer): "it names no customer",
	string(one.FlagAmbiguous):  "it holds two different ids of one sort",
	string(one.FlagUnreadable): "it can be read neither as JSON nor as a form, or an id in it is none: over 200 bytes, or with control characters",
}

// eventSheet tells of one event.
func eventSheet(event bridge.OneEvent) sheet {
	var about sheet
	about.add("Event", fmt.Sprintf("%d  %s", event.ID, event.Kind))
	about.add("Received", clock(event.ReceivedAt)+event.ReceivedAt.Local().Format(":05"))
	about.add("Customer", event.Customer)
	about.add("Cart", event.Cart)
	about.add("Offer", event.Offer)
	about.add("State", event.State)
	if event.Flag != "" {
		about.add("Flagged", strings.TrimRight(event.Flag+": "+flagWords[event.Flag], ": "))
	}
	about.add("Meaning", cmp.Or(meanings[event.Meaning], event.Meaning))
	about.add("Outcome", event.Outcome)
	if event.Attempts > 0 {
		about.add("Tries", strconv.Itoa(event.Attempts))
	}
	about.add("Due", toTheSecond(event.DueAt))
	about.add("Worked", toTheSecond(event.WorkedAt))
	if event.Repeats > 0 {
		about.add("Came again", fmt.Sprintf("%d times, last %s: taken for the same event", event.Repeats, toTheSecond(event.RepeatedAt)))
	}
	about.add("Content type", event.ContentType)
	about.add("Body", fmt.Sprintf("%d bytes", event.Size))
	about.add("Unknown fields", strings.Join(event.UnknownFields, ", "))
	return about
}

// bodyText is a body for a terminal: JSON is set out, and nothing in it moves the
// cursor.
func bodyText(event bridge.OneEvent) string {
	if event.Body == "" {
		return "(empty)"
	}
	if event.BodyEncoding == "base64" {
		return "base64: " + oneLine(event.Body)
	}
	text := event.Body
	var indented bytes.Buffer
	if json.Indent(&indented, []byte(text), "", "  ") == nil {
		text = indented.String()
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		bare := strings.TrimLeft(line, " ")
		b.WriteString(strings.Repeat(" ", len(line)-len(bare)) + oneLine(bare) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func (p *program) oneEventsReplayCommand() *cobra.Command {
	var failed bool
	cmd := &cobra.Command{
		Use:   "replay ID | --failed",
		Short: "Have events worked again",
		Long: `Has an event worked again by the present rule of its kind, or with --failed all
that were given up, the oldest first. oct8ne asks once more, an offer is read
once more; where the rule passes the event on, the shop is told once more. A
flagged event says nothing that could be done, and is refused.

Exits with 1 where there is no such event, or it is refused.`,
		Example: "  octobridge one events replay 17\n  octobridge one events replay --failed",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().BoolVar(&failed, "failed", false, "all events that were given up")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		if failed == (len(args) == 1) {
			return badUsage(cmd, "name one event, or --failed")
		}
		var replay bridge.OneReplay
		if failed {
			var err error
			if replay, err = service.ReplayFailedOneEvents(ctx); err != nil {
				if replay.Replayed > 0 {
					err = fmt.Errorf("%s worked again, and not the rest: %w", plural(replay.Replayed, "event"), err)
				}
				return err
			}
		} else {
			id, err := eventNumber(cmd, args[0])
			if err != nil {
				return err
			}
			if replay, err = service.ReplayOneEvent(ctx, id); err != nil {
				return eventMissing(err, id)
			}
		}
		return p.print(replay, func(w io.Writer) {
			verb := "are"
			if replay.Replayed == 1 {
				verb = "is"
			}
			fmt.Fprintf(w, "%s %s worked again.\n", plural(replay.Replayed, "event"), verb)
		})
	})
}
