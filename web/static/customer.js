// An enhancement only: without it, times are in the organisation's time zone, with a link to change it.
const guessed = document.querySelector("[data-guessed-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (guessed && own && own !== guessed.dataset.guessedZone && !document.querySelector("[role=alert]")) {
  const here = new URL(location.href);
  here.searchParams.set("zone", own);
  location.replace(here);
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
