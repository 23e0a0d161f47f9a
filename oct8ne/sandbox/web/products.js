// The tab "Products": the search with its filters. A product's details are in
// product.js, on the same page.

const PAGE_SIZE = 10;
const ORDERS = { relevance: ["relevance", "asc"], cheapest: ["price", "asc"], dearest: ["price", "desc"], name: ["name", "asc"] };
const FILTERS_SHOWN = 4; // the others are folded away

const query = { text: "", order: "relevance", page: 1, filters: {} };
let searchRound = 0;

const searchBox = make("input", { id: "search", type: "search", hook: "search", maxLength: 200, autocomplete: "off", placeholder: say("searchLabel") });
const orderBox = make("select", { id: "order", hook: "order-by", on: { change: () => search({ order: orderBox.value, page: 1 }) } },
	...Object.keys(ORDERS).map((name) => make("option", { value: name }, say(name))));
const filterBox = make("div", { className: "filters" });
const resultBox = make("div", { className: "results", "aria-live": "off" });
const searchPage = make("div", {},
	make("form", { className: "search", role: "search", on: { submit: (event) => { event.preventDefault(); search({ text: searchBox.value.trim(), page: 1, filters: {} }); } } },
		make("label", { className: "unseen", for: "search" }, say("searchLabel")), searchBox,
		make("button", { className: "main square", hook: "search-go", "aria-label": say("searchGo"), title: say("searchGo") }, icon("search"))),
	filterBox, resultBox);
const productPage = make("div", { hidden: true });
pages.products.append(searchPage, productPage);

// search asks for what the query is with a change, and shows it. focusOn is the
// filter that the visitor was at.
async function search(change, focusOn) {
	Object.assign(query, change);
	const round = ++searchRound;
	const [orderBy, dir] = ORDERS[query.order];
	resultBox.setAttribute("aria-busy", "true");
	if (!resultBox.firstChild) resultBox.replaceChildren(loading());
	try {
		const answer = await ask("search", { search: query.text, page: query.page, pageSize: PAGE_SIZE, orderBy, dir, ...query.filters });
		if (round !== searchRound) return;
		showFilters(answer.filters);
		showResults(answer);
		if (focusOn) (filterBox.querySelector(`select[data-param="${CSS.escape(focusOn)}"]`) || resultBox.querySelector(".found"))?.focus();
	} catch (error) {
		if (round === searchRound) resultBox.replaceChildren(trouble(error, () => search({})));
	}
	resultBox.removeAttribute("aria-busy");
}

function filter(param, value) {
	const filters = { ...query.filters };
	if (value === null) delete filters[param];
	else filters[param] = value;
	search({ filters, page: 1 }, param);
}

function showFilters(filters) {
	const chips = filters.applied.map((each) => make("button", {
		type: "button", className: "chip", hook: "applied-filter", "data-param": each.param, "data-value": each.value,
		"aria-label": say("removeFilter", { label: each.paramLabel, value: each.valueLabel }), on: { click: () => filter(each.param, null) },
	}, make("span", {}, each.paramLabel + ": "), make("strong", {}, each.valueLabel), icon("close")));
	const choices = filters.available.map((each, i) => make("div", { className: "choice" },
		make("label", { for: "filter-" + i }, each.paramLabel),
		make("select", { id: "filter-" + i, hook: "filter", "data-param": each.param, on: { change: (event) => filter(each.param, event.target.value) } },
			make("option", { value: "" }, say("any")),
			...each.options.map((option) => make("option", { value: option.value }, option.valueLabel + " (" + option.count + ")")))));
	const open = filterBox.querySelector("details")?.open;
	const folded = choices.slice(FILTERS_SHOWN);
	filterBox.replaceChildren(...[
		chips.length > 0 && make("div", { className: "chips", role: "group", "aria-label": say("filters") }, ...chips),
		make("div", { className: "choices" }, ...choices.slice(0, FILTERS_SHOWN)),
		folded.length > 0 && make("details", { className: "more", open: Boolean(open) }, make("summary", {}, say("moreFilters", { n: folded.length })), make("div", { className: "choices" }, ...folded)),
	].filter(Boolean));
}

// card is a product in a list, which leads to its details.
function card(product, hook) {
	return make("li", {}, make("button", { type: "button", className: "product", hook, "data-id": product.internalId, on: { click: () => showProduct(product.internalId, product) } },
		picture(product.thumbnail, "", "square"), make("span", { className: "title" }, product.title), prices(product)));
}

function showResults(answer) {
	const from = (query.page - 1) * PAGE_SIZE + 1, to = from + answer.results.length - 1;
	const head = make("div", { className: "found-row" },
		make("p", { className: "found", hook: "found", "data-total": String(answer.total), tabIndex: -1, role: "status" }, say("n.products", { n: answer.total })),
		make("label", { className: "unseen", for: "order" }, say("order")), orderBox);
	if (answer.results.length === 0) {
		resultBox.replaceChildren(head, make("div", { className: "empty big" }, icon("search"), make("p", {}, make("strong", {}, say("nothing"))), make("p", {}, say("nothingHint"))));
		return;
	}
	const turn = (by) => search({ page: query.page + by }).then(() => {
		pages.products.scrollTop = 0;
		resultBox.querySelector(".found")?.focus({ preventScroll: true });
	});
	resultBox.replaceChildren(head, make("ul", { className: "cards" }, ...answer.results.map((product) => card(product, "result"))),
		answer.total > PAGE_SIZE ? make("nav", { className: "turn", "aria-label": say("pages") },
			make("button", { type: "button", className: "quiet", hook: "previous", disabled: query.page === 1, on: { click: () => turn(-1) } }, icon("back"), say("previous")),
			make("span", {}, say("page", { from, to, total: answer.total })),
			make("button", { type: "button", className: "quiet", hook: "next", disabled: to >= answer.total, on: { click: () => turn(1) } }, say("next"), icon("forward"))) : "");
}

whenShown.products = () => {
	if (searchRound === 0) search({});
};
