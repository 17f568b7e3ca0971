// A message as elements: its text with numbered marks, and the sources that the marks lead to.

/**
 * @param {HTMLElement} item
 * @param {string} text
 * @param {{number: number}[]} citations Only their numbers become buttons.
 */
export function fillMessage(item, text, citations) {
  const known = new Set(citations.map((citation) => citation.number));
  const paragraph = document.createElement("p");
  paragraph.className = "text";
  for (const part of text.split(/(\[\d{1,3}\])/)) {
    const number = Number(part.slice(1, -1));
    if (/^\[\d{1,3}\]$/.test(part) && known.has(number)) paragraph.append(mark(item, number));
    else if (part) paragraph.append(part);
  }
  item.append(paragraph);
}

/** @param {HTMLElement} item @param {number} number */
function mark(item, number) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "mark";
  button.textContent = `[${number}]`;
  button.setAttribute("aria-label", `Source ${number}`);
  button.addEventListener("click", () => {
    const source = item.querySelector(`details[data-number="${number}"]`);
    source.open = true;
    source.querySelector("summary").focus();
    source.scrollIntoView({ block: "nearest" });
  });
  return button;
}

/** @param {any[]} citations */
export function sourcesList(citations) {
  const list = document.createElement("ol");
  list.className = "sources";
  list.setAttribute("aria-label", "Sources");
  for (const citation of citations) list.append(source(citation));
  return list;
}

/** @param {any} citation */
function source(citation) {
  const entry = document.createElement("li");
  const details = document.createElement("details");
  details.dataset.number = String(citation.number);
  const summary = document.createElement("summary");
  const heading = citation.heading && citation.heading !== citation.title ? `, ${citation.heading}` : "";
  summary.textContent = `${citation.number}. ${citation.title}${heading}`;
  const quote = document.createElement("blockquote");
  quote.textContent = citation.quote;
  details.append(summary, quote);
  if (/^https?:\/\//.test(citation.url)) {
    const link = document.createElement("a");
    link.href = citation.url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = "Read the article";
    details.append(link);
  }
  entry.append(details);
  return entry;
}
