// <firstline-chat>: the launcher and the chat in a shadow root of their own.

import { INSTALLATION, loadFile, persist, styles } from "./assets.js";
import { el, icon } from "./elements.js";
import { isColour, optionsOf, readableOn } from "./options.js";
import { Panel } from "./panel.js";
import { VisitorStorage } from "./storage.js";
import { chooseLanguage, Texts } from "./texts.js";

const CHAT = "M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H8l-5 4V5a2 2 0 0 1 1-2z";
/** As in widget.css. */
const FILLS_SCREEN = matchMedia("(max-width: 480px), (max-height: 480px)");
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
  /** What lies behind the chat that fills the screen. @type {HTMLElement[]} */
  covered = [];
  /** Resolved when the chat can be used, rejected where it never will be. @type {Promise<void>} */
  ready = Promise.resolve();
  /** @type {(then?: any) => void} */
  isReady = () => {};
  /** @type {(reason: any) => void} */
  isFailed = () => {};
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
    const { signal } = this.life;
    this.#start(signal).catch((error) => {
      if (signal.aborted) return;
      this.isFailed(error);
      if (this.given.inline) this.shadowRoot?.replaceChildren(el("p", { role: "alert" }, error.message));
      throw error;
    });
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

  /** Open the chat. @param {{quiet?: boolean}} [how] Quiet: the focus stays where it is, as nobody has asked for it. */
  async open({ quiet = false } = {}) {
    await this.ready;
    if (this.isOpen || !this.panel) return;
    this.isOpen = true;
    this.openedFrom = /** @type {HTMLElement | null} */ (document.activeElement);
    this.panel.element.hidden = false;
    this.launcher.setAttribute("aria-expanded", "true");
    this.#cover();
    this.#seen();
    this.panel.start();
    this.panel.conversation?.log.scrollDown();
    if (!quiet) this.panel.focus();
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
    this.#cover();
    this.storage?.set("open", null);
    if (hadFocus) (this.launcher.hidden ? this.openedFrom : this.launcher)?.focus();
    this.#emit("close", null);
  }

  /** Say who the visitor is. @param {string | null} identityToken Null: nobody from now on; the conversation is left. */
  async identify(identityToken) {
    this.options.identityToken = this.given.identityToken = identityToken ?? undefined;
    await this.ready;
    const { panel, storage } = this;
    if (!panel || !storage) return;
    if (!identityToken) {
      // Whoever comes next finds nothing of the last one.
      storage.clear();
      (await panel.loading)?.connection.forgotten();
      this.#countUnread(0);
      if (this.isOpen) panel.start();
    } else if (storage.get("session") || panel.conversation?.connection.isWanted) {
      const connection = await (await panel.converse()).withSession();
      await connection.call("POST", "/identify", { identity_token: identityToken });
    }
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
    const sure = (/** @type {() => Promise<any>} */ act) => persist(act, (error) => !error.isFinal && !signal.aborted);
    const [site, sheet] = await Promise.all([sure(() => this.#site(base, siteId)), sure(styles)]);
    const language = languageOf(given, site);
    const texts = new Texts(language, await sure(() => textsOf(language)));
    if (signal.aborted) return;
    this.#build(base, sheet, texts, site, given, signal);
    if (given.inline || given.open || (this.storage.get("open") && !matchMedia("(max-width: 480px)").matches))
      this.open({ quiet: true });
    // Who has a conversation hears of its answers also while the chat is closed.
    else if (this.storage.get("session") || this.storage.pending().length) this.panel?.start();
    this.isReady();
    this.#emit("ready", null);
  }

  #stop() {
    this.life?.abort();
    this.life = null;
    this.panel?.stop();
    this.panel = null;
    this.isOpen = false;
    this.#cover();
    this.shadowRoot?.replaceChildren();
    this.#countUnread(0);
    this.#awaitReady();
  }

  #awaitReady() {
    const follow = this.isReady;
    this.ready = new Promise((resolve, reject) => {
      this.isReady = resolve;
      this.isFailed = reject;
    });
    // Who waits for it hears of it; nobody need.
    this.ready.catch(() => {});
    follow(this.ready);
  }

  /** @param {string} base @param {string} siteId */
  async #site(base, siteId) {
    const answer = await fetch(`${base}/sites/${encodeURIComponent(siteId)}`, { credentials: "omit" });
    if (!answer.ok) {
      const said = `Firstline: site ${siteId} cannot be used from this page (status ${answer.status})`;
      throw Object.assign(new Error(said), { isFinal: answer.status < 500 && answer.status !== 429 });
    }
    const { branding, ...site } = await answer.json();
    return { ...site, ...branding };
  }

  /** @param {string} site */
  #opening(site) {
    const token = this.given.identityToken;
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
    const colour = [given.colour, site.colour].find(isColour) ?? "#1d4ed8";
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
    FILLS_SCREEN.addEventListener("change", () => this.#cover(), { signal });
    // What is typed here is no shortcut of the page's.
    for (const kind of ["keydown", "keypress", "keyup"])
      frame.addEventListener(kind, (/** @type {KeyboardEvent} */ event) => {
        event.stopPropagation();
        if (kind === "keydown" && event.key === "Escape" && !event.defaultPrevented && !event.isComposing) this.close();
      });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (!document.hidden && this.isOpen) this.#seen();
      },
      { signal },
    );
  }

  /** While the chat fills the screen, what lies behind it is out of reach. */
  #cover() {
    for (const element of this.covered.splice(0)) element.inert = false;
    const covers = this.isOpen && !this.given.inline && FILLS_SCREEN.matches;
    if (!covers) return;
    for (let at = /** @type {Element} */ (this); at.parentElement && at !== document.body; at = at.parentElement)
      for (const beside of /** @type {Iterable<any>} */ (at.parentElement.children))
        if (beside !== at && !beside.inert) {
          beside.inert = true;
          this.covered.push(beside);
        }
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
    if (this.isOpen && !document.hidden) {
      this.storage?.set("seen", entry.seq);
      return;
    }
    this.#countUnread(this.unread + 1);
    if (this.storage?.get("sound")) this.#sound();
    this.#emit("unread", { count: this.unread, text: entry.text });
  }

  #seen() {
    this.#countUnread(0);
    const seq = this.panel?.conversation?.connection.log.lastSeq;
    if (seq) this.storage?.set("seen", seq);
  }

  /** @param {number} count */
  #countUnread(count) {
    // A number that the page has put there itself stays.
    const own = this.unread ? `(${this.unread}) ` : "";
    const title = document.title.startsWith(own) ? document.title.slice(own.length) : document.title;
    this.unread = count;
    if (own || count) document.title = count ? `(${count}) ${title}` : title;
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

/**
 * What the page says; else what the visitor's browser asks for and the site has; else the site's own. Of a site that
 * lists English alone, as all do that have not been told, nothing is known.
 * @param {import("./options.js").Options} given @param {{languages: string[], offered: string[]}} site
 */
function languageOf(given, { languages, offered }) {
  const isOf = (/** @type {string} */ code) => languages.some((tag) => tag.split("-")[0] === code.split("-")[0]);
  const spoken = String(languages) === "en" ? offered : offered.filter(isOf);
  return (
    chooseLanguage(given.language ? [given.language] : [], offered) ||
    chooseLanguage(navigator.languages, spoken) ||
    chooseLanguage(languages, offered) ||
    "en"
  );
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
