// The call in the page: joins wire, connection, devices and view. Starts by itself on a page that has a call.
import { Devices } from "./devices.js";
import { Peer } from "./peer.js";
import { Quality } from "./quality.js";
import { openSmall } from "./small.js";
import { NOTHING, stateOf, wordsOf } from "./state.js";
import { LONGEST_TEXT, Talk } from "./talk.js";
import { View } from "./view.js";
import { Wire } from "./wire.js";

/** @typedef {import("./state.js").Told} Told */
/** @typedef {import("./wire.js").Signal} Signal */

class Call {
  /** @param {HTMLElement} root */
  constructor(root) {
    const { side, team, join, token } = root.dataset;
    this.root = root;
    this.side = /** @type {"customer" | "agent"} */ (side);
    this.team = team ?? "";
    this.join = join ?? "";
    this.told = NOTHING;
    this.entered = false;
    this.checking = false;
    this.left = false;
    this.reachable = true;
    this.connectedBefore = false;
    /** @type {Peer | null} */
    this.peer = null;
    /** @type {Talk | null} */
    this.talk = null;
    this.their = { microphone: true, camera: false, screen: false };
    /** @type {MediaStreamTrack | null} */
    this.screen = null;
    this.quality = new Quality();
    this.view = new View(root);
    this.devices = new Devices({ changed: () => this.devicesChanged(), note: (text) => this.note(text) });
    this.wire = new Wire(this.join, token ?? "", {
      told: (told) => this.hear(told),
      signal: (from, body) => this.receive(from, body),
      reachable: (is) => this.set(() => (this.reachable = is)),
      over: () => this.hear({ ...this.told, over: true }),
    });
    /** @type {Promise<RTCConfiguration> | null} */
    this.servers = null;
    this.remark = "";
    this.meeting = "";
    this.entering = false;
    /** @type {Promise<unknown>} */
    this.receiving = Promise.resolve();
  }

  begin() {
    // A customer's page hears of the call by its own stream until they join.
    if (this.side === "agent") this.wire.follow();
    else this.seePage();
    this.listen();
    this.draw();
    // A page that was only reloaded, or opened in a small window, goes on where it was.
    if (sessionStorage.getItem("in-call") === this.join) this.enter();
  }

  get facts() {
    const { side, team, told, entered, checking, connectedBefore, left, reachable, peer } = this;
    /** @type {"none" | "new" | "flowing" | "broken"} */
    const media = !peer ? "none" : peer.broken || (peer.connected && this.silent) ? "broken" : peer.connected ? "flowing" : "new";
    return { side, team, told, entered, checking, media, connectedBefore, left, reachable };
  }

  /** Nothing arrives, although something is sent: the browser itself notices only after a while. */
  get silent() {
    return !this.quality.flowing && (this.their.microphone || this.their.camera || this.their.screen);
  }

  draw() {
    const { facts } = this;
    const [line, next] = wordsOf(facts);
    const state = stateOf(facts);
    const { microphone: sound, camera: picture } = this.devices.problems;
    this.view.note([this.remark, sound, picture].filter(Boolean).join(" "));
    this.view.draw({
      state,
      line,
      next,
      entered: this.entered,
      canJoin: !this.told.over && (!this.entered || !this.told.current),
      ready: this.told.call === "taken" || this.told.call === "on_call" || this.side === "agent",
      elsewhere: this.entered && !this.told.current,
      checking: this.checking && !this.entered,
      muted: this.devices.muted,
      microphone: this.devices.tracks.microphone,
      camera: this.devices.tracks.camera,
      screen: this.screen,
      their: this.their,
      talking: Boolean(this.talk?.open),
      quality: this.quality.level,
    });
  }

  /** Say something about this page's own part, beside what is wrong with its devices. @param {string} text */
  note(text) {
    this.remark = text;
    this.draw();
  }

  /** The page around the call has changed. */
  seePage() {
    if (this.entered) return;
    const stage = document.getElementById("live")?.dataset.stage ?? "";
    const taken = ["ready", "on_call"].includes(stage);
    this.set(() => (this.told = { ...this.told, call: taken ? "taken" : "waiting" }));
  }

  /** @param {() => unknown} change */
  set(change) {
    change();
    this.draw();
  }

