// Draws the call. Everything is in the page already (customer/_call.html); this shows, hides and names it.
import { speakThrough } from "./devices.js";

/** @typedef {import("./state.js").CallState} CallState */
/** @typedef {import("./talk.js").Shown} Shown */

/**
 * @typedef {{
 *   state: CallState, line: string, next: string, entered: boolean, canJoin: boolean, ready: boolean, elsewhere: boolean, muted: boolean,
 *   microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStreamTrack | null,
 *   their: Shown, talking: boolean, quality: "good" | "fair" | "poor", checking: boolean,
 * }} Drawing
 */

const MARKS = { connected: "on", connecting: "offered", ready: "offered", reconnecting: "waiting", checking: "offered", lost: "lost", ended: "done" };
const SHARES = Boolean(navigator.mediaDevices && "getDisplayMedia" in navigator.mediaDevices);

export class View {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.unread = 0;
    /** @type {Record<string, MediaStreamTrack | null>} */
    this.shown = {};
    this.plays = new MediaStream();
    root.hidden = false;
    root.ownerDocument.documentElement.dataset.calls = "yes";
  }

  /** @template {HTMLElement} T @param {string} part @returns {T} */
  part(part) {
    const found = this.root.querySelector(`[data-part="${part}"]`);
    if (!found) throw new Error(`the call's page has no ${part}`);
    return /** @type {T} */ (found);
  }

  /** @param {string} part @returns {HTMLVideoElement} */
  video(part) {
    return this.part(part);
  }

  /** @param {string} name @returns {HTMLButtonElement} */
  button(name) {
    const found = this.root.querySelector(`button[data-do="${name}"]`);
    if (!found) throw new Error(`the call's page has no button ${name}`);
    return /** @type {HTMLButtonElement} */ (found);
  }

  /** @param {string} name @param {boolean} is @param {string} [words] */
  show(name, is, words) {
    const button = this.button(name);
    if (!is && button === button.ownerDocument.activeElement) this.root.focus();
    button.hidden = !is;
    if (words && button.textContent !== words) button.textContent = words;
  }

  /** @param {Drawing} drawing */
  draw(drawing) {
    const { root } = this;
    const { state, entered } = drawing;
    root.dataset.call = state;
    root.ownerDocument.documentElement.toggleAttribute("data-in-call", entered && !drawing.elsewhere && state !== "ended");
    this.say(drawing);
    const here = entered && !drawing.elsewhere && state !== "ended";
    this.show("join", drawing.canJoin, drawing.elsewhere ? "Continue here" : drawing.ready ? "Join now" : "I am here");
    this.show("check", !entered && state !== "ended" && !drawing.checking && !drawing.elsewhere);
    this.show("mute", here || drawing.checking, !drawing.microphone || drawing.muted ? "Unmute" : "Mute");
    this.show("camera", here || drawing.checking, drawing.camera ? "Camera off" : "Camera on");
    this.show("share", here && SHARES && state === "connected", drawing.screen ? "Stop sharing" : "Share screen");
    this.show("devices", here);
    this.show("small", here && root.dataset.side === "agent");
    this.show("leave", here);
    if (root.dataset.side === "agent") this.show("end", here);
    for (const [name, pressed] of /** @type {[string, boolean][]} */ ([["mute", !drawing.microphone || drawing.muted], ["share", Boolean(drawing.screen)]])) {
      this.button(name).setAttribute("aria-pressed", String(pressed));
    }
    if (drawing.checking) this.part("settings").hidden = false;
    if (state === "ended") this.part("settings").hidden = true;
    this.part("after").hidden = state !== "ended";
    this.part("talk").hidden = !(here && (drawing.talking || this.part("messages").childElementCount > 0));
    this.button("send").disabled = !drawing.talking;
    this.button("file").disabled = !drawing.talking;
    this.pictures(drawing);
  }

  /** @param {Drawing} drawing */
  say({ state, line, next, quality }) {
    const says = this.part("line");
    const mark = `state ${MARKS[/** @type {keyof typeof MARKS} */ (state)] ?? "waiting"}`;
    if (says.className !== mark) says.className = mark;
    // Changed only if it says something else, so that a screen reader isn't told twice.
    if (says.textContent !== line) says.textContent = line;
    const weak = { good: "", fair: " The connection is a little weak.", poor: " The connection is poor: switching your camera off may help." }[quality];
    const after = next + (state === "connected" ? weak : "");
    if (this.part("next").textContent !== after) this.part("next").textContent = after;
    this.part("status").classList.toggle("lost", state === "lost");
    this.part("status").classList.toggle("warm", state === "reconnecting" || state === "waiting");
  }

  /** @param {Drawing} drawing */
  pictures({ state, camera, screen, their, entered }) {
    const talking = state === "connected" || state === "reconnecting";
    const theirPicture = talking && (their.camera || their.screen);
    this.play("own", camera && (entered || state === "checking") && state !== "ended" ? camera : null);
    this.play("own-screen", talking ? screen : null);
    this.video("remote").classList.toggle("off", !talking || !their.camera);
    this.video("remote-screen").classList.toggle("off", !talking || !their.screen);
    this.part("stage").hidden = !(this.shown.own || theirPicture || talking);
    this.part("stage").classList.toggle("sharing", talking && (their.screen || Boolean(screen)));
    const noPicture = talking && !their.camera && !their.screen && !screen;
    this.part("voice").hidden = !noPicture;
    this.part("their-mute").hidden = !(talking && !their.microphone);
  }

  /** @param {string} part @param {MediaStreamTrack | null} track */
  play(part, track) {
    if ((this.shown[part] ?? null) === track) return;
    this.shown[part] = track;
    const video = this.video(part);
    video.srcObject = track ? new MediaStream([track]) : null;
    video.classList.toggle("off", !track);
    if (track) video.play().catch(() => {});
  }

  /** A track of the other side. @param {"audio" | "camera" | "screen"} line @param {MediaStreamTrack} track */
  receive(line, track) {
    if (line === "screen") {
      this.video("remote-screen").srcObject = new MediaStream([track]);
      this.video("remote-screen").play().catch(() => {});
      return;
    }
    for (const old of this.plays.getTracks()) if (old.kind === track.kind) this.plays.removeTrack(old);
    this.plays.addTrack(track);
    // Not before: a page whose video waits for its first picture counts as still loading.
    this.video("remote").srcObject = this.plays;
    this.sound();
  }

  /** Begin to play; some browsers want a press first. */
  sound() {
    const video = this.video("remote");
    video.play().then(
      () => this.show("sound", false),
      (error) => error?.name === "NotAllowedError" && this.show("sound", true),
    );
  }

  /** @param {string} speaker */
  speak(speaker) {
    speakThrough(this.video("remote"), speaker);
  }

  /** Play on after the page's part has moved to another window. */
  resume() {
    for (const video of this.root.querySelectorAll("video")) if (video.srcObject) video.play().catch(() => {});
  }

  /** @param {string} text */
  note(text) {
    const note = this.part("note");
    if (note.textContent !== text) note.textContent = text;
    note.hidden = !text;
  }

  /** @param {number} level From 0 to 1. */
  level(level) {
    /** @type {HTMLMeterElement} */ (this.part("level")).value = level;
  }

  /**
   * @param {MediaDeviceInfo[]} list
   * @param {Record<"microphone" | "camera", MediaStreamTrack | null>} tracks
   */
  devices(list, tracks) {
    for (const [part, kind, name] of [["microphone", "audioinput", "Microphone"], ["camera", "videoinput", "Camera"], ["speaker", "audiooutput", "Speaker"]]) {
      /** @type {HTMLSelectElement} */
      const select = this.part(part);
      const found = list.filter((one) => one.kind === kind);
      const options = found.map((one, nth) => new Option(one.label || `${name} ${nth + 1}`, one.deviceId));
      const before = select.value;
      const using = part === "speaker" ? before : tracks[/** @type {"microphone" | "camera"} */ (part)]?.getSettings().deviceId;
      select.replaceChildren(...(options.length ? options : [new Option(`No ${name.toLowerCase()} found`, "")]));
      select.disabled = options.length === 0;
      if (using && found.some((one) => one.deviceId === using)) select.value = using;
      // Some browsers don't let a page choose the speaker.
      if (part === "speaker") this.part("speaker-choice").hidden = options.length === 0;
    }
  }

  /** @param {"You" | string} who @param {string} text @param {string} [address] Of a file. */
  message(who, text, address) {
    const item = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = who;
    item.append(name, " ");
    if (address) {
      const link = document.createElement("a");
      link.href = address;
      link.download = text;
      link.textContent = `Save ${text}`;
      item.append(link);
    } else {
      item.append(text);
    }
    const messages = this.part("messages");
    messages.append(item);
    while (messages.childElementCount > 200) messages.firstElementChild?.remove();
    item.scrollIntoView({ block: "nearest" });
  }
}
