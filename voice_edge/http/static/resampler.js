// Resamples any rate to 16 kHz: a Kaiser-windowed sinc, one set of taps per phase, in integer steps (no drift).
export const RATE_HZ = 16000;
const PASS_SHARE = 0.85; // of the lower Nyquist frequency: flat below it, silent from that frequency on
const STOP_DB = 70;

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

function bessel(x) {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-10 * sum; k++) sum += term *= (x / 2 / k) ** 2;
  return sum;
}

export class Resampler {
  constructor(rateHz) {
    const common = divisor(rateHz, RATE_HZ);
    this.up = RATE_HZ / common;
    this.down = rateHz / common;
    const nyquist = Math.min(rateHz, RATE_HZ) / 2;
    const width = (2 * Math.PI * (1 - PASS_SHARE) * nyquist) / rateHz;
    this.half = Math.ceil((STOP_DB - 8) / (2.285 * width) / 2);
    const cutoff = ((1 + PASS_SHARE) * nyquist) / rateHz; // cycles a sample, times two
    const beta = 0.1102 * (STOP_DB - 8.7);
    this.taps = Array.from({ length: this.up }, (_, phase) => {
      const taps = Float32Array.from({ length: 2 * this.half }, (_, j) => {
        const x = j - this.half + 1 - phase / this.up;
        const inside = 1 - (x / this.half) ** 2;
        const sinc = x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x);
        return inside > 0 ? (sinc * bessel(beta * Math.sqrt(inside))) / bessel(beta) : 0;
      });
      const sum = taps.reduce((a, b) => a + b);
      return taps.map((tap) => tap / sum);
    });
    this.held = new Float32Array(this.half - 1); // silence before the first sample
    this.at = this.half - 1; // the next output's centre in `held`
    this.phase = 0;
  }

  // Output sample k always corresponds to input sample k * rate / 16000: the filter's delay is removed.
  push(samples) {
    if (this.up === this.down) return samples;
    const input = new Float32Array(this.held.length + samples.length);
    input.set(this.held);
    input.set(samples, this.held.length);
    const output = [];
    while (this.at + this.half < input.length) {
      const taps = this.taps[this.phase];
      const from = this.at - this.half + 1;
      let sum = 0;
      for (let j = 0; j < taps.length; j++) sum += taps[j] * input[from + j];
      output.push(sum);
      this.phase += this.down;
      this.at += Math.floor(this.phase / this.up);
      this.phase %= this.up;
    }
    const used = Math.min(this.at - this.half + 1, input.length);
    this.held = input.slice(used);
    this.at -= used;
    return Float32Array.from(output);
  }

  // The remaining samples at the end of the sound.
  flush() {
    return this.up === this.down ? new Float32Array(0) : this.push(new Float32Array(this.half));
  }
}
