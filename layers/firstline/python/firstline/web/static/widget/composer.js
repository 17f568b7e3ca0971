// Where the visitor writes: text, files by button, paste or drop, and a person one tap away.

import { loadModule } from "./assets.js";
import { el, icon } from "./elements.js";

const CLIP =
  "M16.5 6v11.5a4 4 0 0 1-8 0V5a2.5 2.5 0 0 1 5 0v10.5a1 1 0 0 1-2 0V6H10v9.5a2.5 2.5 0 0 0 5 0V5a4 4 0 0 0-8 0v12.5a5.5 5.5 0 0 0 11 0V6z";
const SEND = "M3 20.5v-7l9-1.5-9-1.5v-7L22 12z";

export class Composer {
  /**
   * @param {import("./texts.js").Texts} texts
   * @param {{send: (text: string, files: any[]) => void, typing: () => void, person: () => void, session: () => Promise<import("./connection.js").ChatConnection>,
   *   say: (text: string) => void}} actions
   */
  constructor(texts, actions) {
    this.texts = texts;
    this.actions = actions;
    this.field = el("textarea", {
      rows: 1,
      maxlength: 4000,
      "aria-label": texts.get("widget.your_message"),
      placeholder: texts.get("widget.placeholder"),
      enterkeyhint: "send",
    });
    this.input = el("input", { type: "file", multiple: true, hidden: true, tabindex: -1, "aria-hidden": "true" });
    this.files = el("ul", { class: "files", hidden: true });
    const clip = el(
      "button",
      {
        type: "button",
        class: "plain",
        "aria-label": texts.get("widget.attach"),
        title: texts.get("widget.attach"),
        onclick: () => this.input.click(),
      },
      icon(CLIP),
    );
    this.send = el(
      "button",
      { type: "submit", class: "send", "aria-label": texts.get("widget.send"), title: texts.get("widget.send") },
      icon(SEND),
    );
    this.person = el(
      "button",
      { type: "button", class: "person", onclick: actions.person },
      texts.get("widget.talk_to_person"),
    );
    this.element = el(
      "form",
      { class: "composer" },
      this.files,
      el("div", { class: "line" }, clip, this.input, this.field, this.send),
      el("div", { class: "below" }, this.person),
    );
    /** @type {any} */
    this.uploads = null;
    this.element.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#submit();
      }
    });
    this.field.addEventListener("input", () => {
      this.#grow();
      actions.typing();
    });
    this.field.addEventListener("paste", (/** @type {ClipboardEvent} */ event) => {
      if (event.clipboardData?.files.length) {
        event.preventDefault();
        this.add(event.clipboardData.files);
      }
    });
    this.input.addEventListener("change", () => {
      this.add(this.input.files);
      this.input.value = "";
    });
  }

  /** @param {string} text */
  write(text) {
    this.field.value = text;
    this.#grow();
    this.field.focus();
  }

  /** Take files in. @param {Iterable<File>} files */
  async add(files) {
    const chosen = [...files];
    if (!chosen.length) return;
    if (!this.uploads) {
      const { Uploads } = await loadModule("attachments.js");
      this.uploads ??= new Uploads(this.files, this.texts, this.actions);
    }
    this.uploads.add(chosen);
  }

  /** @param {boolean} isUsable */
  setUsable(isUsable) {
    this.field.disabled = !isUsable;
    this.send.disabled = !isUsable;
  }

  async #submit() {
    const text = this.field.value.trim();
    if (this.uploads?.isBusy) {
      this.actions.say(this.texts.get("widget.still_uploading"));
      return;
    }
    const files = this.uploads?.take() ?? [];
    if (!text && !files.length) return;
    this.field.value = "";
    this.#grow();
    this.actions.send(text, files);
    this.field.focus();
  }

  #grow() {
    this.field.style.height = "auto";
    if (this.field.value) this.field.style.height = `${Math.min(this.field.scrollHeight, 140)}px`;
  }
}
