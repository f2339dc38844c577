// A staff page other than the desk: keeps its agent present, and says in the title too that a call is offered.
(() => {
  const place = document.getElementById("elsewhere");
  if (!place) return;
  const plainTitle = document.title;
  const beat = () => htmx.trigger(place, "beat");
  const every = Number(place.dataset.beatEvery);
  try {
    const clock = new Worker(place.dataset.beat);
    clock.onmessage = beat;
    clock.postMessage(every);
  } catch {
    setInterval(beat, every);
  }
  // htmx reads the page only once it is complete, after this script: an earlier beat would be lost.
  document.addEventListener("DOMContentLoaded", beat);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
  window.addEventListener("online", beat);
  place.addEventListener("htmx:afterSwap", () => {
    const offered = place.querySelector("[data-title]");
    document.title = offered ? `◎ ${offered.dataset.title}` : plainTitle;
  });
})();
