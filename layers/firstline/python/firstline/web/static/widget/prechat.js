// The form that a site may ask for before a conversation: name, e-mail, consent.

import { el, link } from "./elements.js";
import { openSheet } from "./sheet.js";

/** @param {import("./conversation.js").Conversation} talk */
export function askFirst(talk) {
  const { texts, connection } = talk;
  const { site } = talk.panel;
  const asked = site.prechat;
  const fields = [];
  const field = (
    /** @type {string} */ name,
    /** @type {string} */ need,
    /** @type {string} */ type,
    /** @type {string} */ complete,
  ) => {
    if (!need || need === "no") return;
    const required = need === "required";
    const label = texts.get(`widget.${name}`) + (required ? "" : ` (${texts.get("widget.optional")})`);
    fields.push(el("label", {}, label, el("input", { name, type, required, maxlength: 200, autocomplete: complete })));
  };
  field("name", asked.name, "text", "name");
  field("email", asked.email, "email", "email");
  if (asked.consent) {
    const more = asked.privacy_url ? [" ", link(asked.privacy_url, texts.get("widget.privacy"))] : [];
    fields.push(
      el(
        "label",
        { class: "consent" },
        el("input", { name: "consent", type: "checkbox", required: true }),
        el("span", {}, asked.consent, ...more),
      ),
    );
  }
  const form = el(
    "form",
    { class: "prechat" },
    ...fields,
    el("button", { type: "submit", class: "primary" }, texts.get("widget.begin")),
  );
  const close = openSheet(talk.panel, texts.get("widget.before_we_begin"), [form], { required: true });
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const given = {
      name: form.elements.name?.value?.trim() ?? "",
      email: form.elements.email?.value?.trim() ?? "",
      consent: Boolean(form.elements.consent?.checked),
    };
    connection.storage.set("prechat", given);
    close();
    connection.start();
  });
}
