// The open chat as it is before anything is said: header, greeting, questions to begin with, the line to write in.
// The conversation itself is loaded with the visitor's first sign, or at once where there is one already.

import { loadModule, persist } from "./assets.js";
import { Composer } from "./composer.js";
import { el, icon } from "./elements.js";

const CLOSE = "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6 10.6 12 5 6.4z";
const MENU = "M5 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4m7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4m7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4";

export class Panel {
  /** @type {Promise<any> | null} */
  loading = null;
  /** @type {import("./conversation.js").Conversation | null} */
  conversation = null;
  isGone = false;
  /** Closes the sheet that is open. @type {(() => void) | null} */
  closeSheet = null;

  /**
   * @param {string} base @param {import("./storage.js").VisitorStorage} storage @param {import("./texts.js").Texts} texts
   * @param {any} site What the installation says of the site.
   * @param {import("./options.js").Options} options
   * @param {{close: () => void, news: (entry: any) => void, heard: (kind: string, detail: any) => void,
   *   opening: () => Record<string, any>}} host
   */
  constructor(base, storage, texts, site, options, host) {
    this.base = base;
    this.storage = storage;
    this.texts = texts;
    this.site = site;
    this.options = options;
    this.host = host;
    this.composer = new Composer(texts, {
      send: (text, files) => this.send(text, files),
      typing: () => this.#with((conversation) => conversation.typing()),
      person: () => this.#with((conversation) => conversation.person()),
      session: () => this.converse().then((conversation) => conversation.withSession()),
      say: (text) => this.#with((conversation) => conversation.tell(text)),
    });
    this.presence = el("p", { class: "presence" }, texts.get("widget.assistant"));
    this.state = el("p", { class: "connection", hidden: true });
    this.menuButton = el(
      "button",
      {
        type: "button",
        class: "plain",
        "aria-label": texts.get("widget.menu"),
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        onclick: () => this.extra("menu.js", "toggleMenu"),
      },
      icon(MENU),
    );
    const title = site.name || texts.get("widget.title");
    const logo = site.logo_url ? el("img", { class: "logo", src: new URL(site.logo_url, base).href, alt: "" }) : "";
    const closer = el(
      "button",
      { type: "button", class: "plain close", "aria-label": texts.get("widget.close"), onclick: host.close },
      icon(CLOSE),
    );
    this.header = el(
      "header",
      {},
      logo,
      el("div", { class: "titles" }, el("h2", {}, title), this.presence),
      this.menuButton,
      options.inline ? "" : closer,
    );
    this.starters = el("div", { class: "starters" });
    // What comes is told by the voice, by sentences.
    const log = {
      class: "log",
      tabindex: 0,
      role: "log",
      "aria-live": "off",
      "aria-label": texts.get("widget.conversation"),
    };
    this.place = el("div", log, this.starters);
    this.sheet = el("div", { class: "sheet", hidden: true });
    this.voice = el("div", { class: "unseen", "aria-live": "polite", "aria-relevant": "additions" });
    this.element = el(
      "section",
      {
        class: "panel",
        role: options.inline ? "region" : "dialog",
        "aria-label": title,
        lang: texts.language,
        dir: texts.direction,
      },
      this.header,
      this.state,
      this.place,
      this.composer.element,
      this.sheet,
      this.voice,
    );
    this.#takeDrops();
    if (!storage.get("session")) this.showBeginning();
  }

  /** The chat was opened: go on where the visitor was, or ask what the site wants to know first. */
  async start() {
    if (this.storage.get("session") || this.storage.pending().length)
      await this.#with((conversation) => conversation.start());
    else if (this.site.prechat && !this.storage.get("prechat")) await this.extra("prechat.js", "askFirst");
    // Else a conversation begins with the first sign of the visitor: who only looks leaves nothing behind.
  }

  /** What is to be seen while there is no conversation. */
  showBeginning() {
    this.hideBeginning();
    const bubble = el("li", { class: "entry bot" }, el("div", { class: "text" }, this.#greeting()));
    this.beginning = el("ol", { class: "entries" }, bubble, ...this.#away());
    this.place.prepend(this.beginning);
    const questions = this.options.starters ?? this.site.starter_questions ?? [];
    const button = (/** @type {string} */ question) =>
      el("button", { type: "button", onclick: () => this.send(question) }, question);
    this.starters.replaceChildren(...questions.map(button));
  }

  hideBeginning() {
    this.beginning?.remove();
    this.starters.replaceChildren();
  }

  /** The conversation, loaded when it is first needed. @returns {Promise<import("./conversation.js").Conversation>} */
  converse() {
    const failed = () => {
      this.state.textContent = this.texts.get(navigator.onLine ? "widget.reconnecting" : "widget.offline");
      this.state.hidden = false;
      return !this.isGone;
    };
    this.loading ??= persist(() => loadModule("conversation.js"), failed).then(({ Conversation }) => {
      this.state.textContent = "";
      this.state.hidden = true;
      const conversation = new Conversation(this);
      this.conversation = conversation;
      if (this.isGone) conversation.stop();
      return conversation;
    });
    return this.loading;
  }

  /** @param {string} text @param {any[]} [files] */
  async send(text, files = []) {
    if (this.conversation) {
      this.conversation.send(text, files);
      return;
    }
    // Kept and shown before what sends it has come, which may be long, or after another visit.
    this.storage.hold(text, files);
    const said = el("div", { class: "text" }, text);
    const state = el("p", { class: "state" }, this.texts.get("widget.state_sending"));
    const bubble = el("li", { class: "entry customer waiting" }, said, state);
    this.beginning?.append(bubble);
    await this.#with((conversation) => {
      bubble.remove();
      conversation.send(text, files, true);
    });
  }

  /** Let go of everything. */
  stop() {
    this.isGone = true;
    this.conversation?.stop();
  }

  focus() {
    const first = this.sheet.hidden ? this.composer.field : this.sheet.querySelector("input, button, a");
    first?.focus({ preventScroll: true });
  }

  /** Call a part that is loaded when it is first needed. @param {string} file @param {string} name @param {...any} args */
  extra(file, name, ...args) {
    return this.#with(async (conversation) => {
      const loaded = await loadModule(file);
      await loaded[name](conversation, ...args);
    });
  }

  /** @param {(conversation: import("./conversation.js").Conversation) => any} act */
  async #with(act) {
    const conversation = await this.converse();
    if (!this.isGone) await act(conversation);
  }

  #greeting() {
    const { greeting, is_own_greeting: isOwn } = this.site;
    return this.options.greeting ?? (isOwn ? greeting : this.texts.get("widget.greeting"));
  }

  #away() {
    const { people } = this.site;
    if (!people || people.there) return [];
    const when = people.back_at ? new Date(people.back_at) : null;
    const said = when
      ? this.texts.get("widget.away_until", { day: this.texts.day(when), time: this.texts.time(when) })
      : this.texts.get("widget.away");
    return [el("li", { class: "entry system" }, el("div", { class: "text" }, said))];
  }

  #takeDrops() {
    this.element.addEventListener("dragover", (/** @type {DragEvent} */ event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
    this.element.addEventListener("drop", (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.composer.add(event.dataTransfer.files);
    });
  }
}
