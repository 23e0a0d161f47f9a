package integration

import (
	"bytes"
	"errors"
)

// webhookPage is a page of the list of webhooks.
type webhookPage struct {
	webhooks []Webhook
	last     bool  // it says that it is the last
	total    int64 // how many webhooks there are; -1 where it does not say
}

var (
	errNoList    = errors.New("it is no list of webhooks")
	errNoWebhook = errors.New("it is no webhook")
)

// readWebhookPage reads a page: a list, or an object that has one. The object was
// not seen; these are the usual names (an assumption).
func readWebhookPage(content []byte) (webhookPage, error) {
	page := webhookPage{total: -1}
	if len(bytes.TrimSpace(content)) == 0 {
		return page, errEmpty
	}
	document, err := parse(content)
	if err != nil {
		return page, err
	}
	list, found := document.([]any)
	if object, ok := document.(map[string]any); ok {
		for _, name := range []string{"content", "webhooks", "items", "data", "results"} {
			if list, found = object[name].([]any); found {
				break
			}
		}
		page.last, _ = object["last"].(bool)
		if pages, ok := wholeOf(object, "totalPages"); ok && pages <= 1 {
			page.last = true // whichever number ONe gives its first page
		}
		if total, ok := wholeOf(object, "totalElements"); ok && total >= 0 {
			page.total = total
		}
	}
	if !found {
		return page, errNoList
	}
	for _, one := range list {
		raw, ok := one.(map[string]any)
		if !ok {
			return page, errNoList
		}
		page.webhooks = append(page.webhooks, readWebhook(raw))
	}
	return page, nil
}

// readWebhook reads a webhook (docs.b2b.one, webhooks/webhook). A password that
// stands there is not looked at.
func readWebhook(raw map[string]any) Webhook {
	webhook := Webhook{
		ID:       idOf(raw, "webhookId", "id"),
		Name:     textOf(raw, "name"),
		Status:   WebhookStatus(textOf(raw, "status")),
		Callback: textOf(raw, "callbackUrl"),
	}
	if typ := objectOf(raw, "webhookType"); typ != nil {
		webhook.Type = WebhookType{Name: textOf(typ, "name"), Exchange: textOf(typ, "exchangeName")}
	} else {
		webhook.Type = WebhookType{Name: textOf(raw, "webhookType")}
	}
	authentication := objectOf(raw, "callbackAuthentication")
	webhook.Auth = textOf(authentication, "type")
	webhook.User = textOf(authentication, "username")
	return webhook
}

// readWebhookDetails reads one webhook as it came, to be sent back with a change:
// also what is not known here.
func readWebhookDetails(content []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, errEmpty
	}
	document, err := parse(content)
	if err != nil {
		return nil, err
	}
	raw, ok := document.(map[string]any)
	if !ok || textOf(raw, "callbackUrl") == "" {
		return nil, errNoWebhook
	}
	return raw, nil
}

// readMadeWebhook reads the answer to a webhook that was made: itself, its id, or
// nothing.
func readMadeWebhook(reply *reply) (Webhook, error) {
	if reply.cut != nil {
		return Webhook{}, errors.New("it did not come whole")
	}
	if len(bytes.TrimSpace(reply.body)) == 0 {
		return Webhook{}, nil
	}
	document, err := parse(reply.body)
	if err != nil {
		return Webhook{}, err
	}
	switch document := document.(type) {
	case map[string]any:
		return readWebhook(document), nil
	case string:
		return Webhook{ID: document}, nil
	}
	return Webhook{}, errNoWebhook
}
