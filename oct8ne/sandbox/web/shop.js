// What the shop's snippet says, as properties of the element that loads this script.

const shop = window.oct8ne;
const own = document.currentScript.src; // every other file of oct8ne's is found from here
const adapterBase = new URL(shop.baseUrl || "/", location.href).href.replace(/\/+$/, "");
const language = /^pl\b/i.test(shop.locale || "") ? "pl" : "en";
const numbers = new Intl.NumberFormat(language);
const plural = new Intl.PluralRules(language);

// say returns a text in the page's language with its {values} filled in; one that
// depends on a number takes it as n.
function say(key, values = {}) {
	let text = WORDS[language][key];
	if (typeof text === "object") text = text[plural.select(values.n)] || text.other;
	return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// webAddress returns an http(s) address as it is, and "" for anything else.
function webAddress(address) {
	try {
		const url = new URL(address, location.href);
		return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
	} catch {
		return "";
	}
}
