// What the panel remembers from page to page, in this tab of the browser: the
// cookie oct8ne-visitor is there while a chat goes on, and for no longer.

const COOKIE = "oct8ne-visitor";
const STORED = "oct8ne-sandbox-panel";
const MOST_LINES = 20;
const MOST_NOTES = 3;

const memory = Object.assign({ visitor: "", after: null, tab: "customer", minimised: false, lines: [], notes: [] }, stored());

function stored() {
	try {
		const kept = JSON.parse(sessionStorage.getItem(STORED));
		return kept && Array.isArray(kept.lines) && Array.isArray(kept.notes) ? kept : {};
	} catch {
		return {};
	}
}

function remember(change) {
	Object.assign(memory, change);
	try {
		sessionStorage.setItem(STORED, JSON.stringify(memory));
	} catch {
		// A browser that stores nothing forgets at the next page.
	}
}

// visitorCookie returns the value of oct8ne-visitor, "" without a chat.
function visitorCookie() {
	const found = document.cookie.split("; ").find((pair) => pair.startsWith(COOKIE + "="));
	return found ? found.slice(COOKIE.length + 1) : "";
}

function setVisitorCookie(value) {
	const secure = location.protocol === "https:" ? "; Secure" : "";
	document.cookie = COOKIE + "=" + value + "; path=/; SameSite=Lax" + secure + (value ? "" : "; Max-Age=0");
}

function newVisitor() {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
