// A customer's page that changes by itself: says in title, icon, sound and touch that it is time, and asks for the page
// while its stream is away.
(() => {
  const ASK_EVERY = 10_000;
  const is = (said) => document.getElementById("main").hasAttribute(said);
  const isCalled = () => is("data-called");
  const stream = document.getElementById("stream");
  const button = document.getElementById("ring");
  const icon = document.querySelector("link[rel=icon]");
  const usual = icon.href;
  let called = isCalled();
  let audio = null;

  // Browsers play sounds only after a touch, so the customer asks for it, and hears at once how it sounds.
  function ring() {
    navigator.vibrate?.([200, 100, 200]);
    if (!audio) return;
    for (const after of [0, 0.3, 0.6]) {
      const tone = audio.createOscillator(), level = audio.createGain(), at = audio.currentTime + after;
      tone.frequency.value = 660;
      level.gain.setValueAtTime(0.2, at);
      level.gain.exponentialRampToValueAtTime(0.001, at + 0.25);
      tone.connect(level).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.25);
    }
  }

  function show() {
    if (!button) return;
    button.hidden = !is("data-to-come");
    icon.href = called ? button.dataset.now : usual;
  }

  if (button) {
    button.addEventListener("click", () => {
      audio = audio ? null : new AudioContext();
      button.textContent = audio ? "It will ring when it is time" : "Ring when it is time";
      button.setAttribute("aria-pressed", String(Boolean(audio)));
      ring();
    });
  }
  // What had the focus may be gone from the page, such as “Move” once the call is near: then the next step gets it.
  let focused = null;
  document.addEventListener("focusin", ({ target }) => { focused = target; });
  const handOn = (looks = 20) => {
    const line = document.getElementById("live");
    if (!focused || focused.isConnected || ![document.body, line].includes(document.activeElement)) return;
    // The script of the call shows its buttons a moment later, instead of the link.
    const button = document.getElementById("call") ? "#call:not([hidden]) [data-do=join]:not([hidden])" : "#join";
    const next = document.querySelector(button);
    if (next) next.focus();
    else if (looks) setTimeout(handOn, 250, looks - 1);
    else line?.focus();
  };
  document.addEventListener("htmx:after:swap", () => {
    handOn();
    const was = called;
    called = isCalled();
    show();
    if (called && !was) ring();
  });
  show();

  // A newer link that Muster has issued.
  stream.addEventListener("moved", ({ detail }) => location.replace(detail.data));

  let open = false, opened = false;
  const becomes = (now) => () => { open = now; opened ||= now; };
  stream.addEventListener("htmx:sse:after:connection", becomes(true));
  for (const end of ["htmx:sse:error", "htmx:sse:close", "htmx:error"]) stream.addEventListener(end, becomes(false));
  setInterval(() => {
    if (open) return;
    htmx.trigger("#asked", "ask");
    // Once it has been open, the stream reconnects by itself.
    if (!opened) htmx.process(stream, true);
  }, ASK_EVERY);
})();
