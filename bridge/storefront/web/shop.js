// What the shop's pages do without going to another page. Everything works without
// this file, too: the forms are sent then.
(() => {
	"use strict";

	const toast = document.getElementById("toast");
	const header = document.querySelector(".yours");
	if (!toast || !header || !window.fetch) return;

	const words = {};
	for (const t of toast.querySelectorAll("template")) {
		words[t.dataset.code] = { tone: t.dataset.tone || "", content: t.content };
	}
	const put = (code) => words[code].content.cloneNode(true);

	// tell shows a notice for a while, longer for whoever points at it.
	let going = 0;
	const leave = () => { toast.className = "toast"; toast.replaceChildren(); };
	const stay = () => clearTimeout(going);
	const goSoon = () => { stay(); going = setTimeout(leave, 7000); };
	const tell = (code, way, left) => {
		if (!words[code]) code = "unavailable";
		const text = document.createElement("p");
		text.textContent = put(code).textContent.replace("{}", Number(left).toLocaleString(document.documentElement.lang));
		toast.replaceChildren(text);
		if (way) toast.append(put(way));
		toast.append(put("dismiss"));
		toast.querySelector(".dismiss").addEventListener("click", leave);
		toast.className = "toast shown " + (words[code].tone || "warn");
		toast.dataset.told = code;
		goSoon();
	};
	toast.addEventListener("pointerenter", stay);
	toast.addEventListener("pointerleave", goSoon);
	toast.addEventListener("focusin", stay);

	// oct8ne is told by the bridge, and the widget on this page at once.
	const updated = (what) => {
		if (window.octobridge && typeof window.octobridge.update === "function") window.octobridge.update(what);
	};

	const count = (name, n) => {
		const badge = header.querySelector('[data-count="' + name + '"] .badge');
		const number = Math.ceil(Number(n) || 0); // half a metre is one thing, as the pages count
		badge.querySelector("b").textContent = String(number);
		badge.hidden = number <= 0;
	};
	const fullName = (c) => ((c.firstName || "") + " " + (c.lastName || "")).trim() || c.email || c.id || "";

	// refresh brings the header to what the bridge knows now.
	const refresh = async () => {
		try {
			const answer = await fetch("/visitor/session", { headers: { Accept: "application/json" }, cache: "no-store" });
			if (!answer.ok) return;
			const session = await answer.json();
			// In an outage nobody knows what is in the wholesaler's basket.
			if (session.cartItems !== undefined) count("cart", session.cartItems);
			count("wishes", session.wishes);
			const who = header.querySelector("[data-who]");
			const label = who.querySelector(".label");
			who.href = session.customer ? toast.dataset.account : toast.dataset.signIn;
			label.textContent = session.customer ? fullName(session.customer) : toast.dataset.signInText;
			label.classList.toggle("who", Boolean(session.customer));
		} catch {
			// The header stays as it was: the next page has a new one.
		}
	};

	// swap puts the content of a page that came by fetch in place of this one's.
	const swap = async (answer) => {
		const next = new DOMParser().parseFromString(await answer.text(), "text/html");
		const main = next.getElementById("content");
		if (!main) return false;
		const content = document.getElementById("content");
		const focused = content.contains(document.activeElement) ? document.activeElement.id || content.id : "";
		content.replaceChildren(...document.adoptNode(main).childNodes);
		prepare(content);
		// What had the focus may be gone: whoever uses the keyboard goes on from the content.
		if (focused) (document.getElementById(focused) || content).focus({ preventScroll: true });
		return true;
	};

	const isLive = () => Boolean(document.querySelector("form[data-live], .nothing:not(.thanks) .big-icon"));
	const reload = async () => {
		if (!isLive()) return;
		try {
			const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
			if (answer.ok) await swap(answer);
		} catch {
			// What is shown stays.
		}
	};

	const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
	const codeOf = (problem) => String((problem && problem.type) || "").split(":").pop();

	// add puts what a form names into the cart.
	const add = async (form) => {
		const fields = new URLSearchParams(new FormData(form));
		fields.delete("back");
		fields.set("key", newKey()); // each press adds once
		const button = form.querySelector("button:not([type=button])");
		button.disabled = true;
		try {
			const answer = await fetch("/cart/add", {
				method: "POST", body: fields,
				headers: { Accept: "application/json" },
			});
			const said = await answer.json().catch(() => null);
			if (answer.ok && said) {
				if (said.result === "limited") tell(said.available === undefined ? "limited" : "only", "to-cart", said.available);
				else tell(said.confirmed === false ? "unconfirmed" : "added", "to-cart");
				await changed("cart");
			} else if (codeOf(said) === "choose-size" && form.closest(".wishes")) {
				location.href = form.elements.back.value;
			} else if (answer.status === 404) {
				tell("gone");
			} else if (answer.status === 422) {
				tell(codeOf(said) === "choose-size" ? "choose-size" : "quantity");
			} else {
				tell(said && said.safeToSendAgain === "unknown" ? "unknown" : codeOf(said));
			}
		} catch {
			tell("unknown"); // the answer was lost on its way
		} finally {
			button.disabled = false;
		}
	};

	const wish = async (form) => {
		try {
			const answer = await fetch("/wishlist", {
				method: "PATCH", body: JSON.stringify({ add: [form.dataset.wish] }),
				headers: { "Content-Type": "application/json", Accept: "application/json" },
			});
			if (!answer.ok) {
				tell(codeOf(await answer.json().catch(() => null)));
				return;
			}
			tell("wished", "to-wish-list");
			await changed("wishlist");
		} catch {
			tell("unavailable");
		}
	};

	// change sends a form of the cart or the wish list, and shows the page that
	// comes back.
	const change = async (form, button) => {
		const fields = new URLSearchParams(new FormData(form));
		if (button && button.name) fields.set(button.name, button.value);
		form.classList.add("busy");
		try {
			const answer = await fetch(form.action, { method: "POST", body: fields });
			if (!(await swap(answer))) tell("unavailable");
			else await changed(location.pathname.endsWith("/wishlist") ? "wishlist" : "cart");
		} catch {
			tell("unknown");
		} finally {
			form.classList.remove("busy");
		}
	};

	const changed = async (what) => {
		updated(what);
		await refresh();
	};

	document.addEventListener("submit", (event) => {
		const form = event.target;
		const run = form.matches("[data-add]") ? add : form.matches("[data-wish]") ? wish : form.matches("[data-live]") ? change : null;
		if (!run) return;
		event.preventDefault();
		run(form, event.submitter);
	});

	// A quantity in the cart counts as soon as it is entered.
	document.addEventListener("change", (event) => {
		const form = event.target.form;
		if (form && form.matches(".lines[data-live]") && event.target.name === "qty" && form.reportValidity()) change(form);
	});

	// prepare shows what only works with this file, and hides what it makes needless.
	const prepare = (root) => {
		for (const button of root.querySelectorAll(".stepper button")) button.hidden = false;
		for (const button of root.querySelectorAll("[data-save]")) button.hidden = true;
	};
	document.addEventListener("click", (event) => {
		const button = event.target.closest(".stepper button");
		if (!button) return;
		const field = button.parentElement.querySelector("input");
		const before = field.value;
		if (button.dataset.step > 0) field.stepUp(); else field.stepDown();
		if (field.value !== before) field.dispatchEvent(new Event("change", { bubbles: true }));
	});

	// The widget has put something into the cart or on the wish list.
	document.addEventListener("octobridge:added-to-cart", () => { refresh(); reload(); });
	document.addEventListener("octobridge:added-to-wish-list", () => { refresh(); reload(); });

	// A page that comes back from the browser's memory may be out of date.
	window.addEventListener("pageshow", (event) => {
		if (event.persisted) { refresh(); reload(); }
	});

	prepare(document);

	// Browsers that do not know ::details-content fold the filters; wide screens have
	// room for them.
	const wide = window.matchMedia("(min-width: 60rem)");
	const filters = document.querySelector(".filters");
	if (filters && wide.matches && !CSS.supports("selector(::details-content)")) filters.open = true;
})();