  /** @param {Told} told */
  hear(told) {
    const before = this.told;
    // Once over, always over; and a page that hasn't joined isn't superseded by another.
    this.told = { ...told, over: told.over || before.over, current: told.current || !this.entered };
    if (this.told.over) this.finish();
    else if (this.entered && !this.told.current) this.yieldToNewer();
    // Not before the server has this page in the call: it would refuse the offer.
    else if (this.wire.entered && told.other === "here" && told.otherPage) this.meet(told.otherPage);
    this.draw();
  }

  /** The agent's page begins a connection with the other side's page; the customer's answers. @param {string} page */
  async meet(page) {
    if (this.side !== "agent" || this.peer?.page === page || this.meeting === page) return;
    this.meeting = page;
    await this.connect(page);
    this.meeting = "";
  }

  /** @param {string} page @returns {Promise<Peer | null>} */
  async connect(page) {
    this.drop();
    const configuration = (await (this.servers ?? this.wire.servers())) ?? {};
    this.servers = null;
    if (!this.entered || !this.told.current || this.told.over) return null;
    const { microphone, camera } = this.devices.tracks;
    /** @type {Peer} */
    const peer = new Peer({
      page,
      polite: this.side === "customer",
      configuration,
      tracks: { audio: microphone, camera, screen: this.screen },
      send: (signal) => this.wire.signal(page, signal, () => this.peer === peer),
      servers: () => this.wire.servers(),
      changed: () => this.changed(),
      track: (line, track) => this.view.receive(line, track),
      channels: (chat, files) => (this.talk = this.talkOver(chat, files)),
    });
    this.peer = peer;
    this.quality = new Quality();
    this.draw();
    return peer;
  }

  /** @param {string} from @param {Signal} body */
  receive(from, body) {
    // One after the other, because a new page's first signal waits for its connection.
    this.receiving = this.receiving.then(async () => {
      if (!this.entered) return;
      if (this.peer?.page !== from) {
        if (this.side === "agent" || body.description?.type !== "offer") return;
        await this.connect(from);
      }
      await this.peer?.receive(body);
    });
  }

  /** @param {RTCDataChannel} chat @param {RTCDataChannel} files */
  talkOver(chat, files) {
    const them = this.side === "customer" ? this.team : "Customer";
    return new Talk(chat, files, {
      open: () => this.set(() => this.tellShown()),
      text: (text) => this.view.message(them, text),
      shown: (shown) => this.set(() => (this.their = shown)),
      file: (name, content) => this.view.message(them, name, URL.createObjectURL(content)),
      note: (text) => this.note(text),
    });
  }

  changed() {
    if (this.peer?.connected) {
      this.connectedBefore = true;
      this.view.sound();
    }
    this.draw();
  }

  drop() {
    this.peer?.close();
    this.peer = null;
    this.talk = null;
    this.their = { microphone: true, camera: false, screen: false };
  }

  yieldToNewer() {
    this.wire.entered = false;
    this.drop();
    this.stopSharing();
    this.devices.stop();
    sessionStorage.removeItem("in-call");
  }

  finish() {
    this.yieldToNewer();
    this.wire.close();
    this.entered = false;
  }

  devicesChanged() {
    const { microphone, camera } = this.devices.tracks;
    if (this.peer) {
      if (this.peer.tracks.audio !== microphone) this.peer.replace("audio", microphone);
      if (this.peer.tracks.camera !== camera) this.peer.replace("camera", camera);
    }
    this.view.devices(this.devices.list, this.devices.tracks);
    this.tellShown();
    this.draw();
  }

  tellShown() {
    const { microphone, camera } = this.devices.tracks;
    const audible = Boolean(microphone) && !this.devices.muted;
    this.talk?.show({ microphone: audible, camera: Boolean(camera), screen: Boolean(this.screen) });
  }

  async check() {
    this.set(() => (this.checking = true));
    await this.devices.start();
    this.draw();
  }

  /** Join: the person has pressed, so devices may be asked for. */
  async enter() {
    if (this.entering) return;
    this.entering = true;
    this.note("");
    this.view.part("settings").hidden = true;
    this.servers = this.wire.servers();
    const devices = this.devices.start();
    await this.arrive();
    this.entering = false;
    await devices;
  }

