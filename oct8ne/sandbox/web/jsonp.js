// Calls of the adapter, as oct8ne's widget makes them: scripts with a callback.

const PATIENCE = 10_000; // milliseconds
const answers = (window.oct8nePanel = {});
let asked = 0;

// ask calls a method of the adapter. It fails with the message "timeout" or
// "unreachable", and writes that down.
function ask(method, parameters = {}) {
	const name = "answer" + ++asked;
	const url = new URL(adapterBase + "/oct8ne/frame/" + method);
	for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
	if (shop.locale) url.searchParams.set("locale", shop.locale);
	if (shop.currencyCode) url.searchParams.set("currency", shop.currencyCode);
	url.searchParams.set("callback", "oct8nePanel." + name);

	return new Promise((resolve, reject) => {
		const script = document.createElement("script");
		const end = () => {
			clearTimeout(timer);
			script.remove();
			answers[name] = () => delete answers[name]; // an answer that comes too late
		};
		const fail = (why) => {
			end();
			writeDown("error", method, say("failed", { method, why: say(why) }));
			reject(new Error(why));
		};
		const timer = setTimeout(fail, PATIENCE, "timeout");
		answers[name] = (answer) => {
			end();
			delete answers[name];
			resolve(answer);
		};
		script.addEventListener("error", () => fail("unreachable"));
		script.addEventListener("load", () => answers[name] && script.isConnected && fail("unreachable")); // not the callback
		script.async = true;
		script.src = url.href;
		document.head.append(script);
	});
}
