package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	// patience is how long Until waits: a busy machine is slow.
	patience = 30 * time.Second
	// pause is how long Until waits before it looks again.
	pause = 20 * time.Millisecond
)

// Do does steps one after the other, such as chromedp.Click. What leads to another
// page belongs into Follow.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// Type presses keys, which go to what has the focus; "\r" is Enter, and the keys
// without a letter are those of chromedp's package kb.
func (b *Tab) Type(keys string) {
	b.t.Helper()
	b.Do(chromedp.KeyEvent(keys))
}

// Follow does what leads to another page, waits until that one is loaded, and
// returns the HTTP status it came with.
func (b *Tab) Follow(steps ...chromedp.Action[chromedp.Void]) int64 {
	b.t.Helper()
	response, err := chromedp.RunResponse(b.ctx, steps...)
	if err != nil {
		b.t.Fatal(err)
	}
	return response.Status
}

// Visit opens a page by its address and waits until it is loaded. A status other
// than 200 ends the test: open a page that is a refusal with Follow.
func (b *Tab) Visit(address string) {
	b.t.Helper()
	if status := b.Follow(chromedp.Navigate(address)); status != 200 {
		b.t.Fatalf("%s: status %d", address, status)
	}
}

// Before has a script run in each page that is opened from now on, before the page's
// own.
func (b *Tab) Before(script string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		b.t.Fatal(err)
	}
}

// Prefer sets the colours that the visitor's system asks pages for, "light" or
// "dark". It asks for less motion as well, so that nothing has to be waited for.
func (b *Tab) Prefer(scheme string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}); err != nil {
		b.t.Fatal(err)
	}
}

// Window makes the tab a window of a computer, of so many pixels.
func (b *Tab) Window(width, height int64) {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(width, height))
}

// Phone makes the tab the screen of a phone, of so many pixels.
func (b *Tab) Phone(width, height int64) {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(width, height, chromedp.EmulateMobile))
}

// See evaluates JavaScript in the page and returns the value of its last statement,
// or what a promise comes to; undefined fits no T. It may use the names that reach
// into oct8ne's panel: root(), hook(name), hooks(name) and text(name), see Hook.
func See[T any](b *Tab, expression string) T {
	b.t.Helper()
	// A block keeps the names from the page's own.
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T]("{"+finders+expression+"\n}", chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// look is what an expression came to.
type look struct {
	Yes   bool   `json:"yes"`
	Threw string `json:"threw"`
}

// Until waits for an expression, which may use the names of See, to be true, for
// half a minute. One that throws is not true yet; the page may be left for another
// meanwhile. What says in words what is waited for: "it never came that …".
func (b *Tab) Until(what, expression string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	question := chromedp.Evaluate[look](`(async () => {`+finders+`
		try { return { yes: !!(await (`+expression+`)), threw: "" }; } catch (e) { return { yes: false, threw: String(e) }; }
	})()`, chromedp.EvalAwaitPromise)
	threw := ""
	for {
		seen, err := chromedp.Run(ctx, question)
		switch {
		case err == nil && seen.Yes:
			return
		case err == nil:
			threw = seen.Threw
		case ctx.Err() == nil && !left(err):
			b.t.Fatalf("waiting for it that %s (%s): %v", what, expression, err)
		}
		select {
		case <-ctx.Done():
			b.t.Errorf("it never came that %s (%s)%s", what, expression, because(threw))
			b.KeepWindow("failure-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.FailNow()
		case <-time.After(pause):
		}
	}
}

// left says whether an evaluation was cut off because its page was left: the
// protocol itself refuses or drops it then, while what a page throws is another
// error.
func left(err error) bool {
	_, ok := errors.AsType[*cdproto.Error](err)
	return ok
}

func because(threw string) string {
	if threw == "" {
		return ""
	}
	return fmt.Sprintf(": in the end it threw %q", threw)
}
