"use strict";
// The page is redrawn whenever something happens; sections that the reader has unfolded stay unfolded.
const unfolded = new Set();
document.addEventListener("toggle", ({ target }) => {
  if (target.id) unfolded[target.open ? "add" : "delete"](target.id);
}, true);
document.addEventListener("htmx:after:swap", () => {
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
});
