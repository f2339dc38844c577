// Drafts survive a reload, a closed tab and a failed post: they are stored in this browser, per person and version.

const PREFIX = "muster:rules:";
const KEPT_DAYS = 30;

const read = (key) => {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? null;
  } catch {
    return null;
  }
};

export class Drafts {
  constructor(textarea) {
    this.person = `${PREFIX}${textarea.dataset.person}:`;
    this.key = this.person + textarea.dataset.base;
    this.served = textarea.value;
    this.sweep();
  }

  /** Removes drafts that were published, and those abandoned for `KEPT_DAYS`. */
  sweep() {
    const oldest = Date.now() - KEPT_DAYS * 86_400_000;
    for (const key of this.keys()) {
      const draft = read(key);
      if (!draft || draft.at < oldest || draft.text === this.served) localStorage.removeItem(key);
    }
  }

  keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(this.person));
    } catch {
      return [];
    }
  }

  keep(text) {
    try {
      if (text === this.served) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify({ text, at: Date.now() }));
    } catch {
      // If storage is full or blocked, the draft is lost, but typing goes on.
    }
  }

  drop() {
    localStorage.removeItem(this.key);
  }

  /** The draft of this version. */
  get own() {
    return read(this.key);
  }

  /** The newest draft begun on another version. */
  get other() {
    const found = this.keys().filter((key) => key !== this.key).map((key) => ({ ...read(key), key }));
    const newest = found.sort((one, other) => other.at - one.at)[0];
    return newest && { ...newest, base: newest.key.slice(this.person.length) };
  }

  static drop(key) {
    localStorage.removeItem(key);
  }
}
