"use strict";
// A diagnostic's link puts the cursor on its line in the editor; without this script, it leads to the numbered text.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a[data-line]");
  const editor = document.getElementById("text");
  if (!link || !(editor instanceof HTMLTextAreaElement) || editor.hidden) return;
  event.preventDefault();
  const lines = editor.value.split("\n");
  const line = Math.min(Number(link.dataset.line), lines.length);
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(start, start + lines[line - 1].length);
  editor.scrollTop = Math.max(0, (line - 4) * 22);
});
