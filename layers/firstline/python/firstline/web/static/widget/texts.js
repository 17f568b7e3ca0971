// The widget's own words in the visitor's language: files of "key": "text with {places}",
// or of texts by plural category where it counts.

/** Languages that run from right to left. */
const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur"];

export class Texts {
  /** @param {string} language @param {Record<string, string | Record<string, string>>} texts */
  constructor(language, texts) {
    this.language = language;
    this.texts = texts;
    /** The language as in the visitor's country, which dates and numbers follow. */
    this.region = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
    this.plural = new Intl.PluralRules(language);
    this.direction = RIGHT_TO_LEFT.includes(language.split("-")[0]) ? "rtl" : "ltr";
  }

  /**
   * The text of a key. Where it counts, the form that the language's plural rules ask for.
   * @param {string} key @param {Record<string, string | number>} [values]
   */
  get(key, values = {}) {
    const found = this.texts[key] ?? key;
    const text = typeof found === "string" ? found : (found[this.plural.select(Number(values.count))] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? this.#shown(values[name]) : place));
  }

  /** @param {string | number} value */
  #shown(value) {
    return typeof value === "number" ? new Intl.NumberFormat(this.region).format(value) : value;
  }

  /** @param {Date} moment */
  time(moment) {
    return new Intl.DateTimeFormat(this.region, { hour: "numeric", minute: "2-digit" }).format(moment);
  }

  /** The day as people say it: today, yesterday, else its date. @param {Date} moment @param {Date} [now] */
  day(moment, now = new Date()) {
    const days = Math.round((startOfDay(moment) - startOfDay(now)) / 86400000);
    if (days === 0 || days === -1) {
      const said = new Intl.RelativeTimeFormat(this.language, { numeric: "auto" }).format(days, "day");
      return said.charAt(0).toLocaleUpperCase(this.language) + said.slice(1);
    }
    const year = moment.getFullYear() === now.getFullYear() ? undefined : "numeric";
    return new Intl.DateTimeFormat(this.region, { weekday: "long", day: "numeric", month: "long", year }).format(
      moment,
    );
  }
}

/** @param {Date} moment */
function startOfDay(moment) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
}

/**
 * The language to speak: the first wanted one that there is, with or without its country.
 * @param {readonly string[]} wanted @param {readonly string[]} offered
 */
export function chooseLanguage(wanted, offered) {
  for (const tag of wanted) {
    const name = tag.toLowerCase().split("-")[0];
    const found =
      offered.find((other) => other.toLowerCase() === tag.toLowerCase()) ??
      offered.find((other) => other.split("-")[0] === name);
    if (found) return found;
  }
  return "";
}
