// Notices that the customer speaks while the microphone rests: as loud as before, for most of a second.
const LOUD_SHARE = 0.8; // of the customer's own level, so that the room does not count
const LEAST_LEVEL = 0.25;
const LASTS_MS = 700;
const LONGEST_STEP_MS = 250; // between two levels; a longer gap is a pause of the page

export class Overheard {
  constructor() {
    Object.assign(this, { own: 0, loudMs: 0, at: 0 });
  }

  // level: 0..1; whose: "customer" while a turn is heard, "reply" while the microphone rests
  hear(level, whose, now = performance.now()) {
    const step = Math.min(LONGEST_STEP_MS, now - this.at);
    this.at = now;
    if (whose === "customer" && level >= LEAST_LEVEL) this.own += ((this.own ? 0.05 : 1) * (level - this.own));
    if (whose !== "reply" || !this.own) return;
    this.loudMs = Math.max(0, this.loudMs + (level >= LOUD_SHARE * this.own ? step : -step / 2));
    this.missed ||= this.loudMs >= LASTS_MS;
  }

  // Whether speech was missed since the last call.
  take() {
    const { missed } = this;
    Object.assign(this, { loudMs: 0, missed: false });
    return Boolean(missed);
  }
}
