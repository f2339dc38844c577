// The page's own colours, light and dark, all from its custom properties.
import { EditorView } from "@codemirror/view";

const mono = 'ui-monospace, "SF Mono", Menlo, Consolas, monospace';
const said = (ink, ground) => ({ color: `var(--${ink})`, backgroundColor: `var(--${ground})` });

export const theme = EditorView.theme({
  "&": { backgroundColor: "var(--sheet)", color: "var(--ink)", height: "max(24rem, 66vh)", fontSize: "14px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: mono, lineHeight: "22px" },
  ".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--sheet)", color: "var(--soft)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.6em", padding: "0 4px" },
  ".cm-gutter-lint": { width: "1.2em" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--tint) 45%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--tint)", color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 24%, var(--sheet))",
  },
  ".cm-selectionMatch, .cm-matchingBracket": { backgroundColor: "var(--tint)" },
  ".cm-searchMatch": { backgroundColor: "var(--warm-tint)", outline: "1px solid var(--warm)" },
  ".cm-searchMatch-selected": { backgroundColor: "color-mix(in srgb, var(--warm) 30%, var(--sheet))" },
  ".cm-lintRange-error, .cm-lintRange-warning": {
    backgroundImage: "none", padding: "0", textDecoration: "underline wavy 1px", textUnderlineOffset: "3px",
  },
  ".cm-lintRange-error": { textDecorationColor: "var(--red)" },
  ".cm-lintRange-warning": { textDecorationColor: "var(--warm)" },
  ".cm-lint-marker": { width: "1em", height: "22px", fontSize: "12px" },
  ".cm-lint-marker-error": { content: "normal", color: "var(--red)" },
  ".cm-lint-marker-error::before": { content: '"▲"' },
  ".cm-lint-marker-warning": { content: "normal", color: "var(--warm)" },
  ".cm-lint-marker-warning::before": { content: '"△"' },
  ".cm-said": { fontFamily: "system-ui, sans-serif", lineHeight: "1.45", padding: "2px 8px 6px 2.2em" },
  ".cm-said > div": { padding: "4px 10px", borderRadius: "6px", margin: "2px 0", whiteSpace: "normal" },
  ".cm-said-error": said("ink", "red-tint"),
  ".cm-said-warning": said("ink", "warm-tint"),
  ".cm-said a": { fontWeight: "600" },
  ".cm-panels": { backgroundColor: "var(--paper)", color: "var(--ink)", borderColor: "var(--edge)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--edge)" },
  ".cm-panel.cm-search": { fontSize: "14px", padding: "8px 36px 8px 8px", fontFamily: "system-ui, sans-serif" },
  ".cm-panel.cm-search input.cm-textfield": {
    width: "min(100%, 20em)", height: "36px", minHeight: "36px", margin: "2px 6px 2px 0", padding: "4px 8px",
    fontSize: "14px", border: "1px solid var(--soft)", ...said("ink", "sheet"),
  },
  ".cm-panel.cm-search label": {
    display: "inline-flex", alignItems: "center", minHeight: "32px", margin: "0 10px 0 2px", fontSize: "14px",
  },
  ".cm-button": {
    backgroundImage: "none", minHeight: "36px", margin: "2px 4px 2px 0", padding: "2px 10px", borderRadius: "6px",
    fontSize: "14px", border: "1px solid var(--edge)", ...said("accent", "sheet"),
  },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink)", width: "32px", minHeight: "32px", fontSize: "20px", padding: "0" },
  ".cm-tooltip": { ...said("ink", "sheet"), border: "1px solid var(--edge)", borderRadius: "8px", boxShadow: "0 8px 30px rgb(0 0 0 / .18)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: mono, maxHeight: "16em", maxWidth: "min(560px, 92vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 10px", lineHeight: "20px", maxWidth: "none", margin: "0", listStyle: "none" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": said("on-accent", "accent"),
  ".cm-completionDetail": { color: "var(--soft)", fontStyle: "normal", fontFamily: "system-ui, sans-serif", marginLeft: "12px" },
  "li[aria-selected] .cm-completionDetail": { color: "var(--on-accent)" },
  ".cm-tooltip.cm-completionInfo": {
    fontFamily: "system-ui, sans-serif", fontSize: "14px", lineHeight: "1.45", padding: "8px 12px", whiteSpace: "normal",
    maxWidth: "min(22rem, 80vw)",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".tok-heading": { fontWeight: "700", color: "var(--accent)" },
  ".tok-keyword": { color: "var(--accent)" },
  ".tok-string": { color: "var(--name)" },
  ".tok-string.tok-heading": { color: "var(--name)" },
  ".tok-atom, .tok-number": { color: "var(--value)" },
  ".tok-comment": { color: "var(--soft)", fontStyle: "italic" },
  ".tok-invalid": { color: "var(--red)" },
});
