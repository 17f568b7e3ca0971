// What can be done with a conversation beside talking: transcript, sound, rating, ending it, forgetting it.

import { el } from "./elements.js";
import { askSatisfaction } from "./rating.js";
import { openSheet, whatFailed } from "./sheet.js";

const PAGE = 100;

/** @param {import("./conversation.js").Conversation} talk */
export function toggleMenu(talk) {
  const there = talk.panel.header.querySelector(".menu");
  if (there) {
    shut(talk);
    return;
  }
  const { texts, connection } = talk;
  const isOpen = Boolean(connection.session);
  const sounds = connection.storage.get("sound") === true;
  const entries = [
    isOpen && ["download", () => download(talk)],
    isOpen && talk.panel.site.can_mail && ["mail_transcript", () => mailTranscript(talk)],
    [sounds ? "sound_off" : "sound_on", () => connection.storage.set("sound", sounds ? null : true)],
    isOpen && lastAnswer(talk) && ["rate_conversation", () => askSatisfaction(talk)],
    isOpen && ["end", () => end(talk)],
    isOpen && ["forget", () => askForget(talk)],
  ].filter(Boolean);
  const menu = el("div", { class: "menu", role: "menu" });
  for (const [key, act] of /** @type {[string, () => void][]} */ (entries)) {
    const choose = () => {
      shut(talk);
      act();
    };
    menu.append(
      el("button", { type: "button", role: "menuitem", tabindex: -1, onclick: choose }, texts.get(`widget.${key}`)),
    );
  }
  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => onKey(talk, menu, event));
  menu.addEventListener("focusout", (/** @type {FocusEvent} */ event) => {
    if (
      event.relatedTarget &&
      !menu.contains(/** @type {Node} */ (event.relatedTarget)) &&
      event.relatedTarget !== talk.panel.menuButton
    )
      shut(talk, false);
  });
  talk.panel.header.append(menu);
  talk.panel.menuButton.setAttribute("aria-expanded", "true");
  menu.querySelector("button")?.focus();
}

/** @param {import("./conversation.js").Conversation} talk @param {boolean} [refocus] */
function shut(talk, refocus = true) {
  talk.panel.header.querySelector(".menu")?.remove();
  talk.panel.menuButton.setAttribute("aria-expanded", "false");
  if (refocus) talk.panel.menuButton.focus();
}

/** @param {import("./conversation.js").Conversation} talk @param {HTMLElement} menu @param {KeyboardEvent} event */
function onKey(talk, menu, event) {
  const items = /** @type {HTMLElement[]} */ ([...menu.children]);
  const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Escape" || event.key === "Tab") shut(talk);
  else if (to === undefined) return;
  else items[(to + items.length) % items.length].focus();
  event.preventDefault();
  event.stopPropagation();
}

/** @param {import("./conversation.js").Conversation} talk */
function lastAnswer(talk) {
  const answers = [...talk.log.list.querySelectorAll(".entry.bot[data-seq], .entry.agent[data-seq]")];
  return Number(/** @type {HTMLElement | undefined} */ (answers.at(-1))?.dataset.seq ?? 0);
}

/** @param {import("./conversation.js").Conversation} talk */
async function download(talk) {
  const { texts, connection } = talk;
  const moment = new Intl.DateTimeFormat(texts.region, { dateStyle: "long", timeStyle: "short" });
  const lines = [];
  for (let after = 0; after !== null; ) {
    const page = await connection.call("GET", `/history?order=oldest&limit=${PAGE}&after_seq=${after}`);
    for (const event of page.events) {
      const who = texts.get(`widget.author_${event.author}`);
      lines.push(`[${moment.format(new Date(event.at))}] ${who}: ${event.text.replaceAll("**", "")}`);
      for (const { number, title, url = "" } of event.detail.citations ?? []) lines.push(`[${number}] ${title} ${url}`);
    }
    after = page.next_after_seq;
  }
  const address = URL.createObjectURL(new Blob([`${lines.join("\n\n")}\n`], { type: "text/plain;charset=utf-8" }));
  el("a", { href: address, download: "conversation.txt" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** @param {import("./conversation.js").Conversation} talk */
function mailTranscript(talk) {
  const { texts, connection } = talk;
  const address = el("input", {
    type: "email",
    required: true,
    autocomplete: "email",
    "aria-label": texts.get("widget.email"),
  });
  const said = el("p", { role: "alert" });
  const form = el(
    "form",
    {},
    el("label", {}, texts.get("widget.email"), address),
    said,
    el("button", { type: "submit", class: "primary" }, texts.get("widget.send")),
  );
  const close = openSheet(talk.panel, texts.get("widget.mail_transcript"), [form]);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await connection.call("POST", "/transcript", { email: address.value });
    } catch (error) {
      said.textContent = whatFailed(texts, error);
      return;
    }
    close();
    talk.log.notice(texts.get("widget.transcript_sent"));
    talk.announcer.say(texts.get("widget.transcript_sent"));
  });
}

/** @param {import("./conversation.js").Conversation} talk */
function end(talk) {
  if (!talk.connection.end()) {
    talk.tell(talk.texts.get("widget.reconnecting"));
    return;
  }
  const seq = lastAnswer(talk);
  if (seq && !talk.connection.storage.get("csat")) askSatisfaction(talk);
}

/** @param {import("./conversation.js").Conversation} talk */
function askForget(talk) {
  const { texts, connection, host } = talk;
  const said = el("p", { role: "alert" });
  const confirm = el("button", { type: "button", class: "danger" }, texts.get("widget.forget_now"));
  const close = openSheet(talk.panel, texts.get("widget.forget"), [
    el("p", {}, texts.get("widget.forget_explained")),
    said,
    confirm,
  ]);
  confirm.addEventListener("click", async () => {
    try {
      await connection.call("DELETE", "/conversation");
    } catch (error) {
      // Without its session the conversation is gone already, as by another tab.
      if (/** @type {any} */ (error).status !== 401) {
        said.textContent = whatFailed(texts, error);
        return;
      }
    }
    close();
    connection.forgotten();
    talk.panel.start();
    host.heard("forgotten", null);
  });
}
