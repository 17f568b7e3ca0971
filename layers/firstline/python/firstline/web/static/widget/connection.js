// The chat's connection: opens a session, keeps a socket, resends and resumes, so that nothing is lost or doubled.

import { EventLog } from "./event-log.js";
import { PartJoiner } from "./part-joiner.js";
import { newId } from "./storage.js";
import { StreamedAnswers } from "./streamed-answers.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;
const PING_EVERY_MS = 25000;
const PONG_WITHIN_MS = 10000;
const RESUME_AGAIN_MS = 1000;
const TYPING_EVERY_MS = 3000;
const HISTORY_PAGE = 50;
/** The server closes a socket that is old so, and expects its client back. */
const GOING_AWAY = 1001;
/** The server closes a socket for a frame that is too long. */
const MESSAGE_TOO_BIG = 1009;
const MAX_FRAME_BYTES = 32 * 1024;
/** Beginnings of what is stored of one conversation and not of the visitor. */
const OF_ONE_CONVERSATION = ["session", "rated.", "csat", "contact", "seen"];

/** @param {import("./storage.js").Pending} message */
function messageFrame({ id, text, files }) {
  const attachments = files.map((file) => file.file_id);
  return { action: "message", message_id: id, text, ...(attachments.length ? { attachments } : {}) };
}

/** An answer of the REST API that is no success. */
export class RefusedError extends Error {
  /** @param {number} status @param {string} detail @param {number} [pauseS] Seconds that the server asks to wait. */
  constructor(status, detail, pauseS = 0) {
    super(detail || `status ${status}`);
    this.status = status;
    this.pauseS = pauseS;
  }
}

/**
 * Events: "open", "lost" (detail: whether the server asks for a pause), "expired", "unproven" (detail: why the proof of
 * who the visitor is was refused; the session is an unknown visitor's), "replaced" (by newer sockets of this user; saying something connects again),
 * "frame" (detail: the frame), "known" (detail: a frame that came before), "draft" (detail: turn id, and the text so far
 * of the answer that is being written, or null where it is none), "pending" (detail: a message that is being sent),
 * "past" (detail: events, oldest first, and whether there are earlier ones), "anew" (the conversation is another one).
 * Frames may overtake each other; their seq says where they belong.
 */
export class ChatConnection extends EventTarget {
  /** @type {{session_id: string, token: string} | null} */
  session = null;
  log = new EventLog();
  answers = new StreamedAnswers();
  /** This socket made room for newer ones. */
  replaced = false;
  /** A replay has been asked for and has not ended. */
  resuming = false;
  /** The server has said something on this socket. */
  heard = false;
  tries = 0;
  /** Time before which the server is to be left alone. */
  notBefore = 0;
  run = 0;
  timer = 0;
  pingTimer = 0;
  pongTimer = 0;
  typedAt = 0;
  /** The seq before which there is more to be read; null for none. @type {number | null} */
  earlier = null;
  /** Messages that the server has not accepted yet. @type {Map<string, import("./storage.js").Pending>} */
  pending = new Map();
  /** What else waits for a connection. @type {Map<string, object>} */
  waiting = new Map();
  /** @type {WebSocket | null} */
  socket = null;
  /** The time the connection is wanted; ends with stop. @type {AbortController | null} */
  life = null;

  /**
   * @param {string} base Address of the installation, without a slash at its end.
   * @param {import("./storage.js").VisitorStorage} storage
   * @param {() => Record<string, any>} opening What a session is opened with.
   */
  constructor(base, storage, opening) {
    super();
    this.base = base;
    this.storage = storage;
    this.opening = opening;
    this.#begin();
  }

