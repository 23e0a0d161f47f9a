// The chat's beginning and end, and the panel's own beginning.

// startChat begins a chat, unless one goes on: from page to page it is the cookie
// that says so.
function startChat() {
	const going = visitorCookie();
	if (going && going === memory.visitor && listening) return;
	const visitor = going || newVisitor();
	if (memory.visitor !== visitor) {
		remember({ visitor, after: null, notes: [] });
		writeDown("chat", "started", say("chatStarted"));
	}
	setVisitorCookie(visitor);
	nameLauncher();
	refresh();
	listen(visitor);
}

// endChat ends it: the cookie goes, and with it the bridge's updates.
function endChat() {
	stopListening();
	setVisitorCookie("");
	writeDown("chat", "ended", say("chatEnded"));
	remember({ visitor: "", after: null, tab: "customer", notes: [] });
	minimise();
	connection.textContent = "";
	customerRound++; // no answer is waited for
	latestRound = Promise.resolve(false);
	customer = cart = null;
	[emailBox.value, offered] = ["", ""];
	ordersBox.replaceChildren();
}

// The method of oct8ne's object for the shop's own changes (API 2.4, "Real-time
// update"): what is cart, wishlist or user; without it all is asked for anew.
shop.update = function (what) {
	if (!memory.visitor) return;
	const known = ["cart", "wishlist", "user"].includes(what) ? what : undefined;
	writeDown("update", known || "all", say(known ? "update." + known : "update"), "page");
	updated(known);
};

// The sale notification's script may come before this one, or after.
function tellSales() {
	for (const reference of (window.oct8neSales || []).splice(0)) writeDown("sale", reference, say("sold", { reference }));
}

function begin() {
	document.body.append(host);
	showLines();
	nameLauncher();
	tellSales();
	window.addEventListener("oct8ne-sale", tellSales);
	// A page that comes back out of the browser's memory has stopped listening.
	window.addEventListener("pagehide", stopListening);
	window.addEventListener("pageshow", (event) => event.persisted && resume());
	resume();
}

// resume goes on with a chat that another page began; on a phone the drawer would
// hide the page, so there it waits behind its button.
function resume() {
	if (!visitorCookie()) {
		if (memory.visitor) remember({ visitor: "", after: null });
		return nameLauncher();
	}
	if (memory.minimised || narrow.matches) {
		startChat();
		minimise(true);
	} else {
		openDrawer(true);
	}
}

if (document.body) begin();
else document.addEventListener("DOMContentLoaded", begin);
