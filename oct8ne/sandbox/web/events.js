// What oct8ne's servers tell the panel: that something of the visitor's changed.

let listening = null;

// listen waits for news of a visitor until stopListening. It asks again and again,
// since one answer may take no longer than the server allows.
async function listen(visitor) {
	stopListening();
	const control = (listening = new AbortController());
	let pause = 0, answered = false;
	while (!control.signal.aborted) {
		try {
			const url = new URL("/_oct8ne/events", own);
			url.searchParams.set("visitor", visitor);
			if (memory.after !== null) url.searchParams.set("after", memory.after);
			if (!answered) url.searchParams.set("wait", "0"); // whether anybody is there is to be known at once
			const response = await fetch(url, { signal: control.signal, cache: "no-store", credentials: "omit" });
			if (!response.ok) throw new Error("status " + response.status);
			const answer = await response.json();
			if (visitorCookie() !== visitor) return void endChat(); // it ended in another tab of the browser
			remember({ after: answer.after });
			connected(true);
			[pause, answered] = [0, true];
			for (const { what } of answer.updates) writeDown("update", what, say("update." + what), "oct8ne");
			for (const note of answer.notes) takeNote(note);
			const news = new Set(answer.updates.map(({ what }) => what));
			if (news.size > 0) updated(news.size === 1 ? [...news][0] : undefined);
		} catch {
			if (control.signal.aborted) return;
			connected(false);
			answered = false;
			pause = Math.min(Math.max(1000, pause * 2), 15_000);
			await new Promise((resolve) => {
				const timer = setTimeout(resolve, pause);
				control.signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); });
			});
		}
	}
}

function stopListening() {
	listening?.abort();
	listening = null;
}

function connected(yes) {
	connection.className = yes ? "connection live" : "connection lost";
	connection.textContent = say(yes ? "live" : "lost");
}

// updated shows what has changed, and says so once it is to be seen.
async function updated(what) {
	if (await refresh()) tell(say(what ? "update." + what : "update"));
}
