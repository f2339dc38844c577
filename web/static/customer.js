// An enhancement only: without it, times are in the organisation's time zone, with a link to change it.
const guessed = document.querySelector("[data-guessed-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (guessed && own && own !== guessed.dataset.guessedZone && !document.querySelector("[role=alert]")) {
  const here = new URL(location.href);
  here.searchParams.set("zone", own);
  location.replace(here);
}

// The zone was given with the ticket, or is the one in which the call was booked; it may not be the device's.
const given = document.querySelector("[data-given-zone]");
const clocks = (zone) => {
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
  return [...document.querySelectorAll("[name=start]")].map((start) => format.format(new Date(start.value))).join();
};
if (given && own && clocks(own) !== clocks(given.dataset.givenZone)) {
  const offer = given.querySelector("a");
  offer.href += encodeURIComponent(own);
  offer.textContent = offer.textContent.replace("{}", own.split("/").pop().replaceAll("_", " "));
  given.hidden = false;
}

const button = document.querySelector("button[data-verb]");
const name = () => {
  const chosen = document.querySelector("[name=start]:checked");
  if (chosen) button.textContent = `${button.dataset.verb} ${chosen.getAttribute("aria-label")}`;
};
if (button) {
  document.addEventListener("change", name);
  name();
}

// Whoever is choosing a time is only told if there is nothing to choose any more.
const choosing = document.querySelector("[data-stream]");
if (choosing) {
  const stream = new EventSource(choosing.dataset.stream);
  for (const told of ["message", "moved"]) stream.addEventListener(told, () => location.reload());
  // What they have just booked themselves is shown by the answer to their form.
  for (const leaving of ["submit", "pagehide"]) addEventListener(leaving, () => stream.close());
}
