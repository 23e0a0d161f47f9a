// The tab "Customer": who it is, with cart and wish list, as the agent sees them.

let customer = null, cart = null, viewed = null, customerTrouble = null;
let customerRound = 0, latestRound = Promise.resolve(true);

// refresh asks anew for everything about the visitor, and returns a promise of
// whether it was answered. All of it is asked for, since one that is overtaken
// leaves it to the next.
function refresh() {
	return (latestRound = askForCustomer(++customerRound));
}

async function askForCustomer(round) {
	const id = shop.currentProduct?.id;
	try {
		const [newCustomer, newCart, seen] = await Promise.all([
			ask("customerData"),
			ask("getCart"),
			id && viewed?.internalId !== id ? ask("productSummary", { productIds: id }).catch(() => []) : [viewed],
		]);
		if (round !== customerRound) return latestRound; // a newer one is on its way
		[customer, cart, viewed] = [newCustomer, newCart, seen[0]];
		customerTrouble = null;
	} catch (error) {
		if (round !== customerRound) return latestRound;
		customerTrouble = error;
	}
	showCustomer();
	return !customerTrouble;
}

function showCustomer() {
	const page = pages.customer;
	const items = cart?.totalItems || 0;
	badge.hidden = items === 0;
	badge.textContent = items > 99 ? "99+" : numbers.format(items);
	badge.setAttribute("aria-label", say("n.items", { n: items }));
	if (!customer) {
		page.replaceChildren(customerTrouble ? trouble(customerTrouble, () => refresh()) : loading());
		return;
	}
	const top = page.scrollTop;
	page.replaceChildren(...[customerTrouble && trouble(customerTrouble, () => refresh()), person(), notesCard(), viewing(), cartCard(), wishCard()].filter(Boolean));
	page.scrollTop = top;
}

function person() {
	const name = [customer.firstName, customer.lastName].filter(Boolean).join(" ") || customer.email;
	const known = customer.id !== null || customer.email !== null;
	const initials = [customer.firstName, customer.lastName].filter(Boolean).map((word) => [...word][0].toUpperCase()).join("");
	return make("div", { className: "card person" },
		make("span", { className: "avatar" + (known ? "" : " guest"), "aria-hidden": "true" }, initials || icon("person")),
		make("div", {},
			make("p", { className: "who", hook: "customer-name", "data-guest": String(!known) }, known ? name : say("guest")),
			make("p", { className: "small" }, known ? customer.email || "" : say("guestHint")),
			customer.id && make("p", { className: "small" }, say("customerId", { id: customer.id }))));
}

// viewing is the product of the page that the visitor looks at.
function viewing() {
	if (!shop.currentProduct?.id) return null;
	return make("button", { type: "button", className: "card viewing", on: { click: () => showProduct(shop.currentProduct.id) } },
		picture(shop.currentProduct.thumbnail || viewed?.thumbnail, "", "tiny"),
		make("span", {}, make("span", { className: "small with-icon" }, icon("eye"), say("viewing")), make("span", { className: "title" }, viewed?.title || String(shop.currentProduct.id))),
		icon("forward"));
}

function heading(iconName, text, count) {
	return make("h3", {}, icon(iconName), text, count > 0 && make("span", { className: "count" }, numbers.format(count)));
}

function cartCard() {
	const drawn = new Map(customer.cart.map((line) => [line.internalId, line]));
	const list = cart.cart.map((line) => {
		const product = drawn.get(line.internalId);
		return make("li", { hook: "cart-line", "data-id": line.internalId, "data-qty": String(line.qty) },
			picture(product?.thumbnail, "", "tiny"),
			make("span", { className: "title" }, line.title),
			make("span", { className: "amount" }, make("span", { className: "qty" }, numbers.format(line.qty) + " ×"), " ", line.price || say("noPrice")));
	});
	const reduced = cart.price && cart.finalPrice && cart.price !== cart.finalPrice;
	return make("section", { className: "card" }, heading("cart", say("cart"), cart.totalItems),
		list.length === 0 ? make("p", { className: "empty" }, say("cartEmpty")) : make("ul", { className: "lines" }, ...list),
		list.length > 0 && make("p", { className: "total" }, make("span", {}, say("total")),
			make("span", {}, make("strong", { hook: "cart-total" }, cart.finalPrice || say("noPrice")),
				reduced && make("span", { className: "small" }, say("before", { price: cart.price })))));
}

function wishCard() {
	const list = customer.wishlist.map((product) => make("li", { hook: "wish", "data-id": product.internalId },
		make("button", { type: "button", className: "row", on: { click: () => showProduct(product.internalId) } },
			picture(product.thumbnail, "", "tiny"), make("span", { className: "title" }, product.title), make("span", { className: "amount" }, product.formattedPrice || ""))));
	return make("section", { className: "card" }, heading("heart", say("wishList"), list.length),
		list.length === 0 ? make("p", { className: "empty" }, say("wishListEmpty")) : make("ul", { className: "lines" }, ...list));
}

whenShown.customer = showCustomer;
