// <firstline-chat>: the launcher and the chat in a shadow root of their own.

import { INSTALLATION, loadFile, styles } from "./assets.js";
import { el, icon } from "./elements.js";
import { optionsOf, readableOn } from "./options.js";
import { Panel } from "./panel.js";
import { VisitorStorage } from "./storage.js";
import { chooseLanguage, Texts } from "./texts.js";

const CHAT = "M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H8l-5 4V5a2 2 0 0 1 1-2z";
/** Texts by language, once per page. @type {Map<string, Promise<Record<string, any>>>} */
const read = new Map();

/** @param {string} language */
function textsOf(language) {
  const file = `locale-${language}.json`;
  const found = read.get(file) ?? loadFile(file).then((answer) => answer.json());
  found.catch(() => read.delete(file));
  read.set(file, found);
  return found;
}

export class FirstlineChat extends HTMLElement {
  /** What configure has said. @type {import("./options.js").Options} */
  options = {};
  /** That, and what attributes say. @type {import("./options.js").Options} */
  given = {};
  /** @type {AbortController | null} */
  life = null;
  /** @type {Panel | null} */
  panel = null;
  /** @type {VisitorStorage | null} */
  storage = null;
  /** @type {Texts | null} */
  texts = null;
  unread = 0;
  isOpen = false;
  /** What had the focus when the chat was opened. @type {HTMLElement | null} */
  openedFrom = null;
  /** Resolved when the chat can be used. @type {Promise<void>} */
  ready = Promise.resolve();
  isReady = () => {};
  launcher = el("button", {
    type: "button",
    class: "launcher",
    "aria-expanded": "false",
    hidden: true,
    onclick: () => (this.isOpen ? this.close() : this.open()),
  });
  badge = el("span", { class: "badge", hidden: true });

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    this.#awaitReady();
  }

  connectedCallback() {
    if (this.life) return;
    this.life = new AbortController();
    this.#start(this.life.signal);
  }

  disconnectedCallback() {
    // An element that is only moved is connected again before this runs on.
    queueMicrotask(() => {
      if (!this.isConnected) this.#stop();
    });
  }

  /** @param {import("./options.js").Options} options */
  configure(options) {
    this.options = { ...this.options, ...options };
    if (!this.life) return;
    this.#stop();
    this.connectedCallback();
  }

  /** Open the chat. */
  async open() {
    await this.ready;
    if (this.isOpen || !this.panel) return;
    this.isOpen = true;
    this.openedFrom = /** @type {HTMLElement | null} */ (document.activeElement);
    this.panel.element.hidden = false;
    this.launcher.setAttribute("aria-expanded", "true");
    this.#countUnread(0);
    this.panel.start();
    this.panel.conversation?.log.scrollDown();
    this.panel.focus();
    this.storage?.set("open", true);
    this.#emit("open", null);
  }

  /** Close it again; the conversation goes on. */
  close() {
    if (!this.isOpen || !this.panel || this.given.inline) return;
    const hadFocus = this.shadowRoot?.activeElement !== null;
    this.isOpen = false;
    this.panel.element.hidden = true;
    this.launcher.setAttribute("aria-expanded", "false");
    this.storage?.set("open", null);
    if (hadFocus) (this.launcher.hidden ? this.openedFrom : this.launcher)?.focus();
    this.#emit("close", null);
  }

  /** Say who the visitor is. @param {string | null} identityToken Null: nobody from now on; the conversation is left. */
  async identify(identityToken) {
    this.options.identityToken = identityToken ?? undefined;
    await this.ready;
    if (!this.panel || !this.storage?.get("session")) return;
    const { connection } = await this.panel.converse();
    if (identityToken) await connection.call("POST", "/identify", { identity_token: identityToken });
    else connection.restart();
  }

  /** Send a message as the visitor. @param {string} text */
  async send(text) {
    await this.open();
    await this.panel?.send(text);
  }

  /** @param {AbortSignal} signal */
  async #start(signal) {
    const given = { ...optionsOf(this.dataset), ...optionsOf(attributes(this)), ...this.options };
    this.given = given;
    const base = (given.base ?? INSTALLATION).replace(/\/$/, "");
    const siteId = given.site ?? "default";
    this.storage = new VisitorStorage(`${new URL(base).host}.${siteId}`);
    const [site, sheet] = await Promise.all([this.#site(base, siteId), styles()]);
    const language = chooseLanguage([given.language ?? "", ...navigator.languages].filter(Boolean), site.offered);
    const texts = new Texts(language, await textsOf(language));
    if (signal.aborted) return;
    this.#build(base, sheet, texts, { ...site, colour: given.colour ?? site.colour }, given, signal);
    if (given.inline || given.open || (this.storage.get("open") && !matchMedia("(max-width: 480px)").matches))
      this.open();
    // Who has a conversation hears of its answers also while the chat is closed.
    else if (this.storage.get("session")) this.panel?.start();
    this.isReady();
    this.#emit("ready", null);
  }

  #stop() {
    this.life?.abort();
    this.life = null;
    this.panel?.stop();
    this.panel = null;
    this.isOpen = false;
    this.shadowRoot?.replaceChildren();
    this.#countUnread(0);
    this.#awaitReady();
  }

  #awaitReady() {
    this.ready = new Promise((resolve) => {
      this.isReady = resolve;
    });
  }

  /** @param {string} base @param {string} siteId */
  async #site(base, siteId) {
    const answer = await fetch(`${base}/sites/${encodeURIComponent(siteId)}`, { credentials: "omit" });
    if (!answer.ok)
      throw new Error(`Firstline: site ${siteId} cannot be used from this page (status ${answer.status})`);
    const { branding, ...site } = await answer.json();
    return { ...site, ...branding };
  }

  /** @param {string} site */
  #opening(site) {
    const { identityToken } = this.options;
    const token = identityToken ?? this.given.identityToken;
    const prechat = this.storage?.get("prechat");
    return {
      site,
      language: this.texts?.language,
      ...(prechat ? { prechat } : {}),
      ...(token ? { identity_token: token } : {}),
    };
  }

  /**
   * @param {string} base @param {CSSStyleSheet} sheet @param {Texts} texts @param {any} site
   * @param {import("./options.js").Options} given @param {AbortSignal} signal
   */
  #build(base, sheet, texts, site, given, signal) {
    const root = /** @type {ShadowRoot} */ (this.shadowRoot);
    root.adoptedStyleSheets = [sheet];
    const colour = site.colour || "#1d4ed8";
    const frame = el("div", {
      class: `frame ${given.inline ? "inline" : `corner ${given.position ?? "right"}`} theme-${given.theme ?? "auto"}`,
    });
    frame.style.setProperty("--accent", colour);
    frame.style.setProperty("--on-accent", readableOn(colour));
    this.panel = new Panel(base, /** @type {VisitorStorage} */ (this.storage), texts, site, given, {
      opening: () => this.#opening(given.site ?? "default"),
      close: () => this.close(),
      news: (entry) => this.#news(entry),
      heard: (kind, detail) => this.#emit(kind, detail),
    });
    this.texts = texts;
    this.launcher.setAttribute("aria-label", texts.get("widget.open"));
    this.launcher.replaceChildren(icon(CHAT), this.badge);
    this.launcher.hidden = given.inline === true || given.launcher === false;
    this.panel.element.hidden = true;
    frame.append(this.panel.element, this.launcher);
    root.replaceChildren(frame);
    this.#watchKeyboard(frame, signal);
    frame.addEventListener(
      "keydown",
      (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape" && !event.defaultPrevented) this.close();
      },
      { signal },
    );
    document.addEventListener(
      "visibilitychange",
      () => {
        if (!document.hidden && this.isOpen) this.#countUnread(0);
      },
      { signal },
    );
  }

  /** Phones' keyboards cover the page without making it smaller. @param {HTMLElement} frame @param {AbortSignal} signal */
  #watchKeyboard(frame, signal) {
    const seen = visualViewport;
    const measure = () => {
      const covered = seen && seen.scale === 1 && seen.height < innerHeight;
      frame.style.setProperty("--seen", covered ? `${seen.height}px` : "");
      frame.style.setProperty("--seen-from", covered ? `${seen.offsetTop}px` : "");
    };
    for (const kind of ["resize", "scroll"]) seen?.addEventListener(kind, measure, { signal });
  }

  /** @param {any} entry */
  #news(entry) {
    if (this.isOpen && !document.hidden) return;
    this.#countUnread(this.unread + 1);
    if (this.storage?.get("sound")) this.#sound();
    this.#emit("unread", { count: this.unread, text: entry.text });
  }

  /** @param {number} count */
  #countUnread(count) {
    this.unread = count;
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = count ? `(${count}) ${title}` : title;
    this.badge.textContent = count ? String(count) : "";
    this.badge.hidden = !count;
    if (!this.texts) return;
    this.launcher.setAttribute(
      "aria-label",
      count ? this.texts.get("widget.unread", { count }) : this.texts.get("widget.open"),
    );
  }

  /** Two short tones, made and not fetched. */
  #sound() {
    const audio = new AudioContext();
    const gain = audio.createGain();
    gain.gain.setValueAtTime(0.06, audio.currentTime);
    gain.connect(audio.destination);
    for (const [place, frequency] of [660, 880].entries()) {
      const tone = audio.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(gain);
      tone.start(audio.currentTime + place * 0.12);
      tone.stop(audio.currentTime + place * 0.12 + 0.1);
      tone.onended = () => place && audio.close();
    }
  }

  /** @param {string} kind @param {any} detail */
  #emit(kind, detail) {
    this.dispatchEvent(new CustomEvent(`firstline:${kind}`, { detail, bubbles: true, composed: true }));
  }
}

/** Attributes as data: identity-token is identityToken. @param {Element} element */
function attributes(element) {
  return Object.fromEntries(
    [...element.attributes].map(({ name, value }) => [
      name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()),
      value,
    ]),
  );
}

if (!customElements.get("firstline-chat")) customElements.define("firstline-chat", FirstlineChat);
