// Elements made without ever reading HTML: texts are set as text, addresses only where they are safe.

/**
 * @param {string} tag @param {Record<string, any>} [attributes] Functions are listeners ("onclick"), null is left out.
 * @param {...(Node | string)} children @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A drawing of 24 by 24 from one path. @param {string} path */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  return svg;
}

/** The address if it is one that may be opened, else nothing. @param {string} text */
export function safeAddress(text) {
  // Spelt out at the beginning: no relative address, no other scheme, no control character that hides one.
  return /^(https?:\/\/|mailto:)[^\s"'<>\\]+$/i.test(text) ? text : "";
}

/** @param {string} address @param {...(Node | string)} children */
export function link(address, ...children) {
  const href = safeAddress(address);
  return href
    ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children)
    : el("span", {}, ...children);
}
