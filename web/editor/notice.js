// The line above the editor about a draft that was restored automatically or can be restored.
import { Drafts } from "./drafts.js";

const time = (at) => new Date(at).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });

function line(text, label, act) {
  const place = document.getElementById("draft");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "quiet", textContent: label });
  const said = document.createElement("p");
  said.textContent = text;
  button.addEventListener("click", () => {
    act();
    place.hidden = true;
  });
  place.replaceChildren(said, button);
  place.hidden = false;
}

/** `put` replaces the whole text. Text returned by a failed post is newer than any draft. */
export function bringBack(drafts, textarea, put) {
  const { own, other, served } = drafts;
  if (textarea.dataset.fresh !== "yes") return;
  const standing = textarea.dataset.base ? `version ${textarea.dataset.base}` : "an empty page";
  if (own) {
    put(own.text);
    line(`Your draft from ${time(own.at)} has been restored. Nobody else sees it until you publish.`, `Start over from ${standing}`, () => {
      put(served);
      drafts.drop();
    });
  } else if (other) {
    const begun = other.base ? `on version ${other.base}; since then, ${standing} has been published` : "before any version was published";
    line(`You have a draft from ${time(other.at)}, begun ${begun}.`, "Restore it", () => {
      put(other.text);
      Drafts.drop(other.key);
    });
  }
}
