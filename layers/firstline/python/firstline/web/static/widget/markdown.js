// The Markdown that answers use, as elements: paragraphs, headings, lists, quotes, code, tables, links. Nothing else is
// known, and nothing is ever read as HTML.

import { el, link } from "./elements.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)\s*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ROW = /^\s*\|?(.*\|.*?)\|?\s*$/;
const DELIMITER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const INLINE =
  /`([^`\n]+)`|\*\*([^*\n]+(?:\*[^*\n]+)*)\*\*|__([^_\n]+)__|(?<![\w*])\*([^*\s][^*\n]*)\*(?!\w)|(?<!\w)_([^_\s][^_\n]*)_(?!\w)|\[([^\]\n]{1,300})\]\(([^()\s]{1,2000})\)|\[(\d{1,3})\]|\b(https?:\/\/[^\s<>"'`\]]+[^\s<>"'`\].,;:!?)])/g;
const DEEPEST = 6;

/**
 * @param {string} text
 * @param {(number: number) => Node | null} mark What stands for the mark [number]; null leaves it as it is.
 * @returns {DocumentFragment}
 */
export function markdown(text, mark = () => null) {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), mark, 0);
}

/** @param {string[]} lines @param {(number: number) => Node | null} mark @param {number} depth */
function blocks(lines, mark, depth) {
  const made = document.createDocumentFragment();
  /** @type {string[]} */
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) made.append(withBreaks(el("p"), paragraph, mark));
    paragraph = [];
  };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const fence = FENCE.exec(line);
    const heading = HEADING.exec(line);
    if (fence) {
      flush();
      at = code(lines, at, fence[1], made);
    } else if (!line.trim()) {
      flush();
      at += 1;
    } else if (heading) {
      flush();
      made.append(inline(el("p", { class: "heading" }), heading[2], mark));
      at += 1;
    } else if (RULE.test(line)) {
      flush();
      made.append(el("hr"));
      at += 1;
    } else if (depth < DEEPEST && ITEM.test(line) && (!paragraph.length || !/^\s*(?!1[.)])\d/.test(line))) {
      flush();
      at = list(lines, at, mark, depth, made);
    } else if (depth < DEEPEST && QUOTE.test(line)) {
      flush();
      const start = at;
      while (at < lines.length && QUOTE.test(lines[at])) at += 1;
      const inner = lines.slice(start, at).map((quoted) => /** @type {RegExpExecArray} */ (QUOTE.exec(quoted))[1]);
      made.append(el("blockquote", {}, blocks(inner, mark, depth + 1)));
    } else if (ROW.test(line) && DELIMITER.test(lines[at + 1] ?? "")) {
      flush();
      at = table(lines, at, mark, made);
    } else {
      paragraph.push(line);
      at += 1;
    }
  }
  flush();
  return made;
}

/** @param {string[]} lines @param {number} at @param {string} fence @param {DocumentFragment} made */
function code(lines, at, fence, made) {
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  made.append(el("pre", { tabindex: 0 }, el("code", {}, lines.slice(at + 1, end).join("\n"))));
  return end + 1;
}

/**
 * @param {string[]} lines @param {number} at @param {(number: number) => Node | null} mark @param {number} depth
 * @param {DocumentFragment} made
 */
function list(lines, at, mark, depth, made) {
  const [, indent, bullet] = /** @type {RegExpExecArray} */ (ITEM.exec(lines[at]));
  const isNumbered = /\d/.test(bullet);
  const start = Number.parseInt(bullet, 10);
  const items = el(isNumbered ? "ol" : "ul", isNumbered && start !== 1 ? { start } : {});
  while (at < lines.length) {
    const item = ITEM.exec(lines[at]);
    if (!item || item[1].length < indent.length || /\d/.test(item[2]) !== isNumbered) break;
    const inner = [item[3]];
    const under = item[1].length + item[2].length + 1;
    at += 1;
    while (at < lines.length && belongs(lines, at, under, indent.length)) {
      inner.push(lines[at].slice(Math.min(under, lines[at].search(/\S|$/))));
      at += 1;
    }
    const content = blocks(inner, mark, depth + 1);
    const first = content.firstElementChild;
    // A short item is no paragraph.
    if (first?.tagName === "P" && !first.className) first.replaceWith(...first.childNodes);
    items.append(el("li", {}, content));
    while (at < lines.length && !lines[at].trim() && ITEM.test(lines[at + 1] ?? "")) at += 1;
  }
  made.append(items);
  return at;
}

/** @param {string[]} lines @param {number} at @param {number} under @param {number} indent */
function belongs(lines, at, under, indent) {
  const line = lines[at];
  if (!line.trim())
    return (lines[at + 1] ?? "").search(/\S/) >= under - 1 && (lines[at + 1] ?? "").search(/\S/) > indent;
  const depth = line.search(/\S/);
  return depth > indent && (depth >= under - 1 || !ITEM.test(line));
}

/**
 * @param {string[]} lines @param {number} at @param {(number: number) => Node | null} mark
 * @param {DocumentFragment} made
 */
function table(lines, at, mark, made) {
  const cells = (/** @type {string} */ line) =>
    line
      .trim()
      .replace(/^\||(?<!\\)\|$/g, "")
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replace(/\\\|/g, "|"));
  const head = cells(lines[at]);
  const row = (/** @type {string[]} */ texts, /** @type {string} */ tag) =>
    el(
      "tr",
      {},
      ...head.map((_, place) => inline(el(tag, tag === "th" ? { scope: "col" } : {}), texts[place] ?? "", mark)),
    );
  const body = el("tbody");
  let end = at + 2;
  for (; end < lines.length && lines[end].trim() && lines[end].includes("|"); end += 1)
    body.append(row(cells(lines[end]), "td"));
  made.append(
    el("div", { class: "table", tabindex: 0, role: "group" }, el("table", {}, el("thead", {}, row(head, "th")), body)),
  );
  return end;
}

/** @param {HTMLElement} into @param {string[]} lines @param {(number: number) => Node | null} mark */
function withBreaks(into, lines, mark) {
  for (const [place, line] of lines.entries()) {
    if (place) into.append(el("br"));
    inline(into, line.trim(), mark);
  }
  return into;
}

/** @param {HTMLElement} into @param {string} text @param {(number: number) => Node | null} mark @param {number} [depth] */
function inline(into, text, mark, depth = 0) {
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    const made = depth < DEEPEST ? piece(found, mark, depth) : null;
    if (!made) continue;
    into.append(text.slice(from, found.index), made);
    from = found.index + found[0].length;
  }
  into.append(text.slice(from));
  return into;
}

/** @param {RegExpMatchArray} found @param {(number: number) => Node | null} mark @param {number} depth @returns {Node | null} */
function piece([, codeText, strong, strong2, em, em2, label, address, number, bare], mark, depth) {
  if (codeText) return el("code", {}, codeText);
  if (strong ?? strong2) return inline(el("strong"), strong ?? strong2, mark, depth + 1);
  if (em ?? em2) return inline(el("em"), em ?? em2, mark, depth + 1);
  if (label) return link(address, label);
  if (bare) return link(bare, bare);
  return mark(Number(number));
}
