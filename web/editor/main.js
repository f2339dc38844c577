// The rules editor: CodeMirror on top of the page's own text field, whose content the form still submits.
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { indentUnit } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers,
} from "@codemirror/view";
import { ask } from "./asking.js";
import { completions } from "./completions.js";
import { Drafts } from "./drafts.js";
import { keys } from "./keys.js";
import { language } from "./language.js";
import { messages, show } from "./messages.js";
import { bringBack } from "./notice.js";
import { theme } from "./theme.js";

const nonce = document.currentScript.nonce;
const textarea = document.getElementById("text");
const list = document.getElementById("messages");
const form = textarea.form;
const drafts = new Drafts(textarea);

/** Copies each change to the text field, so that checking, submitting and drafts share one source. */
function typed(text) {
  textarea.value = text;
  textarea.dispatchEvent(new Event("input", { bubbles: true }));
}

function makeView() {
  const extensions = [
    EditorView.cspNonce.of(nonce),
    EditorView.contentAttributes.of({
      "aria-label": textarea.labels[0].textContent, "aria-describedby": "editor-keys", "aria-multiline": "true", tabindex: "0",
    }),
    lineNumbers(), highlightActiveLine(), highlightActiveLineGutter(), drawSelection(), history(), closeBrackets(),
    EditorView.lineWrapping, indentUnit.of("  "), EditorState.tabSize.of(2),
    search({ top: true }), highlightSelectionMatches(),
    language(), messages, completions(form), theme,
    keymap.of([
      ...keys(format), ...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap,
      ...defaultKeymap, indentWithTab,
    ]),
    EditorView.updateListener.of((update) => update.docChanged && typed(update.state.doc.toString())),
  ];
  return new EditorView({ state: EditorState.create({ doc: textarea.value, extensions }), parent: textarea.parentElement });
}

async function format() {
  const { doc } = view.state;
  try {
    const { text, wrong } = await ask(form, "/rules/format", { text: doc.toString() });
    if (wrong) return say(wrong);
    if (view.state.doc === doc) replace(text);
    say("Tidied up.");
  } catch {
    say("The server did not respond; nothing was changed.");
  }
}

/** Replaces only what differs, so that the cursor and the undo history stay valid. */
function replace(text) {
  const old = view.state.doc.toString();
  let start = 0;
  while (start < old.length && old[start] === text[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, text.length) - start && old.at(-1 - end) === text.at(-1 - end)) end++;
  if (start === old.length && start === text.length) return;
  const line = view.state.doc.lineAt(view.state.selection.main.head).number;
  view.dispatch({ changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) } });
  const { from: anchor } = view.state.doc.line(Math.min(line, view.state.doc.lines));
  view.dispatch({ selection: { anchor }, scrollIntoView: true });
}

function say(text) {
  document.getElementById("editor-said").textContent = text;
}

/** Announces a summary of what changed beside the text, so that screen readers don't read all of it at each pause. */
function hear(text = "") {
  const heard = document.getElementById("heard");
  if (heard.textContent !== text) heard.textContent = text;
}

const view = makeView();
textarea.hidden = true;
textarea.labels[0].addEventListener("click", () => view.focus());
form.classList.add("with-editor");
for (const part of document.querySelectorAll("[data-editor-only]")) part.hidden = false;
show(view, list);

let asked = view.state.doc;
form.addEventListener("htmx:config:request", ({ detail }) => {
  if (detail.ctx.request.action === "/rules/check") asked = view.state.doc;
});
const tried = document.getElementById("tried");
let unfolded = [];
const partsOf = () => [...tried.querySelectorAll("details")];
document.addEventListener("htmx:before:swap", () => (unfolded = partsOf().map((part) => part.open)));
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  partsOf().forEach((part, place) => (part.open ||= Boolean(unfolded[place])));
  if (ctx.swap === "none") return;
  if (ctx.target === list) {
    hear(list.querySelector(".state")?.textContent);
    if (view.state.doc === asked) show(view, list);
  } else if (ctx.request?.action === "/rules/try") {
    hear(tried.querySelector("[data-gist]")?.textContent);
  }
});
textarea.addEventListener("input", () => drafts.keep(textarea.value));
for (const trouble of ["htmx:error", "htmx:response:error"]) {
  textarea.addEventListener(trouble, () => say("The text could not be checked just now. It is kept in this browser."));
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a[data-line]");
  const button = event.target instanceof Element && event.target.closest("button[data-format]");
  if (!link && !button) return;
  event.preventDefault();
  if (button) return void format();
  const line = view.state.doc.line(Math.min(Number(link.dataset.line), view.state.doc.lines));
  view.dispatch({
    selection: { anchor: line.from, head: line.to },
    effects: EditorView.scrollIntoView(line.from, { y: "center" }),
  });
  view.focus();
});

bringBack(drafts, textarea, (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }));
