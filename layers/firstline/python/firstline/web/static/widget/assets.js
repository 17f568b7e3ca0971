// The widget's own files: where they are, and the sums by which the browser checks them (set by the loader).

const FOLDER = new URL(".", import.meta.url).href;
const FILES = Symbol.for("firstline.files");

/** Address of the installation: its files are below /widget/ or /static/widget/. */
export const INSTALLATION = FOLDER.replace(/\/(static\/)?widget\/.*$/, "");

/** A file's sum. @param {string} name @returns {string} */
function sum(name) {
  return /** @type {any} */ (globalThis)[FILES]?.[name] ?? "";
}

/** @type {Map<string, Promise<any>>} */
const loading = new Map();

/**
 * Load a module that is not needed from the beginning. An import cannot name a sum: what was preloaded under one is
 * what it gets. @param {string} name @returns {Promise<any>}
 */
export function loadModule(name) {
  const found = loading.get(name) ?? preloaded(name).then(() => import(FOLDER + name));
  found.catch(() => loading.delete(name));
  loading.set(name, found);
  return found;
}

/** @param {string} name @returns {Promise<void>} */
function preloaded(name) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "modulepreload", href: FOLDER + name, integrity: sum(name), crossOrigin: "anonymous" });
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(`${name} could not be loaded`));
    };
    document.head.append(link);
  });
}

/**
 * Try until it works, with pauses that grow and end when the network is back.
 * @template T @param {() => Promise<T>} act @param {(error: any) => boolean} mayTryAgain @returns {Promise<T>}
 */
export async function persist(act, mayTryAgain) {
  for (let pause = 1000; ; pause = Math.min(2 * pause, 30000)) {
    try {
      return await act();
    } catch (error) {
      if (!mayTryAgain(error)) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, pause);
        addEventListener("online", resolve, { once: true });
      });
    }
  }
}

/** @param {string} name @returns {Promise<Response>} */
export async function loadFile(name) {
  const answer = await fetch(FOLDER + name, { credentials: "omit", integrity: sum(name) });
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