  async arrive() {
    this.entered = true;
    this.left = false;
    sessionStorage.setItem("in-call", this.join);
    this.told = { ...this.told, current: true };
    this.wire.follow();
    this.draw();
    while (this.entered && !this.wire.entered && !this.told.over) {
      if (await this.wire.beat({ enter: "yes" })) break;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  async leave(end = false) {
    this.entered = false;
    this.left = true;
    this.checking = false;
    this.yieldToNewer();
    this.draw();
    await this.wire.leave(end ? { end: "yes" } : {});
    if (end) this.hear({ ...this.told, over: true });
  }

  async share() {
    if (this.screen) {
      this.stopSharing();
      return;
    }
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
      this.screen = stream.getVideoTracks()[0] ?? null;
    } catch {
      return;
    }
    if (this.screen) this.screen.onended = () => this.stopSharing();
    await this.peer?.replace("screen", this.screen);
    this.set(() => this.tellShown());
  }

  stopSharing() {
    if (!this.screen) return;
    this.screen.onended = null;
    this.screen.stop();
    this.screen = null;
    this.peer?.replace("screen", null);
    this.set(() => this.tellShown());
  }

  async tick() {
    if (!this.entered || !this.told.current || !this.wire.entered) return;
    if (this.peer) {
      await this.quality.measure(this.peer.pc);
      this.draw();
    }
    const hears = this.peer?.connected && this.quality.flowing ? "yes" : "";
    await this.wire.beat(hears ? { hears } : {});
  }

  listen() {
    const { root, view, devices } = this;
    /** @type {Record<string, () => unknown>} */
    const acts = {
      join: () => this.enter(),
      check: () => this.check(),
      mute: () => devices.toggleMute(),
      camera: () => devices.toggleCamera(),
      share: () => this.share(),
      devices: () => (view.part("settings").hidden = !view.part("settings").hidden),
      small: () => openSmall(root, () => view.resume()),
      leave: () => this.leave(),
      end: () => this.leave(true),
      file: () => view.part("file").click(),
      tone: () => devices.tone(),
      sound: () => view.sound(),
    };
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest("button[data-do]");
      const act = button instanceof HTMLElement ? acts[button.dataset.do ?? ""] : undefined;
      if (act) act();
    });
    root.addEventListener("change", (event) => this.chosen(/** @type {HTMLInputElement} */ (event.target)));
    view.part("write").addEventListener("submit", (event) => {
      event.preventDefault();
      this.write();
    });
    // The page's own way to join, which works without scripts too.
    document.addEventListener("click", (event) => {
      const way = event.target instanceof Element && event.target.closest("a#join");
      if (way) this.joinHere(event);
    });
    document.querySelector("form[data-join-form]")?.addEventListener("submit", (event) => this.joinHere(event));
    window.addEventListener("pagehide", () => this.entered && this.told.current && this.wire.leaveAtOnce());
    window.addEventListener("pageshow", (event) => event.persisted && this.entered && this.arrive());
    window.addEventListener("online", () => this.peer?.restart(true));
    this.clock();
  }

  /** @param {Event} event */
  joinHere(event) {
    event.preventDefault();
    this.enter();
    this.root.focus();
  }

  clock() {
    const every = Number(this.root.dataset.beatEvery);
    try {
      const clock = new Worker(this.root.dataset.clock ?? "");
      clock.onmessage = () => this.tick();
      clock.postMessage(every);
    } catch {
      setInterval(() => this.tick(), every);
    }
    setInterval(() => !this.view.part("settings").hidden && this.view.level(this.devices.level()), 100);
  }

  /** @param {HTMLInputElement} field */
  chosen(field) {
    const { part } = field.dataset;
    if (part === "microphone" || part === "camera") this.devices.choose(part, field.value);
    if (part === "speaker") {
      this.devices.speaker = field.value;
      this.view.speak(field.value);
    }
    if (part === "file" && field.files?.[0]) {
      this.hand(field.files[0]);
      field.value = "";
    }
  }

  write() {
    /** @type {HTMLInputElement} */
    const field = this.view.part("text");
    const text = field.value.trim().slice(0, LONGEST_TEXT);
    if (!text || !this.talk?.open) return;
    this.talk.say(text);
    this.view.message("You", text);
    field.value = "";
  }

  /** @param {File} file */
  async hand(file) {
    if (await this.talk?.hand(file)) this.view.message("You", `sent ${file.name.slice(0, 200)}`);
  }
}

/** @type {Call | null} */
let call = null;

/** The call's part may come into the page, and leave it again, while the page stays. */
function look() {
  const root = document.getElementById("call");
  if (call && call.root !== root && !call.root.isConnected) {
    call.finish();
    call = null;
  }
  if (!call && root) {
    call = new Call(root);
    call.begin();
  } else {
    call?.seePage();
  }
}

if ("RTCPeerConnection" in window && "EventSource" in window) {
  look();
  document.addEventListener("htmx:after:swap", look);
}
