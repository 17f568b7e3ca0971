// Files on their way to the conversation: checked, uploaded with progress, taken back, shown.

import { el } from "./elements.js";
import { openSheet } from "./sheet.js";

const MOST_FILES = 5;
const LARGEST_BYTES = 4.5 * 1024 * 1024;
const KINDS = /\.(pdf|docx|md|txt|html?|png|jpe?g|webp|csv|log)$/i;

/** @typedef {{file: File, line: HTMLElement, id: string, request: XMLHttpRequest | null}} Upload */

export class Uploads {
  /** @param {HTMLElement} list @param {import("./texts.js").Texts} texts @param {any} actions */
  constructor(list, texts, actions) {
    this.list = list;
    this.texts = texts;
    this.actions = actions;
    /** @type {Set<Upload>} */
    this.all = new Set();
  }

  get isBusy() {
    return [...this.all].some((upload) => !upload.id);
  }

  /** The files that are ready, which are then the message's. */
  take() {
    const ready = [...this.all].map(({ id, file }) => ({
      file_id: id,
      name: file.name,
      size: file.size,
      type: file.type,
    }));
    for (const upload of [...this.all]) this.#remove(upload);
    return ready;
  }

  /** @param {File[]} files */
  add(files) {
    for (const file of files) {
      const problem = this.#problem(file);
      if (problem) this.actions.say(problem);
      else this.#start(file);
    }
  }

  /** @param {File} file */
  #problem(file) {
    if (this.all.size >= MOST_FILES) return this.texts.get("widget.too_many_files", { count: MOST_FILES });
    if (file.size > LARGEST_BYTES) return this.texts.get("widget.file_too_large", { name: file.name, megabytes: 4.5 });
    if (!file.size) return this.texts.get("widget.file_empty", { name: file.name });
    return KINDS.test(file.name) ? "" : this.texts.get("widget.file_kind", { name: file.name });
  }

  /** @param {File} file */
  async #start(file) {
    const bar = el("progress", { max: 1, value: 0, "aria-label": file.name });
    const line = el("li", {}, this.#preview(file), el("span", { class: "name" }, file.name), bar);
    /** @type {Upload} */
    const upload = { file, line, id: "", request: null };
    line.append(
      el(
        "button",
        {
          type: "button",
          class: "plain",
          "aria-label": this.texts.get("widget.remove_file", { name: file.name }),
          onclick: () => this.#remove(upload),
        },
        "\u00d7",
      ),
    );
    this.all.add(upload);
    this.list.append(line);
    this.list.hidden = false;
    try {
      const connection = await this.actions.session();
      const announced = await connection.announce({
        name: file.name,
        size: file.size,
        content_type: file.type || null,
      });
      await this.#put(upload, announced.upload, bar);
      upload.id = announced.file_id;
      bar.remove();
    } catch (error) {
      if (!this.all.has(upload)) return;
      this.#remove(upload);
      this.actions.say(
        this.texts.get("widget.file_failed", { name: file.name, reason: /** @type {Error} */ (error).message }),
      );
    }
  }

  /** @param {Upload} upload @param {any} to @param {HTMLProgressElement} bar */
  #put(upload, to, bar) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      upload.request = request;
      request.open(to.method, to.url);
      for (const [name, value] of Object.entries(to.headers)) request.setRequestHeader(name, String(value));
      request.upload.onprogress = (event) => {
        bar.value = event.loaded / event.total;
      };
      request.onload = () => (request.status < 300 ? resolve(null) : reject(new Error(`status ${request.status}`)));
      request.onerror = () => reject(new Error(this.texts.get("widget.offline")));
      request.onabort = () => reject(new Error(""));
      request.send(upload.file);
    });
  }

  /** @param {File} file */
  #preview(file) {
    if (!/^image\/(png|jpeg|webp)$/.test(file.type)) return "";
    // As data, which pages' policies allow more often than blob addresses.
    const image = el("img", { alt: "", width: 40, height: 40 });
    createImageBitmap(file, { resizeWidth: 80, resizeQuality: "low" }).then(
      (bitmap) => image.replaceWith(drawn(bitmap)),
      () => image.remove(),
    );
    return image;
  }

  /** @param {Upload} upload */
  #remove(upload) {
    this.all.delete(upload);
    upload.request?.abort();
    upload.line.remove();
    this.list.hidden = !this.all.size;
  }
}

/** A picture on a canvas, which no Content-Security-Policy forbids. @param {ImageBitmap} bitmap */
function drawn(bitmap) {
  const canvas = el("canvas", { class: "preview", width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  return canvas;
}

/** Show a file of the conversation, or keep it. @param {import("./conversation.js").Conversation} talk @param {any} file */
export async function openFile(talk, file) {
  const content = await talk.connection.download(file.file_id);
  if (/^image\//.test(content.type)) {
    const bitmap = await createImageBitmap(content);
    const canvas = drawn(bitmap);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", file.name);
    openSheet(talk.panel, file.name, [canvas]);
    return;
  }
  const address = URL.createObjectURL(content);
  el("a", { href: address, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
