// Audio time to the page's clock. A chunk is never handed over before it was recorded, only later, so the smallest
// difference seen lately is the truest; a window also forgets what a suspended context or a drifting clock made stale.
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
