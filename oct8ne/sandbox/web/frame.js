// The panel's frame: the round button, the drawer with its tabs, the note and the
// list of what happened. It lives in a shadow root, where the shop's styles do not
// reach, in an element that inherits nothing.

const host = document.createElement("div");
host.id = "oct8ne-panel";
const root = host.attachShadow({ mode: "open" });
const styles = make("link", { rel: "stylesheet", href: new URL("panel.css", own).href });
const narrow = matchMedia("(max-width: 600px)");

const dot = make("span", { className: "dot", hidden: true });
const launcher = make("button", { type: "button", className: "launcher", hook: "open", "aria-expanded": "false", "aria-controls": "drawer", on: { click: () => openDrawer() } },
	icon("chat"), make("span", { className: "launcher-text" }, say("chat")), dot);

const TABS = ["customer", "products", "orders"];
const tabs = {}, pages = {}, whenShown = {};
for (const name of TABS) {
	tabs[name] = make("button", { type: "button", id: "tab-" + name, role: "tab", hook: "tab-" + name, "aria-controls": "page-" + name, on: { click: () => showTab(name) } },
		icon({ customer: "person", products: "search", orders: "box" }[name]), say(name));
	pages[name] = make("div", { id: "page-" + name, role: "tabpanel", "aria-labelledby": "tab-" + name, className: "page", tabIndex: 0 });
}
const badge = make("span", { className: "badge", hidden: true });
tabs.customer.append(badge);

const connection = make("span", { className: "connection" });
const note = make("p", { className: "note", role: "status", hook: "note" });
const newestLine = make("span", { className: "newest" }, say("nothingYet"));
const lines = make("ol", { hook: "log", "aria-label": say("what") });

const drawer = make("section", { id: "drawer", className: "drawer", role: "dialog", "aria-labelledby": "title", hidden: true, on: { keydown: onKey } },
	make("header", {},
		make("span", { className: "mark" }, icon("chat")),
		make("div", { className: "titles" }, make("h2", { id: "title" }, say("title")), make("p", {}, say("subtitle"))),
		make("button", { type: "button", className: "in-head", hook: "minimise", title: say("minimise"), "aria-label": say("minimise"), on: { click: () => minimise() } }, icon("minimise")),
		make("button", { type: "button", className: "in-head", hook: "close", title: say("end"), "aria-label": say("end"), on: { click: () => endChat() } }, icon("close"))),
	make("div", { className: "tabs", role: "tablist", "aria-label": say("title"), on: { keydown: onTabKey } }, ...TABS.map((name) => tabs[name])),
	make("div", { className: "pages" }, ...TABS.map((name) => pages[name]), note),
	make("details", { className: "log" }, make("summary", {}, make("span", { className: "log-title" }, say("what")), newestLine, connection), lines));

const frame = make("div", { className: "oct8ne", lang: language, hidden: true }, launcher, drawer);
for (const event of ["load", "error"]) styles.addEventListener(event, () => (frame.hidden = false)); // not before it has its looks
root.append(styles, frame);

// showTab shows a page; the first time, and whenever it says so, it is filled.
function showTab(name) {
	remember({ tab: name });
	for (const each of TABS) {
		const chosen = each === name;
		tabs[each].setAttribute("aria-selected", String(chosen));
		tabs[each].tabIndex = chosen ? 0 : -1;
		pages[each].hidden = !chosen;
	}
	whenShown[name]?.();
}

// onTabKey moves between the tabs with the arrows, Home and End.
function onTabKey(event) {
	const at = TABS.indexOf(memory.tab), last = TABS.length - 1;
	const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
	if (to === undefined) return;
	event.preventDefault();
	showTab(TABS[to]);
	tabs[TABS[to]].focus();
}

// onKey minimises the drawer with Escape. Where it covers the page, as on a phone,
// Tab stays inside.
function onKey(event) {
	if (event.key === "Escape") {
		event.stopPropagation();
		minimise();
	}
	if (event.key !== "Tab" || !narrow.matches) return;
	const stops = [...drawer.querySelectorAll("button, a[href], input, select, summary, [tabindex='0']")]
		.filter((stop) => stop.tabIndex >= 0 && !stop.disabled && stop.checkVisibility());
	const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
	if (root.activeElement === from) {
		event.preventDefault();
		to.focus();
	}
}

// openDrawer shows the drawer, and starts the chat where there is none.
function openDrawer(quietly) {
	launcher.hidden = true;
	drawer.hidden = false;
	drawer.setAttribute("aria-modal", String(narrow.matches));
	launcher.setAttribute("aria-expanded", "true");
	remember({ minimised: false });
	startChat();
	showTab(memory.tab);
	if (!quietly) tabs[memory.tab].focus();
}

// minimise hides the drawer; the chat goes on.
function minimise(quietly) {
	drawer.hidden = true;
	launcher.hidden = false;
	launcher.setAttribute("aria-expanded", "false");
	remember({ minimised: true });
	nameLauncher();
	if (!quietly) launcher.focus();
}

function nameLauncher() {
	const goesOn = memory.visitor !== "";
	launcher.setAttribute("aria-label", say(goesOn ? "chatGoesOn" : "chatOpen"));
	dot.hidden = !goesOn;
}

let noteEnds = 0;

// tell shows a short note, which screen readers read out.
function tell(text) {
	note.textContent = text;
	note.className = "note shown";
	clearTimeout(noteEnds);
	noteEnds = setTimeout(() => (note.className = "note"), 5000);
}

// writeDown adds to the list of what happened: kind is chat, update, cart,
// wishlist, sale or error; what says which; source is who told.
function writeDown(kind, what, text, source = "panel") {
	remember({ lines: [...memory.lines, { kind, what, text, source, at: Date.now() }].slice(-MOST_LINES) });
	showLines();
}

function showLines() {
	const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
	lines.replaceChildren(...memory.lines.toReversed().map((line) => make("li",
		{ "data-kind": line.kind, "data-what": line.what, "data-source": line.source, "data-at": new Date(line.at).toISOString() },
		make("time", { dateTime: new Date(line.at).toISOString() }, time.format(line.at)),
		make("span", { className: "line" }, line.text, line.kind === "update" && make("span", { className: "source" }, " " + say("by." + line.source))))));
	newestLine.textContent = memory.lines.at(-1)?.text || say("nothingYet");
}
