// Diagnostics below the lines they concern, taken from the list that the server rendered, so that the two agree.
import { forEachDiagnostic, linter, lintGutter, setDiagnostics, setDiagnosticsEffect } from "@codemirror/lint";
import { StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";
import { offsetsIn, stretch } from "./places.js";

/** The diagnostics in the server's list, as positions in this document. */
export const listed = (doc, list) => {
  const offset = offsetsIn(doc);
  return [...list.querySelectorAll("[data-message]")]
    .map((item) => JSON.parse(item.dataset.message))
    .filter((message) => message.line > 0 && message.line <= doc.lines)
    .map((message) => ({
      ...stretch(doc, message),
      severity: message.severity,
      source: message.code,
      message: `${message.severity} ${message.code}: ${message.text}`,
      told: message,
      key: JSON.stringify(message),
      fixes: message.fixes.map((fix) => fixIn(doc, offset, fix)),
    }))
    .sort((one, other) => one.from - other.from);
};

function fixIn(doc, offset, { title, start, end, replacement }) {
  const [from, to] = [offset(start), offset(end)];
  return { title, from, to, insert: replacement, replaced: doc.sliceString(from, to) };
}

/** Applies a fix, unless the text it would replace has changed since. */
export function applyFix(view, fix, moved) {
  const [from, to] = [fix.from + moved, fix.to + moved];
  const { doc } = view.state;
  if (from < 0 || to > doc.length || doc.sliceString(from, to) !== fix.replaced) return false;
  view.dispatch({ changes: { from, to, insert: fix.insert }, userEvent: "input.fix", scrollIntoView: true });
  view.dispatch({ effects: EditorView.announce.of(`Changed: ${fix.title}`) });
  view.focus();
  return true;
}

class Said extends WidgetType {
  constructor(diagnostics) {
    super();
    this.diagnostics = diagnostics;
    this.key = diagnostics.map(({ key }) => key).join();
  }

  eq(other) {
    return other.key === this.key;
  }

  get estimatedHeight() {
    return 30 * this.diagnostics.length;
  }

  toDOM(view) {
    const box = document.createElement("div");
    box.className = "cm-said";
    for (const diagnostic of this.diagnostics) box.append(drawn(view, diagnostic));
    return box;
  }

  ignoreEvent() {
    return true;
  }
}

const label = ({ insert, title }) => (insert.trim() === title ? `Write ${title}` : title[0].toUpperCase() + title.slice(1));

const buttons = (view, diagnostic) =>
  diagnostic.fixes.flatMap((fix) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "fix", textContent: label(fix) });
    button.addEventListener("click", () => applyFix(view, fix, movedBy(view.state, diagnostic)));
    return [" ", button];
  });

function drawn(view, diagnostic) {
  const { told, severity, fixes } = diagnostic;
  const line = document.createElement("div");
  line.className = `cm-said-${severity}`;
  const code = document.createElement("a");
  Object.assign(code, { href: `/rules/messages/${told.code}`, target: "_blank", textContent: told.code });
  code.setAttribute("aria-label", `${severity} ${told.code}: explained in a new tab`);
  line.append(severity === "error" ? "▲ " : "△ ", code, ` ${told.text}`);
  line.append(...buttons(view, diagnostic));
  if (!fixes.length && told.helps.length) {
    const help = document.createElement("div");
    help.textContent = `→ ${told.helps[0]}`;
    line.append(help);
  }
  return line;
}

/** How far edits above a diagnostic have moved it since it was created. */
export function movedBy(state, wanted) {
  let moved = 0;
  forEachDiagnostic(state, (diagnostic, from) => {
    if (diagnostic.key === wanted.key) moved = from - wanted.from;
  });
  return moved;
}

/** One box per line, below the line where its diagnostics begin. */
function under(doc, diagnostics) {
  const lines = new Map();
  for (const { diagnostic, from } of diagnostics) {
    const { to } = doc.lineAt(from);
    lines.set(to, [...(lines.get(to) ?? []), diagnostic]);
  }
  const ends = [...lines.keys()].sort((one, other) => one - other);
  const boxes = ends.map((end) => Decoration.widget({ widget: new Said(lines.get(end)), block: true, side: 1 }).range(end));
  return { diagnostics, boxes: Decoration.set(boxes) };
}

const underLines = StateField.define({
  create: (state) => under(state.doc, []),
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setDiagnosticsEffect)) {
        return under(transaction.newDoc, effect.value.map((diagnostic) => ({ diagnostic, from: diagnostic.from })));
      }
    }
    if (!transaction.docChanged) return value;
    const moved = ({ diagnostic, from }) => ({ diagnostic, from: transaction.changes.mapPos(from, 1) });
    return under(transaction.newDoc, value.diagnostics.map(moved));
  },
  provide: (field) => EditorView.decorations.from(field, ({ boxes }) => boxes),
});

/** Draws the listed diagnostics into the text, and their fixes into the list, where the Tab key reaches them. */
export function show(view, list) {
  const diagnostics = listed(view.state.doc, list);
  view.dispatch(setDiagnostics(view.state, diagnostics));
  for (const item of list.querySelectorAll("[data-message]")) {
    const found = diagnostics.find(({ key }) => key === JSON.stringify(JSON.parse(item.dataset.message)));
    if (found && !item.querySelector(".fix")) item.firstElementChild.append(...buttons(view, found));
  }
}

const nothing = { tooltipFilter: () => [] };
export const messages = [underLines, linter(null, nothing), lintGutter(nothing)];
