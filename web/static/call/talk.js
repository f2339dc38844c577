// What is written and handed over in a call, from page to page. Nothing of it is stored anywhere.
import { plain } from "./state.js";

export const LONGEST_TEXT = 2000;
export const LARGEST_FILE = 20 * 1024 * 1024;
const CHUNK = 16 * 1024;
const BUFFERED = 256 * 1024;

/** @typedef {{microphone: boolean, camera: boolean, screen: boolean}} Shown What the other side sends. */

export class Talk {
  /**
   * @param {RTCDataChannel} chat @param {RTCDataChannel} files
   * @param {{text: (text: string) => void, shown: (shown: Shown) => void, file: (name: string, content: Blob) => void,
   *   open: () => void, note: (text: string) => void}} hear
   */
  constructor(chat, files, hear) {
    this.chat = chat;
    this.files = files;
    this.hear = hear;
    /** @type {{name: string, size: number, got: number, parts: ArrayBuffer[]} | null} */
    this.incoming = null;
    this.sending = false;
    files.binaryType = "arraybuffer";
    files.bufferedAmountLowThreshold = BUFFERED / 4;
    chat.onopen = () => hear.open();
    chat.onmessage = ({ data }) => this.read(data);
    files.onmessage = ({ data }) => this.receive(data);
  }

  get open() {
    return this.chat.readyState === "open";
  }

  /** @param {unknown} data */
  read(data) {
    if (typeof data !== "string" || data.length > 2 * LONGEST_TEXT + 100) return;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (typeof message?.text === "string") this.hear.text(plain(message.text, LONGEST_TEXT));
    if (message?.shown && typeof message.shown === "object") {
      const { microphone, camera, screen } = message.shown;
      this.hear.shown({ microphone: microphone === true, camera: camera === true, screen: screen === true });
    }
  }

  /** @param {string} text */
  say(text) {
    if (this.open) this.chat.send(JSON.stringify({ text: text.slice(0, LONGEST_TEXT) }));
  }

  /** @param {Shown} shown */
  show(shown) {
    if (this.open) this.chat.send(JSON.stringify({ shown }));
  }

  /** @param {File} file @returns {Promise<boolean>} */
  async hand(file) {
    if (file.size > LARGEST_FILE) {
      this.hear.note(`“${plain(file.name, 80)}” is larger than ${LARGEST_FILE / 1024 / 1024} MB.`);
      return false;
    }
    if (this.sending || this.files.readyState !== "open") return false;
    this.sending = true;
    try {
      this.files.send(JSON.stringify({ name: plain(file.name, 200), size: file.size }));
      for (let at = 0; at < file.size; at += CHUNK) {
        if (this.files.bufferedAmount > BUFFERED) await this.drained();
        if (this.files.readyState !== "open") return false;
        this.files.send(await file.slice(at, at + CHUNK).arrayBuffer());
      }
      return true;
    } catch {
      return false;
    } finally {
      this.sending = false;
    }
  }

  /** @returns {Promise<void>} */
  drained() {
    return new Promise((resolve) => {
      const done = () => resolve();
      this.files.addEventListener("bufferedamountlow", done, { once: true });
      this.files.addEventListener("close", done, { once: true });
    });
  }

  /** @param {unknown} data */
  receive(data) {
    if (typeof data === "string") {
      this.announce(data);
      return;
    }
    const file = this.incoming;
    if (!(data instanceof ArrayBuffer) || !file) return;
    file.got += data.byteLength;
    if (file.got > file.size) {
      this.incoming = null;
      return;
    }
    file.parts.push(data);
    this.finish();
  }

  /** @param {string} data */
  announce(data) {
    this.incoming = null;
    try {
      const { name, size } = JSON.parse(data);
      if (typeof name !== "string" || !Number.isInteger(size) || size < 0 || size > LARGEST_FILE) return;
      this.incoming = { name: plain(name, 200).replace(/[\\/]/g, "_") || "file", size, got: 0, parts: [] };
      this.finish();
    } catch {
      // Not from our page.
    }
  }

  finish() {
    const file = this.incoming;
    if (!file || file.got < file.size) return;
    this.incoming = null;
    // Never the type that the other side names: it is only to be saved, not opened in this page.
    this.hear.file(file.name, new Blob(file.parts, { type: "application/octet-stream" }));
  }
}
