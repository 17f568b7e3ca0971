// The script that a page carries. It waits until the page is idle, then loads the chat's files of this version, each
// checked by its sum. VERSION and FILES are filled in when it is served.
(() => {
  const VERSION = "{{version}}";
  /** Of each file its sum. @type {Record<string, string>} */
  const FILES = /** @type {any} */ ("{{files}}");
  const ENTRY = "firstline-chat.js";
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const base = (script?.dataset.base ?? script?.src ?? location.href)
    .replace(/\/(static\/)?widget\.js(\?.*)?$/, "")
    .replace(/\/$/, "");
  const folder = `${base}/widget/${VERSION}/`;
  const scope = /** @type {any} */ (window);
  if (scope.Firstline?.version) return;
  scope[Symbol.for("firstline.files")] = FILES;

  /** @type {any} */
  let element = null;
  /** @type {[string, (detail: any) => void][]} */
  const listeners = [];
  /** @type {Promise<any> | null} */
  let loading = null;
  /** @type {Promise<any> | null} */
  let made = null;
  let options = {};

  function load() {
    loading ??= new Promise((resolve) => attempt(resolve, 1000));
    return loading;
  }

  /** Try until it works. @param {(value: any) => void} resolve @param {number} pause */
  function attempt(resolve, pause) {
    const entry = document.createElement("script");
    Object.assign(entry, { type: "module", src: folder + ENTRY, integrity: FILES[ENTRY], crossOrigin: "anonymous" });
    if (script?.nonce) entry.nonce = script.nonce;
    entry.onload = resolve;
    entry.onerror = () => {
      entry.remove();
      setTimeout(attempt, pause, resolve, Math.min(2 * pause, 60000));
    };
    document.head.append(entry);
  }

  async function make() {
    element = document.createElement("firstline-chat");
    Object.assign(element.dataset, script?.dataset ?? {});
    for (const [kind, listener] of listeners) listen(kind, listener);
    await load();
    customElements.upgrade(element);
    element.configure({ base, ...options });
    document.body.append(element);
    return element;
  }

  /** @param {Record<string, any>} [given] */
  async function init(given) {
    if (made && given) (await made).configure(given);
    options = { ...options, ...given };
    made ??= make();
    return made;
  }

  /** @param {string} kind @param {(detail: any) => void} listener */
  function listen(kind, listener) {
    element.addEventListener(`firstline:${kind}`, (/** @type {CustomEvent} */ event) => listener(event.detail));
  }

  scope.Firstline = {
    version: VERSION,
    init,
    open: async () => (await init()).open(),
    close: () => element?.close?.(),
    /** @param {string | null} token */
    identify: async (token) => {
      options = { ...options, identityToken: token ?? undefined };
      return (await init()).identify(token);
    },
    /** @param {string} text */
    send: async (text) => (await init()).send(text),
    /** @param {string} kind @param {(detail: any) => void} listener */
    on(kind, listener) {
      // Who asks late hears it all the same.
      if (kind === "ready" && made)
        made
          .then((chat) => chat.ready)
          .then(
            () => listener(null),
            () => {},
          );
      else if (element) listen(kind, listener);
      else listeners.push([kind, listener]);
    },
  };

  const idle = scope.requestIdleCallback ?? ((/** @type {() => void} */ act) => setTimeout(act, 200));
  const begin = () => idle(() => (script?.dataset.element === undefined ? init() : load()), { timeout: 4000 });
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin, { once: true });
})();
