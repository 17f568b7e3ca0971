// A sheet over the chat: one at a time, closed by its button or Escape, and the focus goes back to where it was.

import { el, link } from "./elements.js";

/**
 * @param {import("./panel.js").Panel} panel @param {string} title @param {(Node | string)[]} content
 * @param {{required?: boolean, quiet?: boolean, onClose?: () => void}} [how] A required sheet can only be filled in,
 * a quiet one leaves the focus where it is.
 * @returns {() => void} Closes it.
 */
export function openSheet(panel, title, content, { required = false, quiet = false, onClose } = {}) {
  const { sheet } = panel;
  panel.closeSheet?.();
  const root = /** @type {ShadowRoot} */ (panel.element.getRootNode());
  const from = /** @type {HTMLElement | null} */ (root.activeElement);
  const behind = [panel.header, panel.place, panel.composer.element];
  const close = () => {
    panel.closeSheet = null;
    sheet.hidden = true;
    sheet.replaceChildren();
    sheet.removeEventListener("keydown", onKey);
    for (const element of behind) element.inert = false;
    (from?.isConnected ? from : panel.composer.field).focus();
    onClose?.();
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || required) return;
    event.preventDefault();
    close();
  };
  const heading = el("h2", { tabindex: -1 }, title);
  const closer = required
    ? ""
    : el("button", { type: "button", class: "plain", onclick: close }, panel.texts.get("widget.done"));
  sheet.setAttribute("role", "dialog");
  sheet.setAttribute("aria-label", title);
  sheet.replaceChildren(el("div", { class: "sheet-head" }, heading, closer), ...content);
  sheet.addEventListener("keydown", onKey);
  for (const element of behind) element.inert = !(required && element === panel.header);
  sheet.hidden = false;
  panel.closeSheet = close;
  if (!quiet) (sheet.querySelector("input, textarea, a, button:not(.plain)") ?? heading).focus();
  return close;
}

/** A source of an answer: its words, and the way to its article. @param {import("./conversation.js").Conversation} talk @param {any} citation */
export function showSource(talk, citation) {
  const heading =
    citation.heading && citation.heading !== citation.title ? `${citation.title}, ${citation.heading}` : citation.title;
  const content = [el("blockquote", {}, citation.quote)];
  if (/^https?:\/\//i.test(citation.url ?? ""))
    content.push(el("p", {}, link(citation.url, talk.texts.get("widget.read_article"))));
  openSheet(talk.panel, heading, content);
}

/** What to tell a visitor whose form was not taken. @param {import("./texts.js").Texts} texts @param {any} error */
export function whatFailed(texts, error) {
  const keys = /** @type {Record<number, string>} */ ({ 422: "widget.wrong_email", 429: "widget.too_often" });
  return texts.get(keys[error.status] ?? "widget.not_loaded");
}
