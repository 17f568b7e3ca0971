// The conversation as a list of entries, each at its place, with day marks; drafts and unsent messages come last.

import { el } from "./elements.js";
import { markdown } from "./markdown.js";

/** Pixels from the end within which the list follows what comes. */
const NEAR_END = 80;
/** How long the place of withdrawn words waits for those that come instead. */
const PLACE_KEPT_MS = 250;

export class ChatLog {
  /**
   * @param {HTMLElement} place What scrolls.
   * @param {import("./texts.js").Texts} texts
   * @param {{again: (id: string) => void, edit: (id: string, text: string) => void,
   *   rate: (seq: number, entry: HTMLElement) => void, source: (citation: any) => void, earlier: () => void,
   *   file: (file: any) => void}} actions
   */
  constructor(place, texts, actions) {
    this.texts = texts;
    this.actions = actions;
    this.list = el("ol", { class: "entries", "aria-label": texts.get("widget.conversation") });
    this.earlier = el(
      "button",
      { type: "button", class: "earlier", hidden: true, onclick: actions.earlier },
      texts.get("widget.earlier"),
    );
    this.status = el("p", { class: "status", hidden: true });
    this.element = place;
    place.append(this.earlier, this.list, this.status);
    /** Entries by what they are: "own:" and a message id, "draft:" and a turn id, "seq:" and a place. @type {Map<string, HTMLElement>} */
    this.known = new Map();
    /** Answers being written whose words are not on the screen yet, by key. @type {Map<string, string>} */
    this.drafts = new Map();
    this.follows = true;
    this.marking = 0;
    let top = 0;
    this.element.addEventListener("scroll", () => {
      // Only a move upwards is the reader's: what grows below leaves the place where it is.
      if (this.element.scrollTop < top) this.follows = false;
      if (this.#fromEnd() < NEAR_END) this.follows = true;
      top = this.element.scrollTop;
    });
    // Entries out of sight have an estimated height until they come into it.
    const resized = new ResizeObserver(() => this.#follow());
    resized.observe(this.list);
    resized.observe(place);
  }

  #fromEnd() {
    return this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight;
  }

  clear() {
    this.list.replaceChildren();
    this.known.clear();
    this.drafts.clear();
    this.showStatus("");
    this.earlier.hidden = true;
  }

  scrollDown() {
    this.follows = true;
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** @param {string} text */
  showStatus(text) {
    this.status.textContent = text;
    this.status.hidden = !text;
    this.#follow();
  }

  /** A message of the visitor. @param {{id: string, text: string, at: number, files: any[]}} message @param {string} state @param {number} [seq] */
  own(message, state, seq) {
    const item = this.#item(`own:${message.id}`, "customer", seq, new Date(message.at));
    item.replaceChildren(
      ...(message.text ? [el("div", { class: "text" }, ...lines(message.text))] : []),
      ...message.files.map((file) => this.#file(file)),
    );
    item.append(
      el(
        "p",
        { class: "state" },
        this.texts.get(`widget.state_${state}`),
        state === "sent" ? ` ${this.texts.time(new Date(message.at))}` : "",
      ),
    );
    item.classList.toggle("waiting", state === "sending");
    this.#follow(state === "sending");
    return item;
  }

  /** A message that failed. @param {string} id @param {string} reason @param {boolean} retryable @param {string} text */
  failed(id, reason, retryable, text) {
    const item = this.known.get(`own:${id}`);
    const state = item?.querySelector(".state");
    if (!item || !state) return;
    item.classList.add("failed");
    item.classList.remove("waiting");
    const act = () => (retryable ? this.actions.again(id) : this.actions.edit(id, text));
    state.replaceChildren(
      this.texts.get("widget.state_failed", { reason }),
      " ",
      el("button", { type: "button", onclick: act }, this.texts.get(retryable ? "widget.try_again" : "widget.edit")),
    );
  }

  /** @param {string} id */
  remove(id) {
    this.known.get(`own:${id}`)?.remove();
    this.known.delete(`own:${id}`);
  }

  /** @param {string} id @param {number} seq */
  accepted(id, seq) {
    const item = this.known.get(`own:${id}`);
    if (!item) return;
    this.#place(item, seq);
    item.classList.remove("waiting", "failed");
    item
      .querySelector(".state")
      ?.replaceChildren(`${this.texts.get("widget.state_sent")} ${this.texts.time(new Date(Number(item.dataset.at)))}`);
  }

  /**
   * An answer as far as it is written; null takes it back. However fast its words come, it is drawn once per frame.
   * @param {string} turnId @param {string | null} text
   */
  draft(turnId, text) {
    const key = `draft:${turnId}`;
    if (text === null) {
      this.drafts.delete(key);
      this.#withdraw(key);
      return;
    }
    if (!this.drafts.size) requestAnimationFrame(() => this.#drawDrafts());
    this.drafts.set(key, text);
  }

  /** Whether words of an answer are there. @param {string} turnId */
  isWriting(turnId) {
    return this.known.has(`draft:${turnId}`) || this.drafts.has(`draft:${turnId}`);
  }

  #drawDrafts() {
    for (const [key, text] of this.drafts) {
      const item = this.#item(key, "bot");
      const body = item.querySelector(".text") ?? item.appendChild(el("div", { class: "text" }));
      const made = markdown(text);
      // Only what has changed is replaced, so that long answers stay light.
      const [before, after] = [[...body.childNodes], [...made.childNodes]];
      let same = 0;
      while (same < before.length && same < after.length && before[same].isEqualNode(after[same])) same += 1;
      for (const node of before.slice(same)) node.remove();
      body.append(...after.slice(same));
      item.setAttribute("aria-busy", "true");
    }
    this.drafts.clear();
    this.#follow();
  }

  /** Hide a draft at once; its place goes a moment later, if nothing has taken it. @param {string} key */
  #withdraw(key) {
    const item = this.known.get(key);
    if (!item) return;
    item.classList.add("withdrawn");
    setTimeout(() => {
      if (!item.classList.contains("withdrawn")) return;
      item.remove();
      this.known.delete(key);
    }, PLACE_KEPT_MS);
  }

  /**
   * An entry of the log that is not the visitor's.
   * @param {{author: string, seq: number, text: string, citations?: any[], handover?: any, name?: string, at?: string, turn_id?: string, files?: any[]}} entry
   */
  entry(entry) {
    const draft = entry.turn_id ? this.known.get(`draft:${entry.turn_id}`) : undefined;
    const item = this.#item(`seq:${entry.seq}`, entry.author, entry.seq, new Date(entry.at ?? Date.now()), draft);
    if (entry.turn_id) {
      this.known.delete(`draft:${entry.turn_id}`);
      this.drafts.delete(`draft:${entry.turn_id}`);
    }
    item.removeAttribute("aria-busy");
    const citations = new Map(
      (entry.citations ?? []).map((/** @type {any} */ citation) => [citation.number, citation]),
    );
    const mark = (/** @type {number} */ number) => {
      const citation = citations.get(number);
      return citation ? this.#chip(citation) : null;
    };
    item.replaceChildren(
      ...(entry.author === "agent"
        ? [el("p", { class: "who" }, entry.name || this.texts.get("widget.colleague"))]
        : []),
    );
    item.append(
      el("div", { class: "text" }, markdown(entry.text, mark)),
      ...(entry.files ?? []).map((file) => this.#file(file)),
    );
    if (entry.handover)
      item.append(el("p", { class: "note" }, this.texts.get("widget.ticket", { ticket: entry.handover.ticket_id })));
    if (citations.size)
      item.append(
        el(
          "p",
          { class: "sources" },
          `${this.texts.get("widget.sources")} `,
          ...[...citations.values()].map((citation) => this.#chip(citation)),
        ),
      );
    if (entry.author === "bot" && entry.turn_id && !entry.handover) this.actions.rate(entry.seq, item);
    this.#follow();
    return item;
  }

  /** A line between entries. @param {string} text @param {number} [seq] @param {string} [at] */
  notice(text, seq, at) {
    const key = seq ? `seq:${seq}` : `notice:${text}`;
    if (!seq) {
      this.known.get(key)?.remove();
      this.known.delete(key);
    }
    const item = this.#item(key, "system", seq, at ? new Date(at) : undefined);
    item.replaceChildren(el("div", { class: "text" }, ...lines(text)));
    // What has no place of its own stays behind what was there when it arose.
    if (!seq) item.dataset.seq = [...this.list.querySelectorAll("[data-seq]")].at(-1)?.dataset.seq ?? "0";
    this.#follow();
    return item;
  }

  /** Keep the place while something is put in above. @param {() => void} change */
  keepingPlace(change) {
    const fromEnd = this.element.scrollHeight - this.element.scrollTop;
    const follows = this.follows;
    change();
    this.element.scrollTop = follows ? this.element.scrollHeight : this.element.scrollHeight - fromEnd;
  }

  /** @param {any} citation */
  #chip(citation) {
    const label = this.texts.get("widget.source_label", { number: citation.number, title: citation.title });
    return el(
      "button",
      { type: "button", class: "chip", "aria-label": label, onclick: () => this.actions.source(citation) },
      String(citation.number),
    );
  }

  /** @param {any} file */
  #file(file) {
    return el(
      "p",
      { class: "file" },
      el("button", { type: "button", onclick: () => this.actions.file(file) }, file.name ?? file.file_id),
    );
  }

  /** @param {string} key @param {string} kind @param {number} [seq] @param {Date} [at] @param {HTMLElement} [instead] */
  #item(key, kind, seq, at, instead) {
    let item = this.known.get(key) ?? instead;
    if (!item) {
      item = /** @type {HTMLElement} */ (el("li"));
      this.list.append(item);
    }
    this.known.set(key, item);
    item.className = `entry ${kind}`;
    if (at) item.dataset.at = String(at.getTime());
    if (seq) this.#place(item, seq);
    if (at) this.#markDays();
    return item;
  }

  /** Put an entry behind the last one that came before it. @param {HTMLElement} item @param {number} seq */
  #place(item, seq) {
    item.dataset.seq = String(seq);
    let before = this.list.lastElementChild;
    while (before && (before === item || !(Number(/** @type {HTMLElement} */ (before).dataset.seq) < seq)))
      before = before.previousElementSibling;
    const there = before ? before.nextElementSibling : this.list.firstElementChild;
    if (there === item) return;
    this.list.insertBefore(item, there);
    this.#markDays();
  }

  /** Say which day it is where an entry is the first of its day; once for all changes of a moment. */
  #markDays() {
    if (this.marking) return;
    this.marking = requestAnimationFrame(() => {
      this.marking = 0;
      let day = "";
      for (const entry of /** @type {Iterable<HTMLElement>} */ (this.list.children)) {
        if (!entry.dataset.at) continue;
        const at = new Date(Number(entry.dataset.at));
        if (at.toDateString() === day) delete entry.dataset.day;
        else entry.dataset.day = this.texts.day(at);
        day = at.toDateString();
      }
    });
  }

  /** @param {boolean} [always] */
  #follow(always = false) {
    if (always || this.follows) requestAnimationFrame(() => this.scrollDown());
  }
}

/** @param {string} text @returns {(Node | string)[]} */
function lines(text) {
  return text.split("\n").flatMap((line, place) => (place ? [document.createElement("br"), line] : [line]));
}
