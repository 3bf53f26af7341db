// The microphone: opened inside a tap, checked for real sound, resampled, cut into frames with capture times.
import { AudioClock } from "./audio-clock.js";
import { FRAME_SAMPLES } from "./audio-frames.js";
import { RATE_HZ, Resampler } from "./resampler.js";

const SOUND_WITHIN_MS = [500, 1500]; // first attempt, and after one rebuild
const MUTED_FOR_MS = 1000;
const QUIETEST_DB = -58;
const LOUDEST_DB = -16;
const RESULTS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "not_found", OverconstrainedError: "not_found", NotReadableError: "not_readable", AbortError: "not_readable" };

class MicrophoneFault extends Error {
  constructor(result, cause) {
    super(result, { cause });
    this.result = result;
  }
}

export class Microphone {
  // onFrame(samples, capturedMs), onLevel(0..1), onLost()
  constructor({ onFrame, onLevel, onLost }) {
    Object.assign(this, { onFrame, onLevel, onLost, sending: false, closed: false });
  }

  async open() {
    try {
      if (navigator.audioSession) navigator.audioSession.type = "play-and-record";
      this.#start();
      const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio });
      if (this.closed) throw new MicrophoneFault("error");
      if (!(await this.#listen(SOUND_WITHIN_MS[0]))) {
        this.context.close();
        this.#start();
        if (!(await this.#listen(SOUND_WITHIN_MS[1]))) throw new MicrophoneFault("silent");
      }
    } catch (error) {
      this.close();
      throw error instanceof MicrophoneFault ? error : new MicrophoneFault(RESULTS[error.name] ?? "error", error);
    }
    const [track] = this.stream.getAudioTracks();
    track.onended = () => this.#handleLoss();
    track.onmute = () => setTimeout(() => track.muted && this.#handleLoss(), MUTED_FOR_MS);
    this.context.onstatechange = () => this.alive || this.#handleLoss();
  }

  get alive() {
    const track = this.stream?.getAudioTracks()[0];
    return !this.closed && this.context?.state === "running" && track?.readyState === "live" && !track.muted;
  }

  get rate() {
    return this.context.sampleRate;
  }

  close() {
    this.closed = true;
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.context?.state !== "closed") this.context?.close();
    if (navigator.audioSession) navigator.audioSession.type = "auto";
  }

  #handleLoss() {
    if (this.closed) return;
    this.close();
    this.onLost();
  }

  #start() {
    this.context = new AudioContext();
    this.context.resume();
    this.loaded = this.context.audioWorklet.addModule(new URL("./capture-worklet.js", import.meta.url));
    this.loaded.catch(() => {}); // awaited later, or never without a microphone
  }

  // Whether real sound arrives in time: a context may be "running" and deliver only zeros.
  async #listen(withinMs) {
    await this.loaded;
    const node = new AudioWorkletNode(this.context, "capture", { numberOfOutputs: 0 });
    this.context.createMediaStreamSource(this.stream).connect(node);
    this.#restart();
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      node.port.onmessage = ({ data }) => {
        if (this.context.state === "running" && data.samples.some((sample) => sample !== 0)) {
          clearTimeout(timer);
          resolve(true);
        }
        this.#process(data);
      };
    });
  }

  #restart(first = null) {
    this.resampler = new Resampler(this.rate);
    this.clock = new AudioClock();
    this.origin = this.expected = first;
    this.made = 0; // 16 kHz samples since the origin
    this.frame = new Float32Array(FRAME_SAMPLES);
    this.filled = 0;
  }

  #process({ first, samples }) {
    if (this.closed) return;
    if (first !== this.expected) this.#restart(first);
    this.expected = first + samples.length;
    this.clock.observe((1000 * this.expected) / this.rate, performance.now());
    this.onLevel(level(samples));
    for (const sample of this.resampler.push(samples)) {
      this.made++;
      if (!this.sending) {
        this.filled = 0;
        continue;
      }
      this.frame[this.filled++] = sample;
      if (this.filled < FRAME_SAMPLES) continue;
      this.filled = 0;
      const audioMs = (1000 * this.origin) / this.rate + (1000 * (this.made - FRAME_SAMPLES)) / RATE_HZ;
      this.onFrame(this.frame, this.clock.toPage(audioMs) - this.#latencyMs());
    }
  }

  // The input latency that the browser reports; the device's own latency is unknown.
  #latencyMs() {
    return 1000 * (this.stream.getAudioTracks()[0].getSettings().latency ?? 0);
  }
}

function level(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const share = (10 * Math.log10(power + 1e-12) - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB);
  return Math.max(0, Math.min(1, share));
}
