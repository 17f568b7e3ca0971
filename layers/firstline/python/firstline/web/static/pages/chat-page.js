// The chat alone: what the address says of it (?site=shop&language=de) goes to the element.

const chat = document.createElement("firstline-chat");
for (const [name, value] of new URLSearchParams(location.search)) {
  if (["site", "language", "colour", "theme"].includes(name)) chat.setAttribute(name, value);
}
chat.setAttribute("inline", "");
chat.addEventListener("firstline:ready", () => {
  const panel = chat.shadowRoot?.querySelector(".panel");
  document.documentElement.lang = panel?.getAttribute("lang") ?? "en";
  document.title = panel?.getAttribute("aria-label") ?? document.title;
});
document.getElementById("chat")?.append(chat);
