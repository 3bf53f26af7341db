// The microphone and the reading voice of one talk: the microphone rests while the voice reads.
import { Speech } from "./speech.js";

const ASKED_AFTER_MS = 400; // a microphone that is already allowed opens without a question
const NO_ANSWER_MS = 10000; // an app's view may never ask, nor refuse
const ECHO_MS = 250; // the loudspeaker still echoes in the room

// The fault known before the request; null if there is none.
export function faultBeforeAsking() {
  if (!window.isSecureContext) return "insecure";
  return navigator.mediaDevices?.getUserMedia && window.AudioContext && window.AudioWorkletNode ? null : "unsupported";
}

export class Voice {
  // onFrame(samples, capturedMs), onLevel(0..1), onLost(), onAsked(): the browser's question is open; onNoAnswer(): it has not been answered; onChange(); onFail(name)
  constructor(language, listeners) {
    Object.assign(this, listeners, { speech: new Speech(language), asking: false, speaking: false, spoken: 0 });
    document.addEventListener("visibilitychange", () => this.#leave());
  }

  get alive() {
    return Boolean(this.microphone?.alive);
  }

  // Loads the capture code once voice is chosen, in time for the tap that opens the microphone.
  async load() {
    this.capture ??= await import("./capture.js").catch(() => null);
  }

  // Call directly from a tap: only there does iOS start a context and ask. Returns null once open, else the fault; undefined if superseded.
  async open() {
    const fault = faultBeforeAsking();
    if (fault) return fault;
    if (!this.capture) await this.load(); // slow network: this tap is used up, iOS may need another
    if (!this.capture) return "error";
    this.microphone?.close();
    const { onFrame, onLevel, onLost } = this;
    const opening = new this.capture.Microphone({ onFrame, onLevel, onLost });
    this.microphone = opening;
    this.asking = true;
    const stillAsking = () => this.asking && this.microphone === opening;
    setTimeout(() => stillAsking() && this.onAsked(), ASKED_AFTER_MS);
    setTimeout(() => stillAsking() && this.onNoAnswer(), NO_ANSWER_MS);
    try {
      await opening.open();
      this.#stayAwake();
      return null;
    } catch (error) {
      if (this.microphone !== opening) return undefined;
      if (!error.result) this.onFail(error.name);
      return error.result ?? "error";
    } finally {
      if (this.microphone === opening) this.asking = false;
      this.onChange();
    }
  }

  stop() {
    this.speech.hush();
    this.microphone?.close();
    this.microphone = null;
    this.asking = false;
    this.lock?.release();
  }

  async speak(text) {
    const { speech } = this;
    if (!text || !this.alive || !speech.on || !speech.voice) return;
    const number = ++this.spoken;
    this.speaking = true;
    this.onChange();
    await speech.speak(text);
    await new Promise((resolve) => setTimeout(resolve, ECHO_MS));
    if (number !== this.spoken) return;
    this.speaking = false;
    this.onChange();
  }

  async #stayAwake() {
    this.lock = await navigator.wakeLock?.request("screen").catch(() => null);
  }

  // A hidden page or a locked phone stops listening; the browser's permission prompt hides the page as well.
  #leave() {
    if (this.asking) return;
    if (document.hidden && this.alive) {
      this.speech.hush();
      this.microphone.close();
      this.onLost();
    }
    this.onChange();
  }
}
