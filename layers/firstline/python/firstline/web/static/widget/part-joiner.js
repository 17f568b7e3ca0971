// Frames that were too long for one, put together again.

export class PartJoiner {
  constructor() {
    /** @type {Map<string, Map<number, string>>} */
    this.waiting = new Map();
  }

  /** The frame that is now complete, or null while parts are missing. @param {any} frame */
  take(frame) {
    if (frame.type !== "part") return frame;
    const pieces = this.waiting.get(frame.frame_id) ?? new Map();
    this.waiting.set(frame.frame_id, pieces.set(frame.part, frame.piece));
    if (pieces.size < frame.parts) return null;
    this.waiting.delete(frame.frame_id);
    return JSON.parse(
      [...pieces]
        .sort(([a], [b]) => a - b)
        .map(([, piece]) => piece)
        .join(""),
    );
  }
}
