// The conversation in the panel: what the connection hears is shown, what the visitor does is sent.

import { Announcer } from "./announcer.js";
import { ChatLog } from "./chat-log.js";
import { ChatConnection } from "./connection.js";
import { el } from "./elements.js";
import { askSatisfaction, offerRating } from "./rating.js";
import { showSource } from "./sheet.js";

const NODES = ["IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse"];
const TYPING_SHOWN_MS = 6000;
/** What is said in the visitor's language; of other errors, what the server says. */
const SAID_OF_ERRORS = { frame_too_large: "widget.too_long", rate_limited: "widget.too_often" };

export class Conversation {
  typingTimer = 0;
  owner = "bot";
  /** Of the person who has the chat, as far as it is known. @type {string | null} */
  name = null;
  /** Texts of own messages that may still fail. @type {Map<string, string>} */
  sent = new Map();

  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.texts = panel.texts;
    this.host = panel.host;
    this.connection = new ChatConnection(panel.base, panel.storage, panel.host.opening);
    this.announcer = new Announcer(panel.voice);
    this.log = new ChatLog(panel.place, panel.texts, {
      again: (id) => this.#again(id),
      edit: (id, text) => this.#edit(id, text),
      rate: (seq, entry) => offerRating(this, seq, entry),
      source: (citation) => showSource(this, citation),
      earlier: () => this.#readEarlier(),
      file: (file) => panel.extra("attachments.js", "openFile", file),
    });
    this.#listen();
    if (this.connection.session) this.start();
  }

  start() {
    this.connection.start();
  }

  stop() {
    clearTimeout(this.typingTimer);
    this.connection.stop();
  }

  /** @param {string} text @param {any[]} files @param {boolean} [isHeld] It waits in the storage already. */
  send(text, files, isHeld = false) {
    this.connection.start();
    if (!isHeld) this.connection.say(text, files);
    this.log.showStatus("");
    this.host.heard("message", { author: "customer", text });
  }

  typing() {
    this.connection.start();
    this.connection.typing();
  }

  person() {
    this.connection.start();
    this.connection.requestHuman();
  }

  /** A connection whose session is open, as uploading needs. */
  async withSession() {
    this.connection.start();
    if (!this.connection.session) {
      await new Promise((resolve) => this.connection.addEventListener("open", resolve, { once: true }));
    }
    return this.connection;
  }

  /** Tell the visitor something that is no part of the conversation. @param {string} text */
  tell(text) {
    this.log.notice(text);
    this.announcer.say(text);
  }

  #listen() {
    const on = (/** @type {string} */ kind, /** @type {(detail: any) => void} */ act) =>
      this.connection.addEventListener(kind, (event) => act(/** @type {CustomEvent} */ (event).detail));
    on("open", () => {
      this.#showState("");
      this.panel.hideBeginning();
    });
    on("lost", (isTooOften) => {
      const isReached = isTooOften ? "widget.too_often" : "widget.reconnecting";
      this.#showState(navigator.onLine ? isReached : "widget.offline");
      this.log.showStatus("");
    });
    on("replaced", () => this.#showState("widget.replaced"));
    on("refused", (error) => this.#refused(error));
    on("expired", () => {
      this.#clear();
      this.tell(this.texts.get("widget.expired"));
    });
    on("unproven", (reason) => this.host.heard("identity", { reason }));
    on("anew", () => {
      this.#clear();
      if (!this.connection.session) this.panel.showBeginning();
    });
    on("pending", (message) => {
      this.sent.set(message.id, message.text);
      this.log.own(message, "sending");
      this.panel.starters.replaceChildren();
    });
    on("past", ({ events, more }) => {
      this.panel.hideBeginning();
      this.log.keepingPlace(() => {
        for (const event of events) this.#showEvent(event, true);
        this.log.earlier.hidden = !more;
      });
      for (const event of events) if (event.author === "agent" || event.turn_id) this.#news(event, true);
    });
    on("draft", ({ turnId, text }) => this.#draft(turnId, text));
    on("known", (frame) => {
      // The newest entry is an answer, so nothing is being worked on.
      if (frame.author !== "customer" && frame.seq === this.connection.log.lastSeq) this.log.showStatus("");
    });
    on("frame", (frame) => this.#frame(frame));
  }

  /** @param {any} frame */
  #frame(frame) {
    switch (frame.type) {
      case "accepted":
        this.log.accepted(frame.message_id, frame.seq);
        this.sent.delete(frame.message_id);
        break;
      case "status":
        // What a person will answer is only put in its place.
        if (this.owner === "bot" && NODES.includes(frame.node) && !this.log.isWriting(frame.turn_id)) {
          this.log.showStatus(this.texts.get(`widget.node_${frame.node}`));
        }
        break;
      case "connected":
        this.#presence(frame.owner, null, frame.status, frame.waiting);
        if (frame.status === "waiting_for_person") this.#offerEmail();
        break;
      case "agent":
        this.#agent(frame);
        break;
      case "typing":
        this.#typing(frame);
        break;
      case "reply":
        this.announcer.complete(frame.turn_id, frame.text);
        this.#entry({ ...frame, author: "bot" });
        break;
      case "event":
        this.#showEvent(frame, false);
        break;
      case "rated":
        this.#rated(frame);
        break;
      case "error":
        this.#error(frame);
        break;
    }
  }

  /** @param {any} event @param {boolean} isPast */
  #showEvent(event, isPast) {
    const detail = event.detail ?? {};
    if (event.author === "customer") {
      const message = {
        id: event.message_id || `seq-${event.seq}`,
        text: event.text,
        at: Date.parse(event.at),
        files: detail.attachments ?? [],
      };
      this.log.own(message, "sent", event.seq);
      return;
    }
    if (event.author === "system") {
      const said = detail.ended_by === "customer" ? this.texts.get("widget.ended") : event.text;
      this.log.notice(said, event.seq, event.at);
      if (detail.owner) this.#presence(detail.owner === "bot" ? "bot" : "person", detail.name);
      if (isPast) return;
      this.announcer.say(said);
      if (detail.action === "closed" && !this.connection.storage.get("csat")) this.#offerToRate();
      return;
    }
    const { citations = [], handover = null, name, attachments: files = [] } = detail;
    const entry = { ...event, citations, handover, name, files };
    // What the page greets with stays what it was when the conversation begins.
    if (detail.greeting) entry.text = this.panel.options.greeting ?? event.text;
    // The greeting was there before the conversation began.
    if (isPast || (event.author === "bot" && !event.turn_id)) {
      this.log.entry(entry);
      return;
    }
    if (event.turn_id) this.announcer.complete(event.turn_id, event.text);
    else this.announcer.say(event.text);
    this.#entry(entry);
  }

  /** @param {any} entry */
  #entry(entry) {
    this.log.showStatus("");
    this.log.entry(entry);
    this.#news(entry);
    this.host.heard("message", { author: entry.author, text: entry.text, seq: entry.seq });
    if (!entry.handover) return;
    this.#presence("bot", null, "waiting_for_person", entry.waiting);
    this.#offerEmail();
    this.host.heard("handover", entry.handover);
  }

  /** Count what the visitor has not seen. @param {any} entry @param {boolean} [isPast] */
  #news(entry, isPast = false) {
    if (!isPast || entry.seq > (this.connection.storage.get("seen") ?? 0)) this.host.news(entry);
  }

  #clear() {
    this.log.clear();
    this.sent.clear();
    this.#presence("bot", null);
  }

  /** Where a person has closed the conversation. */
  #offerToRate() {
    const rate = el("button", { type: "button", onclick: () => askSatisfaction(this) });
    rate.textContent = this.texts.get("widget.rate_conversation");
    this.log.notice(this.texts.get("widget.csat_title")).append(rate);
  }

  /** @param {string} turnId @param {string | null} text */
  #draft(turnId, text) {
    this.log.draft(turnId, text);
    if (text === null) return;
    this.log.showStatus("");
    this.announcer.growing(turnId, text);
  }

  /** @param {any} frame */
  #agent(frame) {
    this.log.showStatus("");
    const name = frame.name ?? this.texts.get("widget.colleague");
    const isBot = frame.owner === "bot";
    const said = isBot ? this.texts.get("widget.assistant_back") : this.texts.get("widget.talking_to", { name });
    this.log.notice(said, frame.seq);
    this.announcer.say(said);
    this.#presence(frame.owner, frame.name);
    this.host.heard("agent", { owner: frame.owner, name: frame.name });
  }

  /** @param {string} owner @param {string | null} name @param {string} [status] @param {number} [before] Who wait longer. */
  #presence(owner, name, status = "", before) {
    this.owner = owner;
    this.name = owner === "bot" ? null : (name ?? this.name);
    const waits = owner === "bot" && status === "waiting_for_person";
    const bot = waits ? this.#whoComes() : this.texts.get("widget.assistant");
    const person = this.texts.get("widget.talking_to", { name: this.name ?? this.texts.get("widget.colleague") });
    const place =
      waits && before !== undefined ? ` ${this.texts.get("widget.waiting_position", { position: before + 1 })}` : "";
    this.panel.presence.textContent = owner === "bot" ? bot + place : person;
    this.panel.composer.person.hidden = owner !== "bot" || waits;
  }

  /** What somebody who waits for a person may expect. */
  #whoComes() {
    const { people } = this.panel.site;
    const back = people && !people.there && people.back_at ? new Date(people.back_at) : null;
    // The page may be older than the opening.
    if (!back || back < new Date()) return this.texts.get("widget.waiting");
    return this.texts.get("widget.back_at", { day: this.texts.day(back), time: this.texts.time(back) });
  }

  /** Somebody of the visitor's has rated, here or on another device. @param {any} frame */
  #rated({ seq, score, reason = "" }) {
    const { storage } = this.connection;
    if (!seq) storage.set("csat", { score, reason });
    else {
      const thumb = score === 5 ? "up" : score === 1 ? "down" : null;
      storage.set(`rated.${seq}`, { thumb, reason });
      const entry = this.log.known.get(`seq:${seq}`);
      if (entry?.querySelector(".thumbs")) offerRating(this, seq, entry);
    }
    this.host.heard("rated", { seq, score });
  }

  /** While nobody is there and no address is known, ask for one. */
  #offerEmail() {
    const { site, storage } = this.panel;
    const known = storage.get("contact") || storage.get("prechat")?.email;
    if (site.can_mail && site.people && !site.people.there && !known) this.panel.extra("prechat.js", "offerEmail");
  }

  /** @param {any} frame */
  #typing(frame) {
    if (frame.author !== "agent") return;
    this.log.showStatus(this.texts.get("widget.typing", { name: frame.name ?? this.texts.get("widget.colleague") }));
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.log.showStatus(""), TYPING_SHOWN_MS);
  }

  /** @param {import("./connection.js").RefusedError} error */
  #refused(error) {
    if (error.status === 422 && this.panel.site.prechat) {
      // The site asks for something that this visitor has not said yet.
      this.panel.storage.set("prechat", null);
      this.connection.stop();
      this.panel.extra("prechat.js", "askFirst");
    } else this.#showState("widget.refused", { reason: error.message });
  }

  /** @param {any} frame */
  #error(frame) {
    const own = /** @type {Record<string, string>} */ (SAID_OF_ERRORS)[frame.code];
    const reason = own ? this.texts.get(own) : frame.message;
    if (!frame.message_id) {
      this.tell(reason);
      return;
    }
    this.log.failed(frame.message_id, reason, frame.retryable, this.sent.get(frame.message_id) ?? "");
    this.announcer.say(this.texts.get("widget.state_failed", { reason }));
  }

  /** @param {string} id */
  #again(id) {
    const message = this.connection.pending.get(id);
    if (!message) return;
    this.log.own(message, "sending");
    this.connection.again(id);
  }

  /** @param {string} id @param {string} text */
  #edit(id, text) {
    this.log.remove(id);
    this.sent.delete(id);
    this.panel.composer.write(text);
  }

  async #readEarlier() {
    this.log.earlier.disabled = true;
    try {
      await this.connection.readEarlier();
    } catch {
      this.tell(this.texts.get("widget.not_loaded"));
    }
    this.log.earlier.disabled = false;
  }

  /** @param {string} key @param {Record<string, string>} [values] */
  #showState(key, values) {
    const { state } = this.panel;
    const said = key ? this.texts.get(key, values) : "";
    if (said === state.textContent) return;
    state.textContent = said;
    state.hidden = !key;
    this.announcer.say(said);
  }
}
