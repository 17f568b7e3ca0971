// What a page says of its chat, by attributes of the script or of the element, or by Firstline.init.

/**
 * @typedef {object} Options
 * @property {string} [base] Address of the installation; that of the script where it is not set.
 * @property {string} [site] Id of the site; "default".
 * @property {string} [language] Such as "de"; the browser's where it is not set.
 * @property {string} [colour] "#rrggbb" of launcher, header and own messages.
 * @property {"left" | "right"} [position] Corner of the launcher; "right".
 * @property {"auto" | "light" | "dark"} [theme]
 * @property {string} [greeting] Shown above an empty conversation.
 * @property {string[]} [starters] Questions to begin with.
 * @property {string} [identityToken] Proof of who the visitor is, signed by the company's site.
 * @property {boolean} [launcher] False: the page opens the chat itself.
 * @property {boolean} [inline] The chat fills its place in the page, without launcher.
 * @property {boolean} [open] The chat is open from the beginning.
 */

/** @param {DOMStringMap | Record<string, string | undefined>} data @returns {Options} */
export function optionsOf(data) {
  const starters = data.starters?.trim();
  return defined({
    base: data.base,
    site: data.site,
    language: data.language,
    colour: data.colour,
    position: data.position === "left" ? "left" : undefined,
    theme: ["light", "dark"].includes(data.theme ?? "") ? /** @type {"light" | "dark"} */ (data.theme) : undefined,
    greeting: data.greeting,
    starters: starters
      ? starters
          .split("|")
          .map((line) => line.trim())
          .filter(Boolean)
      : undefined,
    identityToken: data.identityToken,
    launcher: data.launcher === "hidden" ? false : undefined,
    inline: data.inline !== undefined ? true : undefined,
    open: data.open !== undefined ? true : undefined,
  });
}

/** @template T @param {T} given @returns {T} */
function defined(given) {
  return /** @type {T} */ (
    Object.fromEntries(Object.entries(/** @type {any} */ (given)).filter(([, value]) => value !== undefined))
  );
}

/** Whether it is one that a text colour can be computed for. @param {string | undefined} text */
export function isColour(text) {
  return /^#[0-9a-f]{6}$/i.test(text ?? "");
}

/** Black or white, whichever reads better on a colour; by relative luminance (WCAG 2.2). @param {string} colour */
export function readableOn(colour) {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}
