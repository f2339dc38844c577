// The call in a small window that stays on top, beside whatever the agent works with.

/**
 * Move the call to a small window, or back. Browsers without such windows open the page in a popup, which takes the
 * call over.
 * @param {HTMLElement} root @param {() => void} moved
 */
export async function openSmall(root, moved) {
  const pip = /** @type {{documentPictureInPicture?: any}} */ (window).documentPictureInPicture;
  if (!pip) {
    window.open(location.href, "call", "popup,width=420,height=640");
    return;
  }
  if (pip.window) {
    pip.window.close();
    return;
  }
  const small = await pip.requestWindow({ width: 420, height: 560 });
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) small.document.head.append(sheet.cloneNode());
  small.document.title = document.title;
  small.document.body.className = `${document.body.className} small-call`;
  const place = document.createElement("p");
  place.textContent = "The call is in its small window.";
  root.before(place);
  small.document.body.append(root);
  moved();
  small.addEventListener("pagehide", () => {
    place.replaceWith(root);
    moved();
  });
}
