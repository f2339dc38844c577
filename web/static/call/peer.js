// One connection with one page of the other side. Perfect negotiation as WebRTC 1.0, section 10.7, describes it: the
// customer is polite, the agent is not. The agent's page makes the first offer.

/** @typedef {import("./wire.js").Signal} Signal */
/** @typedef {{audio: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStreamTrack | null}} Tracks */

const RESTART_AFTER = 3000;
const COLLECTED_FOR = 20;
/** In the order of the connection's lines. @type {(keyof Tracks)[]} */
const LINES = ["audio", "camera", "screen"];

export class Peer {
  /**
   * @param {{
   *   page: string, polite: boolean, configuration: RTCConfiguration, tracks: Tracks,
   *   send: (signal: Signal) => void, servers: () => Promise<RTCConfiguration>,
   *   changed: () => void, track: (line: keyof Tracks, track: MediaStreamTrack) => void,
   *   channels: (chat: RTCDataChannel, files: RTCDataChannel) => void,
   * }} options
   */
  constructor(options) {
    this.options = options;
    this.page = options.page;
    this.pc = new RTCPeerConnection({ ...options.configuration, bundlePolicy: "max-bundle" });
    this.makingOffer = false;
    this.ignoringOffer = false;
    this.answering = false;
    this.closed = false;
    /** @type {RTCIceCandidateInit[]} */
    this.found = [];
    this.timer = 0;
    this.tracks = options.tracks;
    const { pc } = this;
    pc.onnegotiationneeded = () => this.offer();
    pc.onicecandidate = ({ candidate }) => candidate && this.collect(candidate.toJSON());
    pc.onconnectionstatechange = () => this.watch();
    pc.ontrack = ({ track, transceiver }) => {
      const line = LINES[pc.getTransceivers().indexOf(transceiver)];
      if (line) options.track(line, track);
    };
    options.channels(
      pc.createDataChannel("chat", { negotiated: true, id: 0 }),
      pc.createDataChannel("files", { negotiated: true, id: 1 }),
    );
    if (!options.polite) this.addLines();
    // A first attempt that hangs, because a signal or the list of relays didn't come, is never reported as failed.
    this.timer = setTimeout(() => this.restart(), 4 * RESTART_AFTER);
  }

  get connected() {
    return this.pc.connectionState === "connected";
  }

  get broken() {
    return ["disconnected", "failed"].includes(this.pc.connectionState);
  }

  addLines() {
    for (const line of LINES) {
      const track = this.tracks[line];
      this.pc.addTransceiver(track ?? (line === "audio" ? "audio" : "video"), { direction: "sendrecv" });
    }
  }

  /** Send this track on this line from now on, or nothing. @param {keyof Tracks} line @param {MediaStreamTrack | null} track */
  async replace(line, track) {
    this.tracks = { ...this.tracks, [line]: track };
    await this.pc.getTransceivers()[LINES.indexOf(line)]?.sender.replaceTrack(track);
  }

  async offer() {
    // The polite side has no lines before the first offer came, and nothing to offer.
    if (this.options.polite && !this.pc.remoteDescription) return;
    try {
      this.makingOffer = true;
      await this.pc.setLocalDescription();
      this.sendDescription();
    } catch (error) {
      if (!this.closed) console.warn("call: no offer", error);
    } finally {
      this.makingOffer = false;
    }
  }

  /** @param {Signal} signal */
  async receive({ description, candidates }) {
    const { pc } = this;
    try {
      if (description) {
        const ready = !this.makingOffer && (pc.signalingState === "stable" || this.answering);
        this.ignoringOffer = description.type === "offer" && !ready && !this.options.polite;
        if (this.ignoringOffer) return;
        this.answering = description.type === "answer";
        await pc.setRemoteDescription(description);
        this.answering = false;
        if (description.type === "offer") {
          await this.takeLines();
          await pc.setLocalDescription();
          this.sendDescription();
        }
      }
      for (const candidate of candidates ?? []) {
        try {
          await pc.addIceCandidate(candidate);
        } catch (error) {
          if (!this.ignoringOffer) throw error;
        }
      }
    } catch (error) {
      this.answering = false;
      if (!this.closed) console.warn("call: a signal was of no use", error);
    }
  }

  /** The polite side sends on the lines that the other offered. */
  async takeLines() {
    if (!this.options.polite) return;
    await Promise.all(
      this.pc.getTransceivers().map(async (transceiver, nth) => {
        const line = LINES[nth];
        if (!line || transceiver.direction === "sendrecv") return;
        transceiver.direction = "sendrecv";
        await transceiver.sender.replaceTrack(this.tracks[line]);
      }),
    );
  }

  sendDescription() {
    const { localDescription } = this.pc;
    if (localDescription) this.options.send({ description: { type: localDescription.type, sdp: localDescription.sdp } });
  }

  /** @param {RTCIceCandidateInit} candidate */
  collect(candidate) {
    this.found.push(candidate);
    if (this.found.length > 1) return;
    setTimeout(() => {
      const candidates = this.found.splice(0, 50);
      if (candidates.length && !this.closed) this.options.send({ candidates });
      while (this.found.length) this.options.send({ candidates: this.found.splice(0, 50) });
    }, COLLECTED_FOR);
  }

  watch() {
    const state = this.pc.connectionState;
    if (state === "connected" || state === "disconnected") clearTimeout(this.timer);
    if (state === "failed") this.restart();
    if (state === "disconnected") this.timer = setTimeout(() => this.restart(), RESTART_AFTER);
    this.options.changed();
  }

  /** Look for another way to the same page. @param {boolean} anyway Even if the present one seems to work. */
  async restart(anyway = false) {
    if (this.closed || (this.connected && !anyway)) return;
    clearTimeout(this.timer);
    const configuration = await this.options.servers();
    if (this.closed || (this.connected && !anyway)) return;
    if (configuration.iceServers) this.pc.setConfiguration({ ...this.pc.getConfiguration(), ...configuration });
    // An offer that nobody answered is sent once more; a new one isn't made before it was.
    if (this.pc.signalingState === "have-local-offer") this.sendDescription();
    else this.pc.restartIce();
    // If this attempt fails too, for example because there is still no network, try again.
    this.timer = setTimeout(() => this.restart(), 3 * RESTART_AFTER);
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.pc.close();
  }
}
