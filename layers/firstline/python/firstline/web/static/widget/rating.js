// What the visitor thinks of an answer (a thumb and a reason) and of the whole conversation (1 to 5 and a line).

import { el, icon } from "./elements.js";
import { openSheet } from "./sheet.js";

const UP =
  "M9 21h8.5a2 2 0 0 0 1.9-1.3l2.4-6.4A2 2 0 0 0 20 10.500h-5.300l.8-4.200A2 2 0 0 0 13.600 4L8 10v10a1 1 0 0 0 1 1M3 10h3v11H3z";
const DOWN =
  "M15 3H6.500a2 2 0 0 0-1.900 1.300L2.200 10.700A2 2 0 0 0 4 13.500h5.300l-.8 4.200A2 2 0 0 0 10.400 20L16 14V4a1 1 0 0 0-1-1m3 0h3v11h-3z";
/** Where the whole conversation is rated, and no single answer. */
const WHOLE = 0;
const REASONS = ["wrong", "unclear", "incomplete", "not_my_question"];

/** @param {import("./conversation.js").Conversation} talk @param {number} seq @param {HTMLElement} entry */
export function offerRating(talk, seq, entry) {
  const { texts, connection } = talk;
  const kept = connection.storage.get(`rated.${seq}`);
  const line = el("div", { class: "thumbs", role: "group", "aria-label": texts.get("widget.was_this_helpful") });
  const reasons = el("div", { class: "reasons", hidden: true });
  const buttons = new Map();
  const show = (/** @type {string | null} */ thumb) => {
    for (const [name, button] of buttons) button.setAttribute("aria-pressed", String(name === thumb));
    reasons.hidden = thumb !== "down";
  };
  const rate = (/** @type {string} */ thumb, /** @type {string} */ reason = "") => {
    connection.rate(seq, { thumb, ...(reason ? { reason } : {}) });
    connection.storage.set(`rated.${seq}`, { thumb, reason });
    show(thumb);
    if (reason) reasons.hidden = true;
    talk.announcer.say(texts.get("widget.thanks_for_rating"));
  };
  for (const [thumb, path] of [
    ["up", UP],
    ["down", DOWN],
  ]) {
    const button = el(
      "button",
      {
        type: "button",
        class: "plain thumb",
        "aria-pressed": "false",
        "aria-label": texts.get(`widget.thumb_${thumb}`),
        onclick: () => rate(thumb),
      },
      icon(path),
    );
    buttons.set(thumb, button);
    line.append(button);
  }
  for (const reason of REASONS)
    reasons.append(
      el("button", { type: "button", onclick: () => rate("down", reason) }, texts.get(`widget.reason_${reason}`)),
    );
  entry.querySelector(".thumbs")?.remove();
  entry.querySelector(".reasons")?.remove();
  entry.append(line, reasons);
  show(kept?.thumb ?? null);
  if (kept?.reason) reasons.hidden = true;
}

/** Ask for the whole conversation's rating, which can be changed. @param {import("./conversation.js").Conversation} talk */
export function askSatisfaction(talk) {
  const { texts, connection } = talk;
  const comment = el("textarea", {
    rows: 3,
    maxlength: 1000,
    "aria-label": texts.get("widget.csat_comment"),
    placeholder: texts.get("widget.csat_comment"),
  });
  const scores = el("fieldset", { class: "scores" }, el("legend", {}, texts.get("widget.csat_question")));
  for (let score = 1; score <= 5; score += 1) {
    scores.append(
      el("label", {}, el("input", { type: "radio", name: "score", value: score }), el("span", {}, String(score))),
    );
  }
  const ends = el(
    "p",
    { class: "ends" },
    el("span", {}, texts.get("widget.csat_low")),
    el("span", {}, texts.get("widget.csat_high")),
  );
  const form = el(
    "form",
    { class: "csat" },
    scores,
    ends,
    comment,
    el("button", { type: "submit", class: "primary" }, texts.get("widget.send")),
  );
  const before = connection.storage.get("csat");
  if (before) {
    form.elements.score.value = String(before.score);
    comment.value = before.reason ?? "";
  }
  const close = openSheet(talk.panel, texts.get("widget.csat_title"), [form]);
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const score = Number(form.elements.score.value);
    if (!score) return;
    const reason = comment.value.trim();
    connection.rate(WHOLE, { score, ...(reason ? { reason } : {}) });
    connection.storage.set("csat", { score, reason });
    close();
    talk.log.notice(texts.get("widget.thanks_for_rating"));
    talk.announcer.say(texts.get("widget.thanks_for_rating"));
  });
}
