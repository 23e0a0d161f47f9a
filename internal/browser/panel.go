package browser

import (
	"fmt"

	"github.com/chromedp/chromedp"
)

// finders are the names by which expressions find what is in the panel of oct8ne's
// sandbox; in a page without one they find nothing.
const finders = `const root = () => document.querySelector("#oct8ne-panel")?.shadowRoot;
const hooks = (name) => [...(root()?.querySelectorAll('[data-octo="' + name + '"]') ?? [])].filter((e) => e.checkVisibility());
const hook = (name) => hooks(name)[0];
const text = (name) => hook(name)?.innerText;
`

// Hook is the JavaScript expression of an element in the panel of oct8ne's sandbox:
// of those that can be seen, the n-th whose data-octo is name, from 0, or undefined.
// It stands alone, for chromedp.JSPath; See and Until know it as hooks(name)[n].
func Hook(name string, n int) string {
	return fmt.Sprintf("(() => { %s return hooks(%q)[%d] })()", finders, name, n)
}

// Press waits for an element of the panel, as Hook names it, and clicks where it is,
// as a visitor does: what lies above it takes the click. It is the first one if n is
// not said.
func (b *Tab) Press(hook string, n ...int) {
	b.t.Helper()
	at := 0
	if len(n) > 0 {
		at = n[0]
	}
	b.Until(hook+" is there", fmt.Sprintf("hooks(%q)[%d]", hook, at))
	b.Do(chromedp.Click(chromedp.JSPath(Hook(hook, at))))
}

// Write waits for a field of the panel, as Hook names it, and puts a text in place
// of what it holds, as if it had been typed: the panel hears of it.
func (b *Tab) Write(hook, text string) {
	b.t.Helper()
	b.Until(hook+" is there", fmt.Sprintf("hook(%q)", hook))
	b.set(fmt.Sprintf("hook(%q)", hook), text, "input")
}

// Choose takes the option of a select, which is an expression of See, that has this
// value. One without such an option ends the test.
func (b *Tab) Choose(expression, value string) {
	b.t.Helper()
	b.set(expression, value, "change")
}

func (b *Tab) set(expression, value, event string) {
	b.t.Helper()
	if !See[bool](b, fmt.Sprintf("(() => { const e = %s; e.value = %q; e.dispatchEvent(new Event(%q, { bubbles: true })); return e.value === %[2]q })()", expression, value, event)) {
		b.t.Fatalf("%s does not take %q", expression, value)
	}
}
