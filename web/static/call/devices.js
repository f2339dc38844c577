// Camera, microphone and speakers: what there is, what was chosen, and how loud it is.
import { refusalWords } from "./state.js";

/** @typedef {"microphone" | "camera"} Device */

const CONSTRAINTS = {
  microphone: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  camera: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
};

export class Devices {
  /** @param {{changed: () => void, note: (text: string) => void}} hear */
  constructor(hear) {
    this.hear = hear;
    /** @type {Record<Device, MediaStreamTrack | null>} */
    this.tracks = { microphone: null, camera: null };
    /** @type {Record<Device, string>} */
    this.chosen = { microphone: "", camera: "" };
    /** @type {Record<Device, boolean>} */
    this.wanted = { microphone: true, camera: true };
    /** Why a device doesn't run, in words. @type {Record<Device, string>} */
    this.problems = { microphone: "", camera: "" };
    this.speaker = "";
    this.muted = false;
    /** @type {MediaDeviceInfo[]} */
    this.list = [];
    /** @type {AudioContext | null} */
    this.audio = null;
    /** @type {AnalyserNode | null} */
    this.analyser = null;
    this.started = false;
    if (this.possible) navigator.mediaDevices.addEventListener("devicechange", () => this.started && this.relist());
  }

  /** Browsers give camera and microphone to secure pages alone. */
  get possible() {
    return window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
  }

  /** Start the devices that should run and don't; goes on with what there is. */
  async start() {
    if (!this.possible) {
      this.hear.note("Your browser allows camera and microphone only on a secure page (https). You can listen and write.");
      return;
    }
    this.started = true;
    const lacking = /** @type {Device[]} */ (["microphone", "camera"]).filter((one) => this.wanted[one] && !this.tracks[one]);
    if (lacking.length === 2 && (await this.open(lacking))) {
      await this.relist();
      return;
    }
    // Together they were refused: each by itself, so that a missing camera doesn't cost the microphone.
    for (const device of lacking) if (!this.tracks[device]) await this.open([device]);
    await this.relist();
  }

  /** @param {Device[]} devices @returns {Promise<boolean>} */
  async open(devices) {
    /** @type {MediaStreamConstraints} */
    const asked = {};
    for (const device of devices) {
      const which = this.chosen[device] ? { deviceId: { exact: this.chosen[device] } } : {};
      asked[device === "camera" ? "video" : "audio"] = { ...CONSTRAINTS[device], ...which };
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia(asked);
      for (const track of stream.getTracks()) this.take(track.kind === "video" ? "camera" : "microphone", track);
      return true;
    } catch (error) {
      if (devices.length === 1) {
        this.wanted[devices[0]] = false;
        const otherwise = devices[0] === "camera" ? " You can talk without a picture." : " You can listen and write.";
        this.problems[devices[0]] = refusalWords(error, devices[0]) + otherwise;
        this.hear.changed();
      }
      return false;
    }
  }

  /** @param {Device} device @param {MediaStreamTrack} track */
  take(device, track) {
    this.tracks[device]?.stop();
    this.tracks[device] = track;
    this.wanted[device] = true;
    this.problems[device] = "";
    if (device === "microphone") {
      track.enabled = !this.muted;
      this.listen(track);
    }
    track.onended = () => this.unplugged(device, track);
    this.hear.changed();
  }

  /** A device that is pulled out is replaced by another one, if there is one. @param {Device} device @param {MediaStreamTrack} track */
  async unplugged(device, track) {
    if (this.tracks[device] !== track) return;
    this.tracks[device] = null;
    this.chosen[device] = "";
    this.problems[device] = `Your ${device} was disconnected.`;
    this.hear.changed();
    await this.open([device]);
    await this.relist();
  }

  /** @param {Device} device @param {string} id */
  async choose(device, id) {
    this.chosen[device] = id;
    this.wanted[device] = true;
    await this.open([device]);
  }

  async toggleCamera() {
    if (this.tracks.camera) {
      this.tracks.camera.onended = null;
      this.tracks.camera.stop();
      this.tracks.camera = null;
      this.wanted.camera = false;
      this.hear.changed();
    } else {
      await this.open(["camera"]);
      await this.relist();
    }
  }

  async toggleMute() {
    if (!this.tracks.microphone) {
      this.muted = false;
      await this.open(["microphone"]);
      await this.relist();
      return;
    }
    this.muted = !this.muted;
    this.tracks.microphone.enabled = !this.muted;
    this.hear.changed();
  }

  async relist() {
    try {
      this.list = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.deviceId);
    } catch {
      this.list = [];
    }
    this.hear.changed();
  }

  /** @param {MediaStreamTrack} track */
  listen(track) {
    this.audio ??= new AudioContext();
    this.analyser = this.audio.createAnalyser();
    this.analyser.fftSize = 512;
    this.audio.createMediaStreamSource(new MediaStream([track])).connect(this.analyser);
  }

  /** How loud the microphone is, from 0 to 1. */
  level() {
    if (!this.analyser) return 0;
    const wave = new Uint8Array(this.analyser.fftSize);
    this.analyser.getByteTimeDomainData(wave);
    const power = wave.reduce((sum, one) => sum + ((one - 128) / 128) ** 2, 0) / wave.length;
    return Math.min(1, Math.sqrt(power) * 4);
  }

  /** Two tones on the chosen speaker. */
  async tone() {
    const audio = new AudioContext();
    const out = audio.createMediaStreamDestination();
    const player = new Audio();
    player.srcObject = out.stream;
    [523, 659].forEach((pitch, nth) => {
      const tone = audio.createOscillator();
      const level = audio.createGain();
      const at = audio.currentTime + 0.1 + nth * 0.35;
      tone.frequency.value = pitch;
      level.gain.setValueAtTime(0.2, at);
      level.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
      tone.connect(level).connect(out);
      tone.start(at);
      tone.stop(at + 0.3);
    });
    await speakThrough(player, this.speaker);
    await player.play();
    setTimeout(() => audio.close(), 1500);
  }

  stop() {
    for (const device of /** @type {Device[]} */ (["microphone", "camera"])) {
      const track = this.tracks[device];
      if (track) track.onended = null;
      track?.stop();
      this.tracks[device] = null;
    }
    this.analyser = null;
    this.started = false;
  }
}

/** Play through this speaker, where the browser lets a page choose. @param {HTMLMediaElement} player @param {string} speaker */
export async function speakThrough(player, speaker) {
  if (!speaker || !("setSinkId" in player)) return;
  try {
    await player.setSinkId(speaker);
  } catch {
    // It was unplugged; the sound stays where it was.
  }
}
