package browser

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// hear notes errors, warnings, what the pages write to the console, violations of
// their policy, what does not load, and where things come from.
func (b *Tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	complain := func(format string, values ...any) {
		b.complaints = append(b.complaints, fmt.Sprintf(format, values...))
	}
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			complain("%s (%s): %s %s", e.Entry.Level, e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		complain("exception: %s %s", e.ExceptionDetails.Text, described(e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		complain("console: %s %s", e.Type, described(e.Args...))
	case *audits.EventIssueAdded:
		// oct8ne tells of a chat in document.cookie, of whose pace Chromium complains.
		if e.Issue.Code != audits.InspectorIssueCodePerformanceIssue {
			complain("issue: %s%s", e.Issue.Code, kind(e.Issue.Details))
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			complain("not loaded: %s %s", e.Type, e.ErrorText)
		}
	case *network.EventRequestWillBeSent:
		b.hosts[host(e.Request.URL)] = true
	}
}

// described is what values of the page look like.
func described(values ...*runtime.RemoteObject) string {
	var all []string
	for _, v := range values {
		switch {
		case v == nil:
		case v.Description != "":
			all = append(all, v.Description)
		default:
			all = append(all, string(v.Value))
		}
	}
	return strings.Join(all, " ")
}

// kind is what an issue without a code of its own is about, such as a field without
// a label.
func kind(details *audits.InspectorIssueDetails) string {
	if details == nil || details.GenericIssueDetails == nil {
		return ""
	}
	return " " + string(details.GenericIssueDetails.ErrorType)
}

// host is the host and port of an address, or the whole of one that is not http.
func host(address string) string {
	rest, ok := strings.CutPrefix(address, "http://")
	if !ok {
		return address
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// Quiet fails the test for each thing that the browser complained of since Quiet was
// called last, but for those that hold one of the expected texts: errors and
// warnings, anything that a page writes to the console, violations of its policy,
// and what does not load, which a status of 400 and more is, too. Where is said in
// the failure.
func (b *Tab) Quiet(where string, expected ...string) {
	b.t.Helper()
	b.mu.Lock()
	complaints := b.complaints
	b.complaints = nil
	b.mu.Unlock()
	for _, complaint := range complaints {
		if !slices.ContainsFunc(expected, func(text string) bool { return strings.Contains(complaint, text) }) {
			b.t.Errorf("%s: %s", where, complaint)
		}
	}
}

// Hosts returns, sorted, from where something was asked for since Open: host and port
// of http addresses, and all others whole.
func (b *Tab) Hosts() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.hosts))
}
