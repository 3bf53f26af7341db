// Audio on the wire: 40 ms frames of PCM16, stored for up to a whole turn until the edge acknowledges them.
export const FRAME_SAMPLES = 640; // 40 ms at 16 kHz
export const FRAME_SECONDS = 0.04;
export const KEPT_FRAMES = 1125; // 45 s
const HEADER_BYTES = 16;
const VERSION = 1;

export function encodeFrame(number, capturedMs, samples) {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + 2 * samples.length));
  view.setUint8(0, VERSION);
  view.setUint32(4, number, true);
  view.setFloat64(8, capturedMs, true);
  samples.forEach((sample, i) => {
    const clipped = Math.max(-1, Math.min(1, sample));
    view.setInt16(HEADER_BYTES + 2 * i, Math.round(clipped * 32767), true);
  });
  return view.buffer;
}

export class UnackedFrames {
  constructor(first = 0) {
    this.next = first;
    this.clear();
  }

  add(capturedMs, samples, { sent }) {
    const number = this.next++;
    const bytes = encodeFrame(number, capturedMs, samples);
    this.kept.push({ number, bytes, sent });
    if (this.kept.length > KEPT_FRAMES && !this.kept.shift().sent) this.lost++;
    return bytes;
  }

  // All stored frames in order, to be resent.
  resend() {
    this.lost = 0;
    return this.kept.map((frame) => {
      frame.sent = true;
      return frame.bytes;
    });
  }

  // All stored frames as bare PCM16.
  sound() {
    return this.kept.map(({ bytes }) => bytes.slice(HEADER_BYTES));
  }

  acknowledge(number) {
    this.kept = this.kept.filter((frame) => frame.number > number);
  }

  clear() {
    this.kept = [];
    this.lost = 0;
  }
}
