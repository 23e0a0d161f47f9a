package config

import (
	"strings"

	"github.com/robfig/cron/v3"
)

// feedURL says nothing of the address itself, which holds a token.
func feedURL(text string) *fault {
	u, f := parseURL(text)
	if f != nil {
		return f
	}
	if u.Fragment != "" || strings.HasSuffix(text, "#") {
		return &fault{"has a fragment", "write the address of the gateway as the wholesaler gives it"}
	}
	return encrypted(u)
}

func cronSpec(text string) *fault {
	if _, err := cron.ParseStandard(text); err != nil {
		return &fault{"is " + shown(text) + ", which is no schedule", "write minute, hour, day, month and weekday, such as */15 * * * *, or @every 10m"}
	}
	return nil
}
