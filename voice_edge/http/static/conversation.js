// The session on the page: its questions and turns, and the messages to resend. The edge resumes from the last
// acknowledged snapshot, so all later messages are resent on the next connection.
import { FRAME_SECONDS, UnackedFrames } from "./audio-frames.js";
import { Connection } from "./connection.js";
import { Memory, deviceToken, keepDevice } from "./memory.js";

const DEAF = new Set(["replying", "review", "ended"]);
const STILL_HERE_MS = 30000;
const WARNED_MS = 30000; // before the edge closes an idle session
const SIGNS_OF_LIFE = new Set(["question", "partial", "heard", "reply"]);
const MAY_BE_LEFT_OUT = new Set(["text", "finish"]); // messages without which the rest can be handed in

export class Conversation {
  // emit(kind, detail): every message of the edge by its type, and "line", "closed", "gone" and "quiet"
  constructor({ code, language, simulated, client, address, emit }) {
    this.memory = new Memory(code);
    const { mode = null, consented = false, frame = -1 } = this.memory.kept;
    Object.assign(this, { language, emit, mode, consented, state: "ready", hereAt: Date.now(), lost: 0, limits: {} });
    this.turns = new Map(); // number -> { question, text, mode, low_confidence }
    this.question = { turn: 1, text: "" };
    this.pending = []; // { message, covered(ack) }: in no snapshot yet, in order
    this.frames = new UnackedFrames(frame + 1);
    this.hearing = false; // a microphone was granted on this page
    this.connection = new Connection({
      address,
      hello: () => ({ type: "hello", v: 1, code, language, client, simulated, device_token: deviceToken(), resume: this.memory.kept.snapshot }),
      onMessage: (message) => this.#receive(message),
      onLine: (line, failures) => emit("line", { line, failures }),
      onClosed: (code) => emit("closed", { code }),
    });
    this.connection.open();
  }

  get started() {
    return this.mode !== null;
  }

  start(mode) {
    this.#setMode(mode);
    this.#send({ type: "start", mode, language: this.language });
    if (this.connection.ended) this.connection.open(); // it was closed as idle on the first screen
  }

  consent(granted, { version, remember = false }) {
    this.consented = granted;
    this.memory.keep({ consented: granted });
    const scope = granted ? ["transcript", ...(remember ? ["device_token"] : [])] : [];
    this.#send({ type: "consent", granted, version, scope });
  }

  microphone(result, sampleRate) {
    this.hearing = result === "granted";
    this.#send({ type: "microphone", result, sample_rate: sampleRate });
  }

  changeMode(mode) {
    if (mode === this.mode) return;
    this.#setMode(mode);
    this.frames.clear();
    this.#sendNow({ type: "mode", mode });
  }

  // The customer is reading or typing: the edge must not count it as idle time.
  stillHere({ asked = false } = {}) {
    if (!this.consented || (!asked && Date.now() - this.hereAt < STILL_HERE_MS)) return;
    this.hereAt = Date.now();
    if (asked || this.mode === "text" || this.state === "review") this.#sendNow({ type: "mode", mode: this.mode });
  }

  // The unsent rest of the session: seconds of sound, and the request; null if a change would be lost.
  unsent() {
    const { snapshot } = this.memory.kept;
    const messages = this.pending.map(({ message }) => message);
    const whole = snapshot && this.consented && messages.every(({ type }) => MAY_BE_LEFT_OUT.has(type));
    const text = messages.find(({ type }) => type === "text")?.text;
    const sound = this.mode === "voice" ? this.frames.sound() : [];
    return { seconds: Math.round(sound.length * FRAME_SECONDS), rest: whole ? { snapshot, text, sound } : null };
  }

  get finishing() {
    return this.pending.some(({ message }) => message.type === "finish");
  }

  text(text) {
    const entry = this.#send({ type: "text", text }, () => entry.heard);
  }

  stop() {
    this.#sendNow({ type: "stop" });
  }

