// Answers as the page sees them grow, whatever comes twice, late or again after a reconnection.

/**
 * A text stands for one or more places of an answer: it lies at the first, the others are empty.
 * @typedef {{attempt: number, withdrawnBefore: number, pieces: Map<number, string>, ofThisSocket: boolean}} Draft
 */

export class StreamedAnswers {
  constructor() {
    /** @type {Map<string, Draft>} */
    this.drafts = new Map();
    /** Turns whose answer is in the log or will never come. @type {Set<string>} */
    this.over = new Set();
    this.version = 0;
  }

  /**
   * Take a frame; return what has changed: the text of a turn's answer so far, or null where it is withdrawn.
   * @param {any} frame @returns {[string, string | null][]}
   */
  take(frame) {
    switch (frame.type) {
      case "delta":
        return this.#delta(frame);
      case "superseded":
        return this.#superseded(frame);
      case "connected":
      case "agent":
        return this.#changedHands(frame.version);
      case "event":
        if (frame.detail?.version) return this.#changedHands(frame.detail.version);
        return frame.turn_id ? this.#settle(frame.turn_id) : [];
      case "resumed":
        return frame.more ? [] : this.#withdraw(([, draft]) => !draft.ofThisSocket);
      default:
        return frame.turn_id ? this.#settle(frame.turn_id) : [];
    }
  }

  /** A new socket is open: what is still being written comes again from its beginning. */
  reconnected() {
    for (const draft of this.drafts.values()) draft.ofThisSocket = false;
  }

  /** @param {any} frame @returns {[string, string | null][]} */
  #delta(frame) {
    if (this.over.has(frame.turn_id) || (frame.version ?? this.version) < this.version) return [];
    const draft = this.#draft(frame.turn_id, frame.attempt);
    if (frame.attempt < draft.attempt) return [];
    if (frame.attempt > draft.attempt) {
      draft.attempt = frame.attempt;
      draft.withdrawnBefore = 0;
      draft.pieces.clear();
    }
    if (frame.index < draft.withdrawnBefore) return [];
    if (!draft.ofThisSocket) draft.pieces.clear();
    draft.ofThisSocket = true;
    const places = Array.from({ length: frame.next - frame.index }, (_, offset) => frame.index + offset);
    if (places.every((place) => draft.pieces.has(place))) return [];
    for (const place of places) draft.pieces.set(place, place === frame.index ? frame.text : "");
    return [[frame.turn_id, textOf(draft)]];
  }

  /** @param {any} frame @returns {[string, string | null][]} */
  #superseded(frame) {
    if (frame.attempt === undefined) return this.#settle(frame.turn_id);
    const draft = this.#draft(frame.turn_id, frame.attempt);
    if (frame.attempt < draft.attempt) return [];
    if (frame.attempt > draft.attempt) draft.pieces.clear();
    draft.withdrawnBefore = Math.max(frame.before_index, frame.attempt === draft.attempt ? draft.withdrawnBefore : 0);
    draft.attempt = frame.attempt;
    for (const place of [...draft.pieces.keys()]) if (place < draft.withdrawnBefore) draft.pieces.delete(place);
    return [[frame.turn_id, draft.pieces.size ? textOf(draft) : null]];
  }

  /** @param {string} turnId @returns {[string, string | null][]} */
  #settle(turnId) {
    this.over.add(turnId);
    return this.#withdraw(([id]) => id === turnId);
  }

  /** @param {number} version @returns {[string, string | null][]} */
  #changedHands(version) {
    if (version <= this.version) return [];
    const isFirst = this.version === 0;
    this.version = version;
    return isFirst ? [] : this.#withdraw(() => true);
  }

  /** @param {(entry: [string, Draft]) => boolean} which @returns {[string, null][]} */
  #withdraw(which) {
    const gone = [...this.drafts].filter(which);
    for (const [turnId] of gone) this.drafts.delete(turnId);
    return gone.map(([turnId]) => [turnId, null]);
  }

  /** @param {string} turnId @param {number} attempt */
  #draft(turnId, attempt) {
    const known = this.drafts.get(turnId);
    if (known) return known;
    /** @type {Draft} */
    const draft = { attempt, withdrawnBefore: 0, pieces: new Map(), ofThisSocket: true };
    this.drafts.set(turnId, draft);
    return draft;
  }
}

/** The text up to the first place that has not come. @param {Draft} draft */
function textOf(draft) {
  let text = "";
  for (let place = Math.min(...draft.pieces.keys()); draft.pieces.has(place); place += 1)
    text += draft.pieces.get(place);
  return text;
}
