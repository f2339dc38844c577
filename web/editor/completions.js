// Completions at the cursor, from the language and the organisation's own directory.
import { autocompletion, pickedCompletion } from "@codemirror/autocomplete";
import { ask } from "./asking.js";
import { charactersBefore, offsetsIn } from "./places.js";

const source = (form) => async (context) => {
  const { doc } = context.state;
  const line = doc.lineAt(context.pos);
  if (!context.explicit && !line.text.slice(0, context.pos - line.from).trim()) return null;
  const stopped = new AbortController();
  context.addEventListener("abort", () => stopped.abort(), { onDocChange: true });
  const offset = String(charactersBefore(doc, context.pos));
  try {
    const { options } = await ask(form, "/rules/complete", { text: doc.toString(), offset }, stopped.signal);
    if (!options.length || context.aborted) return null;
    const placed = offsetsIn(doc);
    const from = Math.min(context.pos, ...options.map(({ start }) => placed(start)));
    // Each option carries its own range and the server has chosen them, so nothing is filtered here.
    return { from, options: options.map((option) => offered(option, placed)), filter: false };
  } catch {
    return null; // Typing continues without completions; the next keystroke asks again.
  }
};

const offered = ({ label, insert, detail, info, start, end }, placed) => ({
  label,
  detail,
  info: info || undefined,
  apply(view, completion, from, to) {
    const stretch = { from: placed(start), to: Math.max(placed(end), to) };
    view.dispatch({
      changes: { ...stretch, insert },
      selection: { anchor: stretch.from + insert.length },
      annotations: pickedCompletion.of(completion),
      userEvent: "input.complete",
    });
  },
});

export const completions = (form) =>
  autocompletion({ override: [source(form)], activateOnTypingDelay: 150, icons: false, maxRenderedOptions: 60 });
