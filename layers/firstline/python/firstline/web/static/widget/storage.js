// What a visitor's browser keeps between pages: the session, unsent messages, choices. Tabs of one site share it.

/** A message that the server has not accepted yet. @typedef {{id: string, text: string, at: number, files: any[]}} Pending */

/** A new message id: 128 random bits. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class VisitorStorage {
  /** @param {string} name Of the installation and site, so that two widgets on one origin keep apart. */
  constructor(name) {
    this.prefix = `firstline.${name}.`;
    /** Where the browser keeps nothing, as in some private windows. @type {Map<string, string>} */
    this.memory = new Map();
  }

  /** @param {string} key @returns {any} */
  get(key) {
    const text = this.#read(this.prefix + key);
    try {
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  }

  /** @param {string} key @param {any} value Null removes it. */
  set(key, value) {
    const name = this.prefix + key;
    if (value === null) this.memory.delete(name);
    else this.memory.set(name, JSON.stringify(value));
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // Kept in memory for as long as the page lives.
    }
  }

  /** Messages that wait, oldest first. Each has a key of its own, so that tabs do not undo each other's changes. */
  pending() {
    /** @type {Pending[]} */
    const found = [];
    for (const name of this.#names()) {
      if (name.startsWith(`${this.prefix}pending.`)) found.push(this.get(name.slice(this.prefix.length)));
    }
    return found.filter((message) => message?.id).sort((a, b) => a.at - b.at);
  }

  /** Keep a message until the server has it. @param {string} text @param {any[]} files @returns {Pending} */
  hold(text, files) {
    const message = { id: newId(), text, at: Date.now(), files };
    this.set(`pending.${message.id}`, message);
    return message;
  }

  /** Forget everything of this site, or what has keys of this beginning. */
  clear(beginning = "") {
    for (const name of this.#names()) {
      if (name.startsWith(this.prefix + beginning)) this.set(name.slice(this.prefix.length), null);
    }
  }

  /** Call back when another tab has changed a key. @param {(key: string) => void} listener @param {AbortSignal} signal */
  watch(listener, signal) {
    const heard = (/** @type {StorageEvent} */ event) => {
      if (event.key?.startsWith(this.prefix)) listener(event.key.slice(this.prefix.length));
    };
    addEventListener("storage", heard, { signal });
  }

  #names() {
    try {
      return new Set([...Object.keys(localStorage), ...this.memory.keys()]);
    } catch {
      return new Set(this.memory.keys());
    }
  }

  /** @param {string} name */
  #read(name) {
    try {
      return localStorage.getItem(name) ?? this.memory.get(name) ?? null;
    } catch {
      return this.memory.get(name) ?? null;
    }
  }
}
