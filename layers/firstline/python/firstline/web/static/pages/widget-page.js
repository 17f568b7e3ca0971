// The page that shows how the chat is put on a site: options, the line to copy, a preview.

const LANGUAGES = ["en", "es", "fr", "de", "it", "pt", "nl", "pl", "sv", "tr", "ja", "zh"];
const base = location.origin;

/** @template {HTMLElement} T @param {string} id @returns {T} */
function byId(id) {
  return /** @type {T} */ (document.getElementById(id));
}

const form = /** @type {HTMLFormElement} */ (byId("options"));
const languages = /** @type {HTMLSelectElement} */ (form.elements.namedItem("language"));
for (const code of LANGUAGES) {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  languages.append(new Option(name, code));
}

/** The options that are not as they are anyway. @returns {[string, string][]} */
function chosen() {
  const usual = { site: "default", colour: "#1d4ed8" };
  const given = /** @type {[string, string][]} */ ([...new FormData(form)]);
  return given.filter(([name, value]) => value && value !== /** @type {any} */ (usual)[name]);
}

/** @param {string} text */
function quoted(text) {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
}

function show() {
  const options = chosen();
  const attributes = options.map(([name, value]) => ` data-${name}="${quoted(value)}"`).join("");
  const snippet = `<script src="${base}/widget.js"${attributes} async></script>`;
  byId("snippet").textContent = snippet;
  const plain = options.map(([name, value]) => ` ${name}="${quoted(value)}"`).join("");
  byId("react").textContent = `import { useEffect } from "react";

export function Chat() {
  useEffect(() => {
    const script = document.createElement("script");
    script.src = "${base}/widget.js";
    script.dataset.element = "";
    script.async = true;
    document.head.append(script);
  }, []);
  return <firstline-chat${plain} />;
}`;
  byId("vue").textContent = `<script setup>
import { onMounted } from "vue";
onMounted(() => {
  const script = document.createElement("script");
  script.src = "${base}/widget.js";
  script.dataset.element = "";
  document.head.append(script);
});
</script>

<template><firstline-chat${plain} /></template>
<!-- vite.config: vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "firstline-chat" } } }) -->`;
  byId("wordpress").textContent = `// functions.php of your theme
add_action('wp_footer', function () {
  echo '${snippet.replace(/'/g, "\\'")}';
});`;
  const socket = base.replace(/^http/, "ws");
  byId("policy").textContent = `script-src ${base}; connect-src ${base} ${socket}; img-src ${base}`;
  const preview = document.createElement("firstline-chat");
  for (const [name, value] of options) if (!["position", "launcher"].includes(name)) preview.setAttribute(name, value);
  preview.setAttribute("inline", "");
  byId("preview").replaceChildren(preview);
}

let timer = 0;
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, 300);
});
form.addEventListener("submit", (event) => event.preventDefault());
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("snippet").textContent ?? "");
  byId("copied").textContent = "Copied";
});
show();
