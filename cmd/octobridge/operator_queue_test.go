package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"octobridge/bridge"
)

// deskOfAll is tokens, messages and jobs as a service would have them.
type deskOfAll struct{}

var since = time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)

func (d *deskOfAll) Create(_ context.Context, name string, scopes []string) (string, bridge.ShopToken, error) {
	if name == "taken" {
		return "", bridge.ShopToken{}, &bridge.OperatorRefusal{Sentence: "the name is taken: choose another"}
	}
	return "obt_only-once", bridge.ShopToken{ID: 2, Name: name, Scopes: scopes}, nil
}
func (d *deskOfAll) List(context.Context) ([]bridge.ShopToken, error) {
	return []bridge.ShopToken{{ID: 1, Name: "shop", Scopes: []string{"orders:read"}, CreatedAt: since}, {ID: 2, Name: "new"}}, nil
}
func (d *deskOfAll) Revoke(_ context.Context, id string) error { return d.there(id == "shop") }
func (d *deskOfAll) Webhooks(_ context.Context, query bridge.WebhookQuery) ([]bridge.Webhook, error) {
	if query.State == "pending" {
		return nil, nil
	}
	return []bridge.Webhook{{ID: 7, MessageID: "msg_7", Type: "order.placed", Subject: "SH-1", State: "failed", Attempts: 10, CreatedAt: since, LastError: "status 503"}}, nil
}
func (d *deskOfAll) Resend(_ context.Context, id string) error { return d.there(id == "msg_7") }
func (d *deskOfAll) ResendFailed(context.Context) (int, error) { return 3, nil }
func (d *deskOfAll) Alerts(context.Context) ([]bridge.Alert, error) {
	return []bridge.Alert{{Key: "a", Text: "The password is refused.", RaisedAt: since}, {Key: "b", Text: "It was slow.", RaisedAt: since, OverAt: since}}, nil
}

func (d *deskOfAll) there(is bool) error {
	if !is {
		return bridge.ErrNotThere
	}
	return nil
}

type deskOfJobs struct{ *deskOfAll }

func (d deskOfJobs) Jobs(_ context.Context, query bridge.JobQuery) ([]bridge.QueueJob, error) {
	return []bridge.QueueJob{{ID: 9, Kind: "place", Key: 4, State: "discarded", Attempt: 5, MaxAttempts: 5, LastError: "no answer"}}, nil
}
func (d deskOfJobs) Retry(_ context.Context, id int64) error  { return d.there(id == 9) }
func (d deskOfJobs) Cancel(_ context.Context, id int64) error { return d.there(id == 9) }

// A terminal of 80 columns used to cut an alert in its first sentence, and no
// other command says what it was about.
func TestAnAlertIsNotCut(t *testing.T) {
	const text = "The basket of the wholesaler's account holds goods that no order of the bridge put there. Take them out, or set orders.clear_basket."
	rows := alertTable([]bridge.Alert{{Text: text, RaisedAt: since}})
	if got := rows.render(80); !strings.Contains(got, text) {
		t.Errorf("in 80 columns:\n%s", got)
	}
}

// The commands on tokens, messages, alerts and jobs, over an address with a token
// in front.
func TestTheRestOfTheDesk(t *testing.T) {
	const token = "a-token-for-operators-0123456789"
	mux := http.NewServeMux()
	desk := &deskOfAll{}
	bridge.MountOperator(mux, bridge.OperatorParts{Tokens: desk, Notices: desk, Jobs: deskOfJobs{desk}})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"status":401,"detail":"no"}`))
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(service.Close)
	run := func(environ []string, args ...string) (int, string, string) {
		var out, errOut strings.Builder
		p := &program{out: &out, errOut: &errOut, environ: environ}
		return p.run(t.Context(), append(args, "--server", service.URL)), out.String(), errOut.String()
	}
	environ := []string{"OCTOBRIDGE_OPERATOR__TOKEN=" + token}
	for _, c := range []struct {
		args string
		code int
		out  string // a line of it
		err  string
	}{
		{"token create shop --scope orders:read --scope orders:write", exitOK, "obt_only-once", "not shown again"},
		{"token create taken --scope orders:read", exitNo, "", "the name is taken"},
		{"token create shop", exitUsage, "", "--scope is needed"},
		{"token list", exitOK, "2  new never", ""},
		{"token revoke shop", exitOK, "The token shop opens nothing any more.", ""},
		{"token revoke nothing", exitNo, "", "no such thing"},
		{"webhooks list", exitOK, "SH-1  failed 10  status 503", ""},
		{"webhooks list --state pending", exitNo, "", "no such messages"},
		{"webhooks list --state lost", exitUsage, "", "none of pending"},
		{"webhooks resend msg_7", exitOK, "1 message is sent again.", ""},
		{"webhooks resend --failed", exitOK, "3 messages are sent again.", ""},
		{"webhooks resend msg_8", exitNo, "", "no such thing"},
		{"webhooks resend", exitUsage, "", "name one message"},
		{"webhooks resend msg_7 --failed", exitUsage, "", "name one message"},
		{"alerts list", exitOK, "It was slow.", ""},
		{"alerts list --open", exitOK, "no  The password is refused.", ""},
		{"jobs list --kind place", exitOK, "9  place  4  discarded  5/5  no answer", ""},
		{"jobs list --state lost", exitUsage, "", "not a state of jobs"},
		{"jobs retry 9", exitOK, "Job 9 is run again.", ""},
		{"jobs cancel 9", exitOK, "Job 9 is out of the queue.", ""},
		{"jobs retry 10", exitNo, "", "no such thing"},
		{"jobs retry x", exitUsage, "", "not the number of a job"},
	} {
		code, out, errOut := run(environ, strings.Fields(c.args)...)
		squeezed := strings.Join(strings.Fields(out), " ")
		if code != c.code || !strings.Contains(squeezed, strings.Join(strings.Fields(c.out), " ")) || !strings.Contains(errOut, c.err) || c.err == "" && errOut != "" {
			t.Errorf("%s: exit code %d, want %d\n%s%s", c.args, code, c.code, out, errOut)
		}
		if strings.Contains(out+errOut, token) {
			t.Errorf("%s: the operator token is printed", c.args)
		}
		if strings.Contains(c.args, "--open") && strings.Contains(out, "slow") {
			t.Errorf("%s: lists what is over:\n%s", c.args, out)
		}
	}
	for _, environ := range [][]string{nil, {"OCTOBRIDGE_OPERATOR__TOKEN=" + strings.ToUpper(token)}} {
		if code, _, errOut := run(environ, "jobs", "list"); code != exitService || !strings.Contains(errOut, "operator token") {
			t.Errorf("without the right token: exit code %d, %s", code, errOut)
		}
	}
}
