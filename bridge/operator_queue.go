package bridge

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// listOf reads the limit of a list: 100 when none is given.
func listOf(values url.Values) (int, error) {
	text := values.Get("limit")
	if text == "" {
		return 100, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > 10000 {
		return 0, badQuery("limit", fmt.Sprintf("is not a number from 1 to %d", 10000))
	}
	return limit, nil
}

// newToken is a token of the shop's API on its way to whoever asked for it.
type newToken struct {
	Token string    `json:"token"` // shown this once
	About ShopToken `json:"about"`
}

func (o *operatorAPI) createToken(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted struct {
		Name   string   `json:"name"`
		Scopes []string `json:"scopes"`
	}
	if err := readBody(w, r, operatorBodyBytes, &wanted); err != nil {
		return nil, err
	}
	token, about, err := o.Tokens.Create(r.Context(), wanted.Name, wanted.Scopes)
	if err != nil {
		return nil, err
	}
	return newToken{token, about}, nil
}

func (o *operatorAPI) listTokens(_ http.ResponseWriter, r *http.Request) (any, error) {
	tokens, err := o.Tokens.List(r.Context())
	return map[string]any{"tokens": listed(tokens)}, err
}

func (o *operatorAPI) revokeToken(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted struct {
		Token string `json:"token"` // its id or name
	}
	if err := readBody(w, r, operatorBodyBytes, &wanted); err != nil {
		return nil, err
	}
	return done{true}, o.Tokens.Revoke(r.Context(), wanted.Token)
}

func (o *operatorAPI) listWebhooks(_ http.ResponseWriter, r *http.Request) (any, error) {
	values := r.URL.Query()
	limit, err := listOf(values)
	if err != nil {
		return nil, err
	}
	webhooks, err := o.Notices.Webhooks(r.Context(), WebhookQuery{State: values.Get("state"), Subject: values.Get("subject"), Limit: limit})
	return map[string]any{"webhooks": listed(webhooks)}, err
}

func (o *operatorAPI) resendWebhook(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted struct {
		ID     string `json:"id"`
		Failed bool   `json:"failed"` // all that were given up
	}
	if err := readBody(w, r, operatorBodyBytes, &wanted); err != nil {
		return nil, err
	}
	if wanted.Failed == (wanted.ID != "") {
		return nil, &OperatorError{Status: http.StatusUnprocessableEntity, Code: "invalid", Field: "id", Detail: "name one message, or all that failed"}
	}
	count := 1
	var err error
	if wanted.Failed {
		count, err = o.Notices.ResendFailed(r.Context())
	} else {
		err = o.Notices.Resend(r.Context(), wanted.ID)
	}
	return map[string]int{"resent": count}, err
}

func (o *operatorAPI) listAlerts(_ http.ResponseWriter, r *http.Request) (any, error) {
	alerts, err := o.Notices.Alerts(r.Context())
	return map[string]any{"alerts": listed(alerts)}, err
}

func (o *operatorAPI) listJobs(_ http.ResponseWriter, r *http.Request) (any, error) {
	values := r.URL.Query()
	limit, err := listOf(values)
	if err != nil {
		return nil, err
	}
	jobs, err := o.Jobs.Jobs(r.Context(), JobQuery{Kind: values.Get("kind"), State: values.Get("state"), Limit: limit})
	return map[string]any{"jobs": listed(jobs)}, err
}

// jobAction names a job.
type jobAction struct {
	ID int64 `json:"id"`
}

func (o *operatorAPI) retryJob(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted jobAction
	if err := readBody(w, r, operatorBodyBytes, &wanted); err != nil {
		return nil, err
	}
	return done{true}, o.Jobs.Retry(r.Context(), wanted.ID)
}

func (o *operatorAPI) cancelJob(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted jobAction
	if err := readBody(w, r, operatorBodyBytes, &wanted); err != nil {
		return nil, err
	}
	return done{true}, o.Jobs.Cancel(r.Context(), wanted.ID)
}

// listed makes an empty list of none, so that JSON has [] and not null.
func listed[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
