// The widget's own files: where they are, and the sums by which the browser checks them (set by the loader).

const FOLDER = new URL(".", import.meta.url).href;
const FILES = Symbol.for("firstline.files");

/** Address of the installation: its files are below /widget/ or /static/widget/. */
export const INSTALLATION = FOLDER.replace(/\/(static\/)?widget\/.*$/, "");

/** A file's sum, and what it imports. @param {string} name @returns {string[]} */
function listed(name) {
  return /** @type {any} */ (globalThis)[FILES]?.[name] ?? [""];
}

/**
 * Load a module that is not needed from the beginning. An import cannot name a sum: what was preloaded under one is
 * what it gets, so the module and all that it imports are preloaded.
 * @param {string} name @returns {Promise<any>}
 */
export async function loadModule(name) {
  const [integrity, ...imported] = listed(name);
  if (integrity) await Promise.all([name, ...imported].map(preload));
  return import(FOLDER + name);
}

/** @type {Map<string, Promise<void>>} */
const preloaded = new Map();

/** @param {string} name */
function preload(name) {
  const href = FOLDER + name;
  if (document.head.querySelector(`link[href="${href}"]`)) return preloaded.get(name);
  const link = Object.assign(document.createElement("link"), {
    rel: "modulepreload",
    href,
    integrity: listed(name)[0],
    crossOrigin: "anonymous",
  });
  const loading = new Promise((resolve, reject) => {
    link.onload = () => resolve(undefined);
    link.onerror = () => {
      link.remove();
      preloaded.delete(name);
      reject(new Error(`${name} could not be loaded`));
    };
  });
  preloaded.set(name, loading);
  document.head.append(link);
  return loading;
}

/** @param {string} name @returns {Promise<Response>} */
export async function loadFile(name) {
  const [integrity] = listed(name);
  const answer = await fetch(FOLDER + name, { credentials: "omit", ...(integrity ? { integrity } : {}) });
  if (!answer.ok) throw new Error(`${name}: status ${answer.status}`);
  return answer;
}

/** @type {Promise<CSSStyleSheet> | null} */
let sheet = null;

/** The widget's styles, read once per page; no style element, so that a strict Content-Security-Policy is kept. */
export function styles() {
  sheet ??= loadFile("widget.css").then(async (answer) => {
    const made = new CSSStyleSheet();
    made.replaceSync(await answer.text());
    return made;
  });
  sheet.catch(() => {
    sheet = null;
  });
  return sheet;
}
