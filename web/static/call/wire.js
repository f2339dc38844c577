// The wire to the server: events down, posts up, one after the other. Media never goes this way.

/** @typedef {import("./state.js").Told} Told */
/** @typedef {{description?: RTCSessionDescriptionInit, candidates?: RTCIceCandidateInit[]}} Signal */

const RETRY = 500;

export class Wire {
  /**
   * @param {string} address @param {string} token
   * @param {{told: (told: Told) => void, signal: (from: string, body: Signal) => void, reachable: (is: boolean) => void,
   *   over: () => void}} hear
   */
  constructor(address, token, hear) {
    this.address = address;
    this.token = token;
    this.hear = hear;
    this.page = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.entered = false;
    /** @type {Promise<unknown>} */
    this.queue = Promise.resolve();
    this.closed = false;
    /** @type {EventSource | null} */
    this.stream = null;
  }

  /** Follow the call's events. The browser reconnects by itself, and misses no signal. */
  follow() {
    if (this.stream && this.stream.readyState !== EventSource.CLOSED) return;
    this.closed = false;
    const stream = new EventSource(`${this.address}/stream?page=${this.page}`);
    stream.addEventListener("state", (event) => this.hear.told(JSON.parse(event.data)));
    stream.addEventListener("signal", (event) => {
      const { from, body } = JSON.parse(event.data);
      this.hear.signal(from, body);
    });
    // A server that restarts closes the stream with an error that ends it; begin again then.
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED || this.closed) return;
      setTimeout(() => this.closed || this.follow(), 4 * RETRY);
    });
    this.stream = stream;
  }

  close() {
    this.closed = true;
    this.entered = false;
    this.stream?.close();
  }

  /**
   * Say that this page is open; with ``enter``, join the call. Resolves to whether the server answered.
   * @param {{enter?: string, hears?: string}} fields
   */
  async beat(fields = {}) {
    let answer;
    try {
      answer = await this.post("beat", fields);
    } catch {
      this.hear.reachable(false);
      return false;
    }
    if (answer.status === 410 || answer.status === 404) {
      this.hear.over();
      return true;
    }
    if (!answer.ok) {
      this.hear.reachable(answer.status < 500);
      return false;
    }
    this.hear.reachable(true);
    if (fields.enter) this.entered = true;
    this.hear.told(await answer.json());
    return true;
  }

  /**
   * Send a signal to the other side's page, after those before it. Tried again while the network is away and
   * ``wanted`` says so.
   * @param {string} to @param {Signal} body @param {() => boolean} wanted
   */
  signal(to, body, wanted) {
    const send = async () => {
      while (wanted() && !this.closed) {
        try {
          const answer = await this.post("signals", { to, body: JSON.stringify(body) });
          if (answer.status < 500 && answer.status !== 429) return;
        } catch {
          // No network; the signal is still needed.
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    };
    this.queue = this.queue.then(send);
  }

  /** @returns {Promise<RTCConfiguration>} */
  async servers() {
    for (let tries = 0; tries < 3; tries++) {
      try {
        const answer = await fetch(`${this.address}/ice`, { signal: AbortSignal.timeout(4000) });
        if (answer.ok) return await answer.json();
      } catch {
        // Tried again.
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
    return {};
  }

  /** Leave while the page is still there. @param {{end?: string}} fields */
  async leave(fields = {}) {
    this.entered = false;
    try {
      await this.post("leave", fields);
    } catch {
      this.leaveAtOnce();
    }
  }

  /** Leave while the page goes away. */
  leaveAtOnce() {
    navigator.sendBeacon(`${this.address}/leave`, new URLSearchParams({ form_token: this.token, page: this.page }));
  }

  /** @param {string} what @param {Record<string, string>} fields */
  post(what, fields) {
    const body = new URLSearchParams({ form_token: this.token, page: this.page, ...fields });
    return fetch(`${this.address}/${what}`, { method: "POST", body, signal: AbortSignal.timeout(5000) });
  }
}