  /** As at the beginning of a conversation. */
  #begin() {
    this.session = this.storage.get("session");
    this.log = new EventLog();
    this.answers = new StreamedAnswers();
    this.replaced = this.resuming = this.heard = false;
    this.tries = 0;
    this.run += 1;
    this.earlier = null;
    this.waiting = new Map();
    this.pending = new Map(this.storage.pending().map((message) => [message.id, message]));
  }

  get isWanted() {
    return this.life !== null;
  }

  /** Take up the visitor's conversation, or open one. */
  start() {
    if (this.life) return;
    this.life = new AbortController();
    // Another tab may have begun a conversation.
    this.session ??= this.storage.get("session");
    const { signal } = this.life;
    addEventListener("online", () => this.#connectNow(), { signal });
    // The browser knows long before a socket without an answer does.
    addEventListener("offline", () => this.socket && this.#lost(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#connectNow(), { signal });
    this.storage.watch((key) => key === "session" && this.#otherTab(), signal);
    for (const message of this.pending.values()) this.#emit("pending", message);
    this.#connect();
  }

  /** Let go of everything: socket, timers, listeners. What waits to be sent stays stored. */
  stop() {
    this.life?.abort();
    this.life = null;
    this.#hangUp();
    this.#begin();
  }

  /** The conversation is forgotten: nothing is left to resume. The next begins with the visitor's next word. */
  forgotten() {
    this.storage.clear();
    this.#leave();
  }

  #leave() {
    this.stop();
    this.#emit("anew", null);
  }

  #otherTab() {
    const session = this.storage.get("session");
    if (session?.session_id === this.session?.session_id) {
      if (session) this.session = session;
    } else if (!session) this.#leave();
    else if (this.session) this.#anew();
  }

  #anew() {
    this.#hangUp();
    this.#begin();
    this.#emit("anew", null);
    if (this.life) this.#connect();
  }

  /** @param {string} text @param {any[]} [files] Uploaded ones, each with its file_id. */
  say(text, files = []) {
    const message = this.storage.hold(text, files);
    this.pending.set(message.id, message);
    this.#emit("pending", message);
    if (new TextEncoder().encode(JSON.stringify(messageFrame(message))).length > MAX_FRAME_BYTES)
      this.#tooLong(message.id);
    else if (this.replaced) this.#connect();
    else this.#post(messageFrame(message));
    return message.id;
  }

  /** Say that the customer is writing, now and then. */
  typing() {
    if (Date.now() - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = Date.now();
    this.#post({ action: "typing" });
  }

  /** @param {number} seq @param {{score?: number, thumb?: string, reason?: string}} rating */
  rate(seq, rating) {
    this.#postOnce(`rate.${seq}`, { action: "rate", seq, ...rating });
  }

  requestHuman() {
    this.#postOnce("request_human", { action: "request_human", message_id: newId() });
  }

  end() {
    return this.#post({ action: "end" });
  }

  /** Send a message again that failed for a while. @param {string} id */
  again(id) {
    const message = this.pending.get(id);
    if (message && !this.#post(messageFrame(message))) this.#connectNow();
  }

  /** Give a message up. @param {string} id */
  drop(id) {
    this.pending.delete(id);
    this.storage.set(`pending.${id}`, null);
  }

  /** Read the events before those that are known. */
  async readEarlier() {
    if (this.earlier === null) return;
    const before = this.earlier;
    this.earlier = null;
    try {
      this.#past(await this.call("GET", `/history?order=newest&limit=${HISTORY_PAGE}&before_seq=${before}`));
    } catch (error) {
      this.earlier = before;
      throw error;
    }
  }

  /**
   * Call the REST API below this session.
   * @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>}
   */
  async call(method, path, body) {
    if (!this.session) throw new RefusedError(401, "");
    return this.#fetch(method, `/chat/sessions/${this.session.session_id}${path}`, body, this.session.token);
  }

  /** Announce a file that is to be uploaded. @param {any} file @returns {Promise<any>} */
  announce(file) {
    return this.#fetch("POST", "/attachments", file, this.session?.token ?? "");
  }

  /** A file of this conversation. @param {string} fileId @returns {Promise<Blob>} */
  async download(fileId) {
    if (!this.session) throw new RefusedError(401, "");
    const { session_id, token } = this.session;
    const address = `${this.base}/chat/sessions/${session_id}/attachments/${encodeURIComponent(fileId)}`;
    const answer = await fetch(address, { credentials: "omit", headers: { Authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new RefusedError(answer.status, "");
    return answer.blob();
  }

  /** @param {string} method @param {string} path @param {any} body @param {string} token */
  async #fetch(method, path, body, token) {
    const answer = await fetch(this.base + path, {
      method,
      credentials: "omit",
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const isJson = answer.status !== 204 && /json/.test(answer.headers.get("content-type") ?? "");
    const content = isJson ? await answer.json() : null;
    if (!answer.ok) {
      throw new RefusedError(answer.status, content?.detail ?? "", Number(answer.headers.get("retry-after")) || 0);
    }
    return content;
  }

  #connectNow() {
    if (!this.timer || Date.now() < this.notBefore) return;
    clearTimeout(this.timer);
    this.#connect();
  }

  async #connect() {
    this.timer = 0;
    this.replaced = false;
    // A later call, as by a restart, overtakes one that still waits for its address.
    const run = ++this.run;
    let address = "";
    try {
      address = await this.#address();
    } catch (error) {
      if (run !== this.run) return;
      const { status = 0, pauseS = 0 } = /** @type {Partial<RefusedError>} */ (error);
      // What the server will not take now it will not take again, unless it is only asked to wait.
      if (status >= 400 && status < 500 && ![408, 429].includes(status)) this.#emit("refused", error);
      else this.#lost(pauseS, status === 429);
      return;
    }
    if (!address || run !== this.run || !this.life) return;
    const socket = new WebSocket(address);
    const joiner = new PartJoiner();
    this.socket = socket;
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", (event) => {
      const frame = joiner.take(JSON.parse(event.data));
      if (frame) this.#take(socket, frame);
    });
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) this.#closed(event.code);
    });
  }

  /** Where to connect, or nothing where the session has ended. */
  async #address() {
    const { session } = this;
    if (!session) return this.#openSession();
    try {
      const fresh = await this.#fetch("POST", `/chat/sessions/${session.session_id}/socket`, {}, session.token);
      if (this.session === session) this.#keep({ session_id: session.session_id, token: fresh.token ?? session.token });
      if (this.log.lastSeq === 0) await this.#readLatest();
      return fresh.ws_url;
    } catch (error) {
      if (!(error instanceof RefusedError) || ![401, 404].includes(error.status)) throw error;
      // Over, erased or from before a new beginning: what was not sent goes into the next conversation.
      this.session = null;
      this.log = new EventLog();
      this.answers = new StreamedAnswers();
      this.earlier = null;
      for (const key of this.waiting.keys()) if (key.startsWith("rate.")) this.waiting.delete(key);
      for (const key of OF_ONE_CONVERSATION) this.storage.clear(key);
      this.#emit("expired", null);
      for (const message of this.pending.values()) this.#emit("pending", message);
      return this.#openSession();
    }
  }

  async #openSession() {
    const opening = this.opening();
    const open = () => this.#fetch("POST", "/chat/sessions", opening, "");
    const opened = await open().catch((error) => {
      if (!opening.identity_token || ![400, 401].includes(error.status)) throw error;
      // An old proof must not keep the visitor out: the page may bring another, which is then bound to this session.
      opening.identity_token = undefined;
      this.#emit("unproven", error.message);
      return open();
    });
    this.#keep({ session_id: opened.session_id, token: opened.token });
    return opened.ws_url;
  }

  /** @param {{session_id: string, token: string}} session */
  #keep(session) {
    this.session = session;
    this.storage.set("session", session);
  }

  async #readLatest() {
    this.#past(await this.call("GET", `/history?order=newest&limit=${HISTORY_PAGE}`));
  }

  /** @param {{events: any[], next_before_seq: number | null}} page */
  #past({ events, next_before_seq }) {
    // They come newest first.
    events.reverse();
    this.earlier = next_before_seq;
    const last = events.at(-1)?.seq ?? 0;
    for (const event of events) if (event.message_id) this.drop(event.message_id);
    if (last > this.log.lastSeq) this.log.settle(last);
    this.#emit("past", { events, more: next_before_seq !== null });
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    if (this.socket !== socket) return;
    this.heard = false;
    this.#emit("open", null);
    this.answers.reconnected();
    this.#resume();
    for (const message of this.pending.values()) this.#post(messageFrame(message));
    for (const [key, frame] of this.waiting) if (this.#post(frame)) this.waiting.delete(key);
    this.pingTimer = setInterval(() => this.#ping(socket), PING_EVERY_MS);
  }

  #resume() {
    this.resuming = true;
    this.#post({ action: "resume", after_seq: this.log.lastSeq });
  }

  /** @param {WebSocket} socket */
  #ping(socket) {
    this.#post({ action: "ping" });
    clearTimeout(this.pongTimer);
    this.pongTimer = setTimeout(() => socket.close(), PONG_WITHIN_MS);
  }

  #hangUp() {
    clearTimeout(this.timer);
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
    const old = this.socket;
    this.socket = null;
    old?.close();
  }

  /** @param {number} code */
  #closed(code) {
    this.#hangUp();
    if (code === MESSAGE_TOO_BIG) this.#dropLongest();
    if (this.replaced) this.#emit("replaced", null);
    else if (code === GOING_AWAY && this.heard) this.#connect();
    else this.#lost();
  }

  /** Give up what the server has closed the socket for, so that it is not sent and closed again for ever. */
  #dropLongest() {
    const [longest] = [...this.pending.values()].sort((a, b) => b.text.length - a.text.length);
    if (longest) this.#tooLong(longest.id);
  }

  /** @param {string} message_id */
  #tooLong(message_id) {
    this.drop(message_id);
    this.#emit("frame", { type: "error", code: "frame_too_large", message: "", retryable: false, message_id });
  }

  #lost(pauseS = 0, isTooOften = false) {
    this.#hangUp();
    if (!this.life) return;
    this.#emit("lost", isTooOften);
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.tries);
    this.tries += 1;
    const pause = pauseS * 1000 + longest * (0.5 + Math.random() / 2);
    if (pauseS) this.notBefore = Date.now() + pauseS * 1000;
    this.timer = setTimeout(() => this.#connect(), pause);
  }

  /** @param {WebSocket} socket @param {any} frame */
  #take(socket, frame) {
    if (this.socket !== socket) return;
    clearTimeout(this.pongTimer);
    if (frame.type === "error" && frame.code === "unknown_connection") {
      socket.close();
      return;
    }
    // Only what the server says counts as a connection that works: it may close each as soon as it is open.
    this.tries = 0;
    this.heard = true;
    if (frame.type === "error" && !frame.message_id && frame.retryable && this.resuming) {
      setTimeout(() => this.socket === socket && this.#resume(), RESUME_AGAIN_MS);
      return;
    }
    if (frame.type === "error" && frame.message_id && !frame.retryable) this.drop(frame.message_id);
    if (frame.type === "closing" && frame.reason === "forgotten") {
      this.forgotten();
      return;
    }
    if (frame.type === "closing") this.replaced = frame.reason === "too_many_connections";
    if (!["accepted", "status"].includes(frame.type)) {
      for (const [turnId, text] of this.answers.take(frame)) this.#emit("draft", { turnId, text });
    }
    let kind = "frame";
    if (["accepted", "event", "reply", "agent"].includes(frame.type)) {
      if (frame.message_id) this.drop(frame.message_id);
      if (!this.log.add(frame.seq) && frame.type !== "accepted") kind = "known";
    }
    if (frame.type === "resumed") {
      this.log.settle(frame.last_seq);
      this.resuming = false;
    }
    this.#emit(kind, frame);
    if (!this.resuming && (this.log.hasGap || frame.more)) this.#resume();
  }

  /** Send a frame now, or the last one of its key as soon as there is a connection. @param {string} key @param {object} frame */
  #postOnce(key, frame) {
    if (!this.#post(frame)) this.waiting.set(key, frame);
  }

  /** @param {object} frame @returns {boolean} Whether it was sent. */
  #post(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** @param {string} kind @param {any} detail */
  #emit(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
