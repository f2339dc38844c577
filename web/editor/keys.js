// What the keyboard does beyond the usual: the next message, its fix, and a Tab that never traps.
import { forEachDiagnostic } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { applyFix, movedBy } from "./messages.js";

const placed = (state) => {
  const found = [];
  forEachDiagnostic(state, (diagnostic, from, to) => found.push({ diagnostic, from, to }));
  return found.sort((one, other) => one.from - other.from);
};

/** Goes to the next message (or the one before) and reads it out. */
const go = (step) => (view) => {
  const found = placed(view.state);
  if (!found.length) {
    view.dispatch({ effects: EditorView.announce.of("No messages") });
    return true;
  }
  const { from: here } = view.state.selection.main;
  const ordered = step > 0 ? found : [...found].reverse();
  const next = ordered.find(({ from }) => (step > 0 ? from > here : from < here)) ?? ordered[0];
  const { number } = view.state.doc.lineAt(next.from);
  view.dispatch({
    selection: { anchor: next.from, head: next.to },
    effects: [
      EditorView.scrollIntoView(next.from, { y: "center" }),
      EditorView.announce.of(`Line ${number}, ${next.diagnostic.message}. ${next.diagnostic.told.helps.join(". ")}`),
    ],
  });
  return true;
};

/** Puts the first fix of the message at the cursor into the text; else of the first on its line. */
const fixHere = (view) => {
  const { head } = view.state.selection.main;
  const line = view.state.doc.lineAt(head);
  const near = placed(view.state).filter(({ diagnostic, from }) => diagnostic.fixes.length && from >= line.from && from <= line.to);
  const chosen = near.find(({ from, to }) => from <= head && head <= to) ?? near[0];
  if (chosen) return applyFix(view, chosen.diagnostic.fixes[0], movedBy(view.state, chosen.diagnostic));
  view.dispatch({ effects: EditorView.announce.of("Nothing to fix on this line") });
  return true;
};

export const keys = (format) => [
  { key: "F8", run: go(1), shift: go(-1) },
  { key: "Mod-.", run: fixHere },
  { key: "Shift-Alt-f", run: () => (format(), true) },
];