  edit(turn, text) {
    Object.assign(this.turns.get(turn), { text, low_confidence: false });
    this.#send({ type: "edit", turn, text });
  }

  shown(turn) {
    this.connection.send({ type: "shown", turn, at_ms: performance.now() });
  }

  finish() {
    this.#drop("finish");
    this.#send({ type: "finish" }, () => false);
  }

  leave() {
    this.connection.send({ type: "leave" });
    this.memory.forget();
  }

  fail(code, message) {
    this.connection.send({ type: "client_error", code, message: String(message).slice(0, 300) });
  }

  // A frame of sound: stored until it is acknowledged, sent if the connection is up.
  hear(samples, capturedMs) {
    if (!this.hearing || this.mode !== "voice" || DEAF.has(this.state)) return;
    this.connection.send(this.frames.add(capturedMs, samples, { sent: this.connection.up }));
  }

  #setMode(mode) {
    this.mode = mode;
    this.memory.keep({ mode });
  }

  // Covered by default by an acknowledgement of a later event than the last acknowledged one.
  #send(message, covered) {
    const [epoch, seq] = this.acked ?? [1, 0];
    const entry = { message, covered: covered ?? ((ack) => ack.epoch > epoch || ack.seq > seq) };
    this.pending.push(entry);
    this.#sendNow(message);
    return entry;
  }

  #sendNow(message) {
    this.#restartIdle();
    this.connection.send(message);
  }

  // Restarts the idle timer, after which the customer is asked whether to continue.
  #restartIdle() {
    clearTimeout(this.idle);
    const idleMs = 1000 * (this.limits.idle_seconds ?? 0);
    if (this.consented && idleMs) this.idle = setTimeout(() => this.emit("quiet"), Math.max(idleMs / 2, idleMs - WARNED_MS));
  }

  #drop(type) {
    this.pending = this.pending.filter(({ message }) => message.type !== type);
  }

  #receive(message) {
    const { type, turn, text } = message;
    if (type === "ack") return this.#acknowledge(message);
    if (SIGNS_OF_LIFE.has(type) || message.state === "hearing") this.#restartIdle();
    if (type === "welcome" && !this.#welcome(message)) return this.emit("gone");
    if (type === "question") this.question = { turn, text };
    if (type === "state") this.state = message.state;
    if (type === "heard") {
      const { mode, low_confidence } = message;
      this.turns.set(turn, { question: this.question.text, text, mode, low_confidence });
      for (const entry of this.pending) if (entry.message.type === "text") entry.heard = true;
    }
    if (type === "review") for (const each of message.turns) this.turns.set(each.turn, { ...this.turns.get(each.turn), ...each });
    if (type === "error" && ["wait", "too_long", "nothing_said"].includes(message.code)) {
      this.#drop("text");
      this.#drop("finish");
    }
    if (type === "error" && message.code === "too_many_edits") this.#drop("edit");
    if (type === "completed") this.memory.forget();
    if (type === "device_token") keepDevice(message);
    this.emit(type, message);
  }

  // Returns false if the edge does not resume the session of this page.
  #welcome({ resumed, turns, limits }) {
    const { pending } = this;
    this.limits = limits;
    if (!resumed && this.started && pending[0]?.message.type !== "start") return false;
    for (const each of turns) this.turns.set(each.turn, each);
    for (const { message } of pending) this.connection.send(message);
    if (this.started) this.connection.send({ type: "mode", mode: this.mode });
    this.lost = this.frames.lost;
    if (this.hearing) for (const bytes of this.frames.resend()) this.connection.send(bytes);
    return true;
  }

  #acknowledge(ack) {
    this.acked = [ack.epoch, ack.seq];
    this.frames.acknowledge(ack.frame);
    this.memory.keep({ snapshot: ack.snapshot, frame: ack.frame });
    this.pending = this.pending.filter(({ covered }) => !covered(ack));
  }
}
