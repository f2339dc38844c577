// The desk: sends heartbeats, fetches changes, counts down an offer, and rings.
(() => {
  const byId = (id) => document.getElementById(id);

  // A live page may replace the button at any time.
  const offerCopying = () => {
    for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async ({ target }) => {
    if (!target.matches("[data-copy]")) return;
    const field = byId(target.dataset.copy);
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    target.textContent = "Copied";
  });
  document.addEventListener("htmx:after:swap", offerCopying);
  offerCopying();

  const desk = byId("desk");
  if (!desk) return;
  const plainTitle = document.title;
  const wake = () => htmx.trigger("#desk-wake", "wake");
  const beat = () => (byId("desk-beat") ? htmx.trigger("#desk-beat", "beat") : wake());

  // Answers with an error carry a message for the desk; it is swapped in by its id, as all of the desk is.
  const broken = (is) => { byId("desk-broken").hidden = !is; };
  document.addEventListener("htmx:error", ({ detail }) => { if (detail.ctx?.text === undefined) broken(true); });
  document.addEventListener("htmx:after:request", ({ detail }) => broken(detail.ctx.response.status >= 500));

  // Accepting removes the pressed button, so focus moves to the next one. The stream may deliver the call
  // before the response does, so whichever swap shows it first moves the focus.
  let accepting = false;
  desk.addEventListener("htmx:before:request", ({ detail }) => {
    if (detail.ctx.request.action.endsWith("/accept")) accepting = true;
  });
  const handOn = () => {
    const next = accepting && desk.querySelector("#offer-answers [role=button], #desk-calls [role=button]");
    if (!next) return;
    accepting = false;
    next.focus();
  };
  document.addEventListener("htmx:after:swap", handOn);

  const every = Number(desk.dataset.beatEvery);
  try {
    const clock = new Worker(desk.dataset.beat);
    clock.onmessage = beat;
    clock.postMessage(every);
  } catch {
    setInterval(beat, every);
  }
  // htmx reads the page later than this script runs: without this, the first beat would be lost.
  htmx.process(desk);
  beat();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
  window.addEventListener("online", beat);
  // The stream only says when to fetch. It begins with a wake-up, including after each reconnection.
  const stream = new EventSource(desk.dataset.stream);
  // Hundreds of desks may be woken in the same second, so the server says how long this one waits before fetching.
  let turn = 0;
  stream.addEventListener("wake", (event) => {
    turn ||= setTimeout(() => {
      turn = 0;
      wake();
    }, Number(event.data) || 0);
  });
  // After a round, the event itself contains the new offer, so nothing needs to be fetched.
  stream.addEventListener("offer", ({ data }) => {
    htmx.swap({ sourceElement: desk, target: byId("desk-offer"), text: data, swap: "outerHTML" });
  });

  // A rest or a wrap-up ends by the clock alone: no event says so, so the page asks when the server told it to.
  let timed = null, redraw = 0;
  const schedule = () => {
    const presence = byId("desk-presence");
    if (!presence || presence === timed) return;
    timed = presence;
    clearTimeout(redraw);
    const left = 1000 * Number(presence.dataset.redrawIn);
    if (left > 0 && left < 2 ** 31) {
      redraw = setTimeout(() => {
        const stale = desk.querySelector("[data-offer]") ? ["presence"] : ["presence", "offer"];
        for (const name of stale) desk.querySelector(`[name="seen.${name}"]`).value = "";
        wake();
      }, left + 500);
    }
  };
  document.addEventListener("htmx:after:swap", schedule);
  schedule();

  // The offer. The server says how many seconds are left; this machine's wall clock is never used.
  let ringing = "", ends = 0;
  const words = (left) => `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const tick = () => {
    const offer = desk.querySelector("[data-offer]:has(.countdown)");
    if (!offer) {
      if (ringing) document.title = plainTitle;
      ringing = "";
      return;
    }
    if (offer.dataset.offer !== ringing) {
      ringing = offer.dataset.offer;
      ends = performance.now() + 1000 * Number(offer.dataset.remaining);
      byId("desk-said").textContent = offer.dataset.say;
      ring();
    }
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    offer.querySelector(".countdown").textContent = words(left);
    document.title = `◎ ${words(left)} ${offer.dataset.title}`;
    if (left === 0 && !offer.dataset.over) {
      offer.dataset.over = "yes";
      setTimeout(wake, 300);
    }
  };
  setInterval(tick, 250);
  document.addEventListener("htmx:after:swap", tick);

  // Sound is off until switched on; the choice is remembered.
  const sound = byId("sound");
  let audio = null;
  const wanted = () => localStorage.getItem("sound") === "on";
  const show = () => {
    sound.textContent = wanted() ? "Sound on" : "Sound off";
    sound.setAttribute("aria-pressed", String(wanted()));
  };
  function ring() {
    if (!wanted()) return;
    audio = audio || new AudioContext();
    [0, 0.25].forEach((after) => {
      const tone = audio.createOscillator(), level = audio.createGain(), at = audio.currentTime + after;
      tone.frequency.value = 660;
      level.gain.setValueAtTime(0.15, at);
      level.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      tone.connect(level).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.2);
    });
  }
  if (sound) {
    sound.hidden = false;
    sound.addEventListener("click", () => {
      localStorage.setItem("sound", wanted() ? "off" : "on");
      show();
      ring();
    });
    show();
  }
  tick();
})();
