// What the page has seen of a conversation, when events may overtake each other.

export class EventLog {
  constructor() {
    /** Up to here nothing is missing; where to resume from. */
    this.lastSeq = 0;
    /** Seen, although something before them is missing. @type {Set<number>} */
    this.ahead = new Set();
  }

  /** Whether something has come whose predecessors have not. */
  get hasGap() {
    return this.ahead.size > 0;
  }

  /** Note an event; return whether it is news. @param {number} seq */
  add(seq) {
    if (seq <= this.lastSeq || this.ahead.has(seq)) return false;
    this.ahead.add(seq);
    this.#advance();
    return true;
  }

  /** Note that up to there everything has been replayed. @param {number} lastSeq */
  settle(lastSeq) {
    this.lastSeq = Math.max(this.lastSeq, lastSeq);
    for (const seq of [...this.ahead]) if (seq <= this.lastSeq) this.ahead.delete(seq);
    this.#advance();
  }

  #advance() {
    while (this.ahead.delete(this.lastSeq + 1)) this.lastSeq += 1;
  }
}
