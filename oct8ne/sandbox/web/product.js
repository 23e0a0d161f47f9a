// A product's details, from where it goes into the cart and onto the wish list.

let productRound = 0;

// showProduct shows a product on the tab "Products"; summary is what is known of
// it already.
async function showProduct(id, summary) {
	id = String(id);
	const round = ++productRound;
	showTab("products");
	searchPage.hidden = true;
	productPage.hidden = false;
	const back = make("button", { type: "button", className: "back", hook: "back", on: { click: () => showSearch(id) } }, icon("back"), say("back"));
	const body = make("div", {}, summary ? make("div", { className: "card" }, make("h3", { className: "name" }, summary.title), loading()) : loading());
	productPage.replaceChildren(back, body);
	pages.products.scrollTop = 0;
	back.focus();
	try {
		const related = ask("productRelated", { productId: id, page: 1, pageSize: 4 }).catch(() => ({ results: [] }));
		const [product] = await ask("productInfo", { productIds: id });
		if (round !== productRound) return;
		body.replaceChildren(product ? details(product) : make("p", { className: "empty big" }, say("gone")));
		const { results } = await related;
		if (round !== productRound || !product || results.length === 0) return;
		body.append(make("section", {}, make("h3", {}, say("related")), make("ul", { className: "cards" }, ...results.map((each) => card(each, "related")))));
	} catch (error) {
		if (round === productRound) body.replaceChildren(trouble(error, () => showProduct(id, summary)));
	}
}

// showSearch goes back to the results, to the product that was looked at.
function showSearch(id) {
	productRound++;
	productPage.hidden = true;
	searchPage.hidden = false;
	(resultBox.querySelector(`[data-octo="result"][data-id="${CSS.escape(id)}"]`) || searchBox).focus();
}

function details(product) {
	const said = make("p", { className: "said", role: "status", hook: "said" });
	const productUrl = webAddress(product.productUrl);
	const toPage = { href: productUrl, on: { click: () => narrow.matches && remember({ minimised: true }) } }; // the page shall be seen
	const intoCart = product.useProductUrl
		? make("a", { className: "main", hook: "add-to-cart", "data-by": "page", ...toPage }, say("chooseOnPage"), icon("forward"))
		: make("button", { type: "button", className: "main", hook: "add-to-cart", "data-by": "ajax", on: { click: (event) => addToCart(product, event.currentTarget, said) } }, icon("cart"), say("addToCart"));
	return make("article", { className: "card detail", hook: "detail", "data-id": product.internalId },
		gallery(product), make("h3", { className: "name" }, product.title), prices(product),
		make("div", { className: "actions" }, intoCart,
			make("button", { type: "button", className: "quiet wish-button", hook: "add-to-wish-list", on: { click: (event) => addToWishList(product, event.currentTarget, said) } }, icon("heart"), say("addToWishList"))),
		said,
		product.description && make("section", {}, make("h4", {}, say("description")), description(product.description)),
		productUrl && make("p", {}, make("a", { className: "link", hook: "product-page", ...toPage }, say("openPage"))));
}

function gallery(product) {
	const large = make("div", { className: "large" });
	const all = product.medias.length > 0 ? product.medias : [{ url: product.thumbnail }];
	const choose = (i) => {
		large.replaceChildren(picture(all[i].url, say("picture", { n: i + 1, title: product.title }), "wide"));
		[...small.children].forEach((button, at) => button.setAttribute("aria-pressed", String(at === i)));
	};
	const small = make("div", { className: "small-pictures", role: "group", "aria-label": say("pictures") },
		...all.slice(0, 12).map((media, i) => make("button", { type: "button", "aria-label": say("picture", { n: i + 1, title: product.title }), on: { click: () => choose(i) } }, picture(media.url, "", "tiny"))));
	choose(0);
	return make("div", { className: "gallery" }, large, all.length > 1 && small);
}

// busy keeps a button from being pressed again while something is under way,
// without taking the focus from it.
async function busy(button, work) {
	if (button.getAttribute("aria-disabled") === "true") return;
	button.setAttribute("aria-disabled", "true");
	try {
		await work();
	} finally {
		button.removeAttribute("aria-disabled");
	}
}

function addToCart(product, button, said) {
	return busy(button, async () => {
		let text = say("added"), bad = false, changed = false;
		try {
			const response = await fetch(product.addToCartUrl, {
				method: (shop.addToCartHttpVerb || "POST").toUpperCase(), credentials: "include", cache: "no-store",
				headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE),
			});
			const answer = await response.json().catch(() => ({}));
			changed = response.ok && answer.added !== 0;
			bad = !response.ok || answer.result === "limited";
			if (!response.ok) text = refusal(response.status, answer);
			else if (answer.result === "limited") text = answer.available !== undefined ? say("onlyLeft", { n: numbers.format(answer.available) }) : say("limited");
			else if (answer.confirmed === false) text = say("unconfirmed");
		} catch (error) {
			[text, bad] = [say(error.name === "TimeoutError" ? "timeout" : "unreachable"), true];
		}
		await outcome(product, said, text, bad, changed, "cart", shop.onProductAddedToCart);
	});
}

// refusal puts a problem that an address for adding may answer into words.
function refusal(status, answer) {
	if (/:sold-out$/.test(answer.type)) return say("soldOut");
	if (/:choose-size$/.test(answer.type)) return say("chooseSize");
	if (/:full$/.test(answer.type)) return say("full");
	if (answer.safeToSendAgain === "unknown") return say("unknown");
	const why = language === "en" && (answer.detail || answer.title); // problems are in English
	return [say("notAdded"), why || "(" + status + ")"].join(" ");
}

function addToWishList(product, button, said) {
	return busy(button, async () => {
		let ok = false, text = say("notWished");
		try {
			ok = (await ask("addToWishList", { productIds: product.internalId })).result === "true";
			if (ok) text = say("wished");
		} catch (error) {
			text = say(error.message);
		}
		await outcome(product, said, text, !ok, ok, "wishlist", shop.onProductAddedToWishList);
	});
}

// outcome says what became of it beside the button, tells the shop's page, and
// shows the visitor's new state.
async function outcome(product, said, text, bad, changed, kind, callback) {
	said.textContent = text;
	const became = !bad ? "added" : changed ? "limited" : "refused";
	Object.assign(said.dataset, { bad: String(bad), outcome: became });
	said.scrollIntoView({ block: "nearest" });
	writeDown(kind, became, product.title + ": " + text);
	if (!changed) return;
	if (typeof callback === "function") {
		try {
			callback(product.internalId);
		} catch (error) {
			reportError(error); // the shop's own; the panel goes on
		}
	}
	await refresh();
}
