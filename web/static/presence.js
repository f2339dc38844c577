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
  // htmx reads the page later than this script runs: without this, the first beat would be lost.
  htmx.process(place);
  beat();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
  window.addEventListener("online", beat);
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.target !== place) return;
    const offered = place.querySelector("[data-title]");
    document.title = offered ? `◎ ${offered.dataset.title}` : plainTitle;
  });
})();
