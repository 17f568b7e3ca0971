// What is asked of the visitor beside the conversation: the form before it, an address while nobody is there.

import { el, link } from "./elements.js";
import { openSheet, whatFailed } from "./sheet.js";

/** @param {import("./conversation.js").Conversation} talk */
export function askFirst(talk) {
  const { texts, connection } = talk;
  const { site, sheet } = talk.panel;
  // Being refused twice, as for a letter and for the message, asks once.
  if (sheet.querySelector(".prechat")) return;
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
    el("button", { class: "person", value: "person" }, texts.get("widget.talk_to_person")),
  );
  const how = { required: true, quiet: !talk.panel.element.matches(":focus-within") };
  const close = openSheet(talk.panel, texts.get("widget.before_we_begin"), [form], how);
  form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const email = form.elements.email?.value?.trim();
    const given = {
      // Of a form, name is its own name as long as no field is called so.
      name: form.querySelector("[name=name]")?.value?.trim() ?? "",
      ...(email ? { email } : {}),
      consent: Boolean(form.elements.consent?.checked),
    };
    connection.storage.set("prechat", given);
    close();
    connection.start();
    if (/** @type {HTMLButtonElement | null} */ (event.submitter)?.value) talk.person();
  });
}

/**
 * Ask where to answer while nobody is there; a small form in the conversation, for as long as it is not filled in.
 * @param {import("./conversation.js").Conversation} talk
 */
export function offerEmail(talk) {
  const { texts, connection, log } = talk;
  if (log.list.querySelector(".leave-email")) return;
  const address = el("input", {
    id: "leave-email",
    type: "email",
    required: true,
    autocomplete: "email",
    placeholder: texts.get("widget.email"),
  });
  const said = el("p", { role: "alert" });
  const send = el("button", { type: "submit", class: "primary" }, texts.get("widget.send"));
  const form = el(
    "form",
    {},
    el("label", { for: "leave-email" }, texts.get("widget.leave_email")),
    address,
    send,
    said,
  );
  const entry = el("li", { class: "entry system leave-email" }, form);
  log.list.append(entry);
  talk.announcer.say(texts.get("widget.leave_email"));
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await connection.call("PUT", "/contact", { email: address.value.trim() });
    } catch (error) {
      said.textContent = whatFailed(texts, error);
      return;
    }
    connection.storage.set("contact", address.value.trim());
    entry.remove();
    talk.tell(texts.get("widget.email_kept", { email: address.value.trim() }));
    talk.panel.composer.field.focus();
  });
}
