// Tells screen readers what has come, a sentence at a time while an answer is written, and nothing twice.

import { el } from "./elements.js";

const SENTENCE = /^[\s\S]*?(?:[.!?\u3002\uff01\uff1f](?=\s|$)|\n)\s*/;
const MARKS = /\[\d{1,3}\]|[*_`#|]+/g;

export class Announcer {
  /** @param {HTMLElement} element What screen readers listen to. */
  constructor(element) {
    this.element = element;
    /** What has been told of the answer that is being written, by turn. @type {Map<string, string>} */
    this.told = new Map();
  }

  /** @param {string} text */
  say(text) {
    const plain = text.replace(MARKS, " ").replace(/\s+/g, " ").trim();
    if (!plain) return;
    this.element.append(el("p", {}, plain));
    // What was read out need not stay.
    while (this.element.childElementCount > 20) this.element.firstElementChild?.remove();
  }

  /** Tell the sentences that are complete. @param {string} turnId @param {string} text */
  growing(turnId, text) {
    let told = this.told.get(turnId) ?? "";
    // Another attempt may begin with the same words.
    if (told.startsWith(text)) return;
    if (!text.startsWith(told)) told = "";
    // The last sentence may still change: it is told once another begins.
    for (
      let found = SENTENCE.exec(text.slice(told.length));
      found && told.length + found[0].length < text.length;
      found = SENTENCE.exec(text.slice(told.length))
    ) {
      this.say(found[0]);
      told += found[0];
    }
    this.told.set(turnId, told);
  }

  /** Tell the rest of an answer. @param {string} turnId @param {string} text */
  complete(turnId, text) {
    const told = this.told.get(turnId) ?? "";
    this.say(text.startsWith(told) ? text.slice(told.length) : text);
    this.told.delete(turnId);
  }
}
