// How the panel's elements are made. Texts are set as text; nothing is ever parsed
// as HTML but a description, which is then copied element by element.

// make returns an element: properties by name, data-… and aria-… as attributes,
// on: listeners, and children, of which null and false are left out.
function make(tag, properties, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(properties || {})) {
		if (value === null || value === undefined) continue;
		if (name === "on") {
			for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
		} else if (name === "hook") {
			element.dataset.octo = value;
		} else if (name.includes("-") || name === "role" || name === "for") {
			element.setAttribute(name, value);
		} else {
			element[name] = value;
		}
	}
	element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
	return element;
}

const ICONS = {
	chat: "M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.500v8a2.5 2.5 0 0 1-2.5 2.500H11l-4.6 4.200c-.5.4-1.2.1-1.2-.600V15.900A2.5 2.5 0 0 1 4 13.500zM8 9.500h8M8 12.500h5",
	close: "M6 6l12 12M18 6L6 18", minimise: "M5 15l7 0 7 0", back: "M14 6l-6 6 6 6", forward: "M10 6l6 6-6 6",
	person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.8-3.6 3.8-5.5 7.5-5.500s6.7 1.9 7.5 5.5",
	cart: "M3 4h2.200l2.3 11h10l2-8H6.300M9 20h.01M16.5 20h.01", heart: "M12 20s-7.5-4.7-7.5-10A4.2 4.2 0 0 1 12 7.4 4.2 4.2 0 0 1 19.5 10c0 5.3-7.5 10-7.5 10z",
	search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5", box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
	bell: "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15zM10 20.500h4",
	eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
};

// icon returns a drawing that screen readers pass over.
function icon(name) {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" })) svg.setAttribute(key, value);
	const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
	path.setAttribute("d", ICONS[name]);
	svg.append(path);
	return svg;
}

// picture returns an image; a box with a drawing stands in where there is none, or
// it cannot be loaded.
function picture(address, text, className) {
	const box = make("span", { className: "picture " + className });
	const instead = () => box.replaceChildren(icon("box"));
	const src = webAddress(address);
	if (!address || !src) {
		instead();
	} else {
		box.append(make("img", { alt: text, decoding: "async", src, on: { error: instead } }));
	}
	return box;
}

// prices returns a product's price, with the one before where it was reduced.
function prices(product) {
	if (!product.formattedPrice) return make("p", { className: "price none" }, say("noPrice"));
	const reduced = product.formattedPrevPrice && product.formattedPrevPrice !== product.formattedPrice;
	return make("p", { className: reduced ? "price reduced" : "price" },
		make("strong", {}, product.formattedPrice),
		reduced && make("span", { className: "unseen" }, " " + say("instead", { price: product.formattedPrevPrice })),
		reduced && make("s", { "aria-hidden": "true" }, product.formattedPrevPrice));
}

function loading() {
	return make("p", { className: "loading", role: "status" }, make("span", { className: "spinner" }), say("loading"));
}

// trouble says why something cannot be shown, and offers to try again.
function trouble(error, again) {
	return make("div", { className: "trouble", role: "alert" },
		make("p", {}, say(error.message === "timeout" ? "timeout" : "unreachable")),
		make("button", { type: "button", className: "quiet", on: { click: again } }, say("again")));
}

// What of a description's HTML is shown. It comes sanitised by contract; this holds
// where an adapter does not keep it.
const SHOWN = new Set("A B BLOCKQUOTE BR CAPTION CODE DD DIV DL DT EM H1 H2 H3 H4 H5 H6 HR I IMG LI OL P PRE S SMALL SPAN STRONG SUB SUP TABLE TBODY TD TFOOT TH THEAD TR U UL".split(" "));
const DROPPED = new Set("SCRIPT STYLE IFRAME OBJECT EMBED TEMPLATE NOSCRIPT FORM INPUT BUTTON SELECT TEXTAREA SVG MATH LINK META BASE TITLE HEAD AUDIO VIDEO".split(" "));

// description returns HTML as new elements with nothing but what is listed above,
// links and pictures with an http(s) address.
function description(html) {
	const copy = (from, to) => {
		for (const node of from.childNodes) {
			if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
			if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.tagName.toUpperCase())) continue;
			if (!SHOWN.has(node.tagName)) {
				copy(node, to);
				continue;
			}
			const element = document.createElement(node.tagName);
			const href = node.tagName === "A" && webAddress(node.getAttribute("href"));
			if (href) Object.assign(element, { href, target: "_blank", rel: "noopener noreferrer nofollow" });
			if (node.tagName === "IMG") {
				const src = webAddress(node.getAttribute("src"));
				if (!node.getAttribute("src") || !src) continue;
				element.addEventListener("error", () => element.remove());
				Object.assign(element, { src, alt: node.getAttribute("alt") || "" });
			}
			copy(node, element);
			to.append(element);
		}
	};
	const box = make("div", { className: "prose" });
	copy(new DOMParser().parseFromString(html || "", "text/html").body, box);
	return box;
}
