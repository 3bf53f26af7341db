// Maps audio time to the page's clock. A chunk can arrive only after it was recorded, so the smallest recent offset is
// the most accurate; the window drops offsets made stale by a suspended context or a drifting clock.
const WINDOW_MS = 3000;

export class AudioClock {
  constructor() {
    this.seen = [];
  }

  observe(audioMs, pageMs) {
    const offset = pageMs - audioMs;
    while (this.seen.length && this.seen.at(-1).offset >= offset) this.seen.pop();
    this.seen.push({ pageMs, offset });
    while (this.seen[0].pageMs < pageMs - WINDOW_MS) this.seen.shift();
  }

  toPage(audioMs) {
    return audioMs + this.seen[0].offset;
  }
}
