// The chat's connection: opens a session, keeps a socket, resends and resumes, so that nothing is lost or doubled.

import { EventLog } from "./event-log.js";
import { PartJoiner } from "./part-joiner.js";
import { StreamedAnswers } from "./streamed-answers.js";

const STORED = "firstline.demo";
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;
const PING_EVERY_MS = 25000;
const PONG_WITHIN_MS = 10000;
const RESUME_AGAIN_MS = 1000;
const TYPING_EVERY_MS = 3000;
/** The server closes a socket that is old so, and expects its client back. */
const GOING_AWAY = 1001;
/** The server closes a socket for a frame that is too long. */
const MESSAGE_TOO_BIG = 1009;
const MAX_FRAME_BYTES = 32 * 1024;

/** A new message id: 128 random bits. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} message_id @param {string} text */
function messageFrame(message_id, text) {
  return { action: "message", message_id, text };
}

/** @param {string} id @param {string} text */
function frameBytes(id, text) {
  return new TextEncoder().encode(JSON.stringify(messageFrame(id, text))).length;
}

/**
 * Events: "open", "lost", "expired", "replaced" (by newer sockets of this user; saying something connects again),
 * "frame" (detail: the frame), "known" (detail: a frame that came before), "draft" (detail: turn id, and the text so far
 * of the answer that is being written, or null where it is none), "pending" (detail: message id and text). Frames may
 * overtake each other; their seq says where they belong.
 */
export class ChatConnection extends EventTarget {
  constructor() {
    super();
    /** @type {{session_id: string, token: string} | null} */
    this.session = null;
    this.log = new EventLog();
    this.answers = new StreamedAnswers();
    /** This socket made room for newer ones. */
    this.replaced = false;
    this.typedAt = 0;
    /** A replay has been asked for and has not ended. */
    this.resuming = false;
    /** Messages that the server has not accepted yet, in order. @type {Map<string, string>} */
    this.pending = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.tries = 0;
    /** The server has said something on this socket. */
    this.heard = false;
    this.run = 0;
    this.timer = 0;
    this.pingTimer = 0;
    this.pongTimer = 0;
    addEventListener("online", () => this.#connectNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#connectNow();
    });
  }

  /** Take up the conversation of this tab, or open one. */
  start() {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "null");
    if (stored) {
      this.session = stored.session;
      this.pending = new Map(stored.pending);
      for (const [id, text] of this.pending) this.#emit("pending", { id, text });
    }
    this.#connect();
  }

  /** Forget the conversation and open another. */
  restart() {
    sessionStorage.removeItem(STORED);
    this.session = null;
    this.log = new EventLog();
    this.answers = new StreamedAnswers();
    this.replaced = false;
    this.tries = 0;
    this.pending.clear();
    clearTimeout(this.timer);
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.#connect();
  }

  /** @param {string} text */
  say(text) {
    const id = newId();
    this.pending.set(id, text);
    this.#store();
    this.#emit("pending", { id, text });
    if (frameBytes(id, text) > MAX_FRAME_BYTES) this.#refuseTooLong(id);
    else if (this.replaced) this.#connect();
    else this.#post(messageFrame(id, text));
  }

  /** Say that the customer is writing, now and then. */
  typing() {
    if (Date.now() - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = Date.now();
    this.#post({ action: "typing" });
  }

  /** Send a message again that failed for a while. @param {string} id */
  again(id) {
    const text = this.pending.get(id);
    if (text !== undefined) this.#post(messageFrame(id, text));
  }

  /** Give a message up. @param {string} id */
  drop(id) {
    this.pending.delete(id);
    this.#store();
  }

  #connectNow() {
    if (this.timer) {
      clearTimeout(this.timer);
      this.#connect();
    }
  }

  async #connect() {
    this.timer = 0;
    this.replaced = false;
    // A later call, as by a restart, overtakes one that still waits for its address.
    const run = ++this.run;
    let address;
    try {
      address = await this.#address();
    } catch {
      if (run === this.run) this.#lost();
      return;
    }
    if (!address || run !== this.run) return;
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
    if (!this.session) {
      const opened = await this.#call("/chat/sessions", {});
      if (!opened.ok) throw new Error(`status ${opened.status}`);
      const { session_id, token, ws_url } = await opened.json();
      this.session = { session_id, token };
      this.#store();
      return ws_url;
    }
    const { session_id, token } = this.session;
    const answer = await this.#call(`/chat/sessions/${session_id}/socket`, { Authorization: `Bearer ${token}` });
    if (answer.status === 401) {
      this.#emit("expired", null);
      return "";
    }
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const fresh = await answer.json();
    this.session = { session_id, token: fresh.token ?? token };
    this.#store();
    return fresh.ws_url;
  }

  /** @param {string} path @param {Record<string, string>} headers */
  #call(path, headers) {
    return fetch(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: "{}" });
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    if (this.socket !== socket) return;
    this.heard = false;
    this.#emit("open", null);
    this.answers.reconnected();
    this.#resume();
    for (const [id, text] of this.pending) this.#post(messageFrame(id, text));
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

  /** @param {number} code */
  #closed(code) {
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
    this.socket = null;
    if (code === MESSAGE_TOO_BIG) this.#dropLongest();
    if (this.replaced) this.#emit("replaced", null);
    else if (code === GOING_AWAY && this.heard) this.#connect();
    else this.#lost();
  }

  /** Give up what the server has closed the socket for, so that it is not sent and closed again for ever. */
  #dropLongest() {
    const [longest] = [...this.pending].sort(([, a], [, b]) => b.length - a.length);
    if (longest) this.#refuseTooLong(longest[0]);
  }

  /** @param {string} message_id */
  #refuseTooLong(message_id) {
    this.drop(message_id);
    const message = "The message is too long.";
    this.#emit("frame", { type: "error", code: "frame_too_large", message, retryable: false, message_id });
  }

  #lost() {
    this.socket = null;
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
    this.#emit("lost", null);
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.tries);
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
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
    }
    if (frame.type === "error" && frame.message_id && !frame.retryable) this.drop(frame.message_id);
    if (frame.type === "closing") this.replaced = frame.reason === "too_many_connections";
    for (const [turnId, text] of frame.type === "accepted" || frame.type === "status" ? [] : this.answers.take(frame)) {
      this.#emit("draft", { turnId, text });
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

  /** @param {object} frame */
  #post(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  #store() {
    sessionStorage.setItem(STORED, JSON.stringify({ session: this.session, pending: [...this.pending] }));
  }

  /** @param {string} kind @param {any} detail */
  #emit(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
