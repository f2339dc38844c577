// Extra keys: the next diagnostic, its fix, formatting.
import { forEachDiagnostic } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { applyFix, movedBy } from "./messages.js";

const placed = (state) => {
  const found = [];
  forEachDiagnostic(state, (diagnostic, from, to) => found.push({ diagnostic, from, to }));
  return found.sort((one, other) => one.from - other.from);
};

/** Goes to the next (or previous) diagnostic and announces it. */
const go = (step) => (view) => {
  const found = placed(view.state);
  if (!found.length) {
    view.dispatch({ effects: EditorView.announce.of("No errors or warnings") });
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

/** Applies the first fix for the diagnostic at the cursor, or otherwise for the first fixable one on its line. */
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
