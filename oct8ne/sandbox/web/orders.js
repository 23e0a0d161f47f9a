// The tab "Orders": what the agent sees of a customer's orders.
//
// ONLY A DEMONSTRATION MAY DO THIS. With the real oct8ne no page ever holds the
// apiToken: its servers ask for orders, and show them to the agent alone.

let agentView = null; // the promise of the apiToken
let ordersRound = 0;

const emailBox = make("input", { id: "orders-email", type: "email", hook: "orders-email", required: true, maxLength: 254, autocomplete: "off" });
const ordersBox = make("div", { hook: "orders" });
const ordersPage = make("div", {},
	make("p", { className: "notice" }, icon("eye"), make("span", {}, say("ordersNote"))),
	make("form", { className: "search", on: { submit: (event) => { event.preventDefault(); showOrders(emailBox.value.trim()); } } },
		make("label", { className: "unseen", for: "orders-email" }, say("ordersLabel")), emailBox,
		make("button", { className: "main square", hook: "orders-go", "aria-label": say("ordersGo"), title: say("ordersGo") }, icon("search"))),
	ordersBox);
const orderPage = make("div", { hidden: true });
emailBox.placeholder = say("ordersLabel");
pages.orders.append(ordersPage, orderPage);

function agent() {
	agentView ??= fetch(new URL("/_oct8ne/agent", own), { cache: "no-store" })
		.then((response) => (response.ok ? response.json() : Promise.reject(new Error("unreachable"))))
		.catch(() => {
			agentView = null;
			throw new Error("unreachable");
		});
	return agentView;
}

async function showOrders(email) {
	const round = ++ordersRound;
	ordersBox.replaceChildren(loading());
	try {
		const { apiToken } = await agent();
		const orders = apiToken ? await ask("getOrders", { customerEmail: email, apiToken, page: 1, pageSize: 50 }) : null;
		if (round !== ordersRound) return;
		if (!orders) ordersBox.replaceChildren(make("p", { className: "empty big" }, say("ordersOff")));
		else if (orders.length === 0) ordersBox.replaceChildren(make("p", { className: "empty big" }, say("ordersNone")));
		else ordersBox.replaceChildren(make("ul", { className: "orders" }, ...orders.map(orderRow)));
	} catch (error) {
		if (round === ordersRound) ordersBox.replaceChildren(trouble(error, () => showOrders(email)));
	}
}

function orderRow(order) {
	return make("li", {}, make("button", { type: "button", className: "card order", hook: "order", "data-reference": order.reference, on: { click: () => showOrder(order) } },
		make("span", { className: "order-head" }, make("strong", {}, order.reference), make("span", { className: "state" }, order.labelState)),
		make("span", { className: "order-foot" }, make("span", { className: "small" }, order.date.slice(0, 16)), make("strong", {}, order.total))));
}

async function showOrder(order) {
	const round = ++ordersRound;
	ordersPage.hidden = true;
	orderPage.hidden = false;
	const back = make("button", { type: "button", className: "back", hook: "order-back", on: { click: () => leaveOrder(order.reference) } }, icon("back"), say("back"));
	const body = make("div", {}, loading());
	orderPage.replaceChildren(back, body);
	pages.orders.scrollTop = 0;
	back.focus();
	try {
		const { apiToken } = await agent();
		const found = await ask("getOrderDetails", { reference: order.reference, apiToken });
		if (round !== ordersRound) return;
		body.replaceChildren(Array.isArray(found) ? make("p", { className: "empty big" }, say("ordersNone")) : orderDetail(found));
	} catch (error) {
		if (round === ordersRound) body.replaceChildren(trouble(error, () => showOrder(order)));
	}
}

function leaveOrder(reference) {
	ordersRound++;
	orderPage.hidden = true;
	ordersPage.hidden = false;
	ordersBox.querySelector(`[data-reference="${CSS.escape(reference)}"]`)?.focus();
}

function orderDetail(order) {
	const tracking = order.trackingUrl && webAddress(order.trackingUrl);
	const facts = [[say("orderedOn"), order.date], [say("delivery"), order.deliveryDate], [say("carrier"), order.carrier], [say("parcel"), order.trackingNumber], [say("total"), order.total]];
	return make("article", { hook: "order-detail", "data-reference": order.reference },
		make("div", { className: "card" },
			make("div", { className: "order-head" }, make("h3", { className: "name" }, say("orderTitle", { reference: order.reference })), make("span", { className: "state" }, order.labelState)),
			make("dl", {}, ...facts.filter(([, value]) => value).flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)])),
			tracking && make("a", { className: "main wide-link", hook: "tracking", href: tracking, target: "_blank", rel: "noopener noreferrer" }, icon("box"), say("track"))),
		make("section", { className: "card" }, heading("cart", say("contents"), order.products.length),
			make("ul", { className: "lines plain" }, ...order.products.map((product) => make("li", {}, make("span", { className: "qty" }, numbers.format(product.quantity) + " ×"), make("span", { className: "title" }, product.name))))),
		order.comments.length > 0 && make("section", { className: "card" }, heading("chat", say("comments"), order.comments.length),
			make("ul", { className: "messages" }, ...order.comments.map((comment) => make("li", { className: comment.customer ? "theirs" : "ours" },
				make("span", { className: "small" }, say(comment.customer ? "fromCustomer" : "fromShop")), make("p", {}, comment.message))))));
}

// The visitor's own e-mail is asked about at once, unless another was typed in.
let offered = "";
whenShown.orders = async () => {
	const email = customer?.email || (await agent().catch(() => ({}))).customerEmail || "";
	if (emailBox.value === offered && email !== offered) {
		emailBox.value = offered = email;
		if (email) return void showOrders(email);
	}
	if (!email && !ordersBox.firstChild) ordersBox.replaceChildren(make("p", { className: "empty big" }, say("ordersHint")));
};
