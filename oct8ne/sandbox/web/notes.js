// What another system tells the agent of the visitor: a seller's platform, on which
// the customer has logged in, or opened a cart or an offer.

// takeNote shows a note and remembers it, with the newest of the others.
function takeNote(note) {
	const text = noteText(note);
	writeDown("note", note.what, text, note.source);
	remember({ notes: [note, ...memory.notes].slice(0, MOST_NOTES) });
	showCustomer();
	tell(text);
}

// noteText says what a note tells, in the panel's language.
function noteText({ source, what, text }) {
	const known = WORDS.en["note." + what] ? what : "other";
	return source + ": " + say("note." + known, { text: text || "" }).trim();
}

// notesCard is the newest notes, above what the shop knows.
function notesCard() {
	if (memory.notes.length === 0) return null;
	const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
	return make("section", { className: "card notes", hook: "notes" }, heading("bell", say("notes")),
		make("ul", { className: "notes" }, ...memory.notes.map((note) => make("li", { hook: "external-note", "data-what": note.what },
			make("p", { className: "told" }, make("span", {}, noteText(note)), make("time", { className: "small", dateTime: note.at }, time.format(new Date(note.at)))),
			note.lines.length > 0 && make("ul", { className: "inside" }, ...note.lines.map((line) => make("li", {}, line)))))));
}
