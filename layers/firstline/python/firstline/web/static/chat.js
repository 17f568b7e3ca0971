// The chat box: shows what the connection hears, and sends what is written. Texts are set as text, never as HTML.

import { ChatConnection } from "./connection.js";
import { fillMessage, sourcesList } from "./message.js";

const NODES = {
  IdentifyCustomer: "Reading your message",
  ClassifyQuery: "Understanding the question",
  RetrieveKnowledge: "Looking in the articles",
  GenerateResponse: "Writing the answer",
};
const AUTHORS = { agent: "Support team", system: "Notice" };

const log = document.getElementById("log");
const main = document.querySelector("main");
const status = document.getElementById("status");
const announcer = document.getElementById("announcer");
const connectionState = document.getElementById("connection");
const composer = document.getElementById("composer");
const field = document.getElementById("text");

const connection = new ChatConnection();
/** Answers that are being written, by turn. @type {Map<string, HTMLElement>} */
const drafts = new Map();
/** The customer's messages, by message id. @type {Map<string, HTMLElement>} */
const own = new Map();

/** Add an entry at its place; what is not in the log yet comes last. @param {string} kind @param {number} [seq] */
function addItem(kind, seq) {
  const follows = main.scrollHeight - main.scrollTop - main.clientHeight < 80;
  const item = document.createElement("li");
  item.className = `message ${kind}`;
  if (seq) place(item, seq);
  else log.append(item);
  if (follows) requestAnimationFrame(scrollDown);
  return item;
}

/** Put an entry behind the last one that came before it. @param {HTMLElement} item @param {number} seq */
function place(item, seq) {
  item.dataset.seq = String(seq);
  const before = [...log.children].findLast((other) => other !== item && Number(other.dataset.seq) < seq);
  const there = before ? before.nextElementSibling : log.firstElementChild;
  if (there !== item) log.insertBefore(item, there);
}

function scrollDown() {
  main.scrollTop = main.scrollHeight;
}

/** @param {string} text */
function showStatus(text) {
  status.textContent = text;
  status.hidden = text === "";
  if (text) scrollDown();
}

/** @param {string} id @param {string} text @param {string} state @param {number} [seq] */
function showOwn(id, text, state, seq) {
  let item = own.get(id);
  if (!item) {
    item = addItem("customer", seq);
    own.set(id, item);
    scrollDown();
  } else if (seq) {
    place(item, seq);
  }
  item.className = "message customer";
  item.replaceChildren();
  fillMessage(item, text, []);
  const line = document.createElement("p");
  line.className = "state";
  line.textContent = state;
  item.append(line);
  return item;
}

/** @param {string} id @param {string} reason @param {boolean} retryable */
function showFailure(id, reason, retryable) {
  const item = own.get(id);
  if (!item) return;
  const text = item.querySelector(".text").textContent;
  item.classList.add("failed");
  item.querySelector(".state").textContent = `Not sent: ${reason}`;
  item.querySelector("button")?.remove();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "again";
  button.textContent = retryable ? "Send again" : "Edit";
  button.addEventListener("click", () => {
    if (retryable) {
      showOwn(id, text, "Sending");
      connection.again(id);
      return;
    }
    item.remove();
    own.delete(id);
    field.value = text;
    field.focus();
  });
  item.append(button);
  announcer.textContent = `Your message was not sent: ${reason}`;
}

/** Show an answer as far as it is written, or take it back. @param {string} turnId @param {string | null} text */
function showDraft(turnId, text) {
  if (text === null) {
    drafts.get(turnId)?.remove();
    drafts.delete(turnId);
    return;
  }
  const item = drafts.get(turnId) ?? addItem("bot");
  drafts.set(turnId, item);
  const follows = main.scrollHeight - main.scrollTop - main.clientHeight < 80;
  item.replaceChildren();
  fillMessage(item, text, []);
  showStatus("");
  if (follows) scrollDown();
}

/** @param {{author: string, seq: number, text: string, citations: any[], handover: any}} entry */
function showEntry(entry) {
  const item = addItem(entry.author, entry.seq);
  if (AUTHORS[entry.author]) {
    const who = document.createElement("p");
    who.className = "who";
    who.textContent = AUTHORS[entry.author];
    item.append(who);
  }
  fillMessage(item, entry.text, entry.citations);
  if (entry.handover) {
    const note = document.createElement("p");
    note.className = "handover";
    note.textContent = `Ticket ${entry.handover.ticket_id} is open. You can go on writing here.`;
    item.append(note);
  }
  if (entry.citations.length) item.append(sourcesList(entry.citations));
  announcer.textContent = entry.text;
}

/** @param {any} frame */
function showFrame(frame) {
  switch (frame.type) {
    case "accepted": {
      const item = own.get(frame.message_id);
      if (item) {
        item.querySelector(".state").textContent = "Sent";
        place(item, frame.seq);
      }
      break;
    }
    case "status":
      if (!drafts.has(frame.turn_id)) showStatus(NODES[frame.node] ?? "Working");
      break;
    case "agent":
      showStatus("");
      showNotice(hands(frame), frame.seq);
      break;
    case "typing":
      if (frame.author === "agent") showStatus(`${frame.name ?? "A colleague"} is writing`);
      break;
    case "reply":
      showStatus("");
      showEntry({ ...frame, author: "bot" });
      break;
    case "event":
      showEvent(frame);
      break;
    case "error":
      if (frame.message_id) showFailure(frame.message_id, frame.message, frame.retryable);
      else showNotice(frame.message);
      break;
  }
}

/** @param {any} event */
function showEvent(event) {
  if (event.author === "customer") {
    showOwn(event.message_id, event.text, "Sent", event.seq);
    return;
  }
  showStatus("");
  showEntry({ ...event, citations: event.detail.citations ?? [], handover: event.detail.handover ?? null });
}

/** @param {{owner: string, name: string | null}} frame */
function hands(frame) {
  return frame.owner === "bot" ? "The assistant answers again." : `${frame.name ?? "A colleague"} answers from here on.`;
}

/** @param {string} text @param {number} [seq] */
function showNotice(text, seq) {
  fillMessage(addItem("system", seq), text, []);
  announcer.textContent = text;
}

function send() {
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  connection.say(text);
  showStatus("");
  field.focus();
}

connection.addEventListener("open", () => {
  connectionState.textContent = "Connected";
});
connection.addEventListener("lost", () => {
  connectionState.textContent = "Connection lost, trying again";
  showStatus("");
});
connection.addEventListener("replaced", () => {
  connectionState.textContent = "Open elsewhere; write here to go on here";
  showStatus("");
});
connection.addEventListener("draft", (event) => showDraft(event.detail.turnId, event.detail.text));
connection.addEventListener("expired", () => {
  connectionState.textContent = "This conversation has ended";
  showNotice("This conversation has ended. Start a new one above.");
});
connection.addEventListener("pending", (event) => showOwn(event.detail.id, event.detail.text, "Sending"));
connection.addEventListener("known", (event) => {
  // The newest entry is an answer, so nothing is being worked on.
  if (event.detail.author !== "customer" && event.detail.seq === connection.log.lastSeq) showStatus("");
});
connection.addEventListener("frame", (event) => showFrame(event.detail));

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
field.addEventListener("input", () => connection.typing());
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
document.getElementById("restart").addEventListener("click", () => {
  log.replaceChildren();
  drafts.clear();
  own.clear();
  showStatus("");
  connectionState.textContent = "Connecting";
  connection.restart();
  field.focus();
});

connection.start();
