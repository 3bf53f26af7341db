// The session as the page knows it: what was asked and answered, and what must be sent again. The edge goes on from the
// last snapshot that was acknowledged, so whatever was sent after it is sent once more on the next connection.
import { UnackedFrames } from "./audio-frames.js";
import { Connection } from "./connection.js";
import { Memory } from "./memory.js";

const DEAF = new Set(["replying", "review", "ended"]);
const STILL_HERE_MS = 30000;

export class Conversation {
  // tell(kind, detail): every message of the edge by its type, and "line", "closed" and "gone"
  constructor({ code, language, simulated, client, address, tell }) {
    this.memory = new Memory(code);
    const { mode = null, consented = false, frame = -1 } = this.memory.kept;
    Object.assign(this, { language, tell, mode, consented, state: "ready", hereAt: Date.now(), lost: 0 });
    this.turns = new Map(); // number -> { question, text, mode, low_confidence }
    this.question = { turn: 1, text: "" };
    this.pending = []; // { message, covered(ack) }: not in any snapshot yet, in order
    this.frames = new UnackedFrames(frame + 1);
    this.hearing = false; // a microphone was granted on this page
    this.connection = new Connection({
      address,
      hello: () => ({ type: "hello", v: 1, code, language, client, simulated, resume: this.memory.kept.snapshot }),
      onMessage: (message) => this.#receive(message),
      onLine: (line) => tell("line", { line }),
      onClosed: (code, reason) => tell("closed", { code, reason }),
    });
    this.connection.open();
  }

  get started() {
    return this.mode !== null;
  }

  start(mode) {
    this.#setMode(mode);
    this.#send({ type: "start", mode, language: this.language });
    if (this.connection.ended) this.connection.open(); // it was idle on the first screen
  }

  consent(granted, version) {
    this.consented = granted;
    this.memory.keep({ consented: granted });
    this.#send({ type: "consent", granted, version, scope: granted ? ["transcript"] : [] });
  }

  microphone(result, sampleRate) {
    this.hearing = result === "granted";
    this.#send({ type: "microphone", result, sample_rate: sampleRate });
  }

  changeMode(mode) {
    if (mode === this.mode) return;
    this.#setMode(mode);
    this.frames.clear();
    this.connection.send({ type: "mode", mode });
  }

  // The customer is reading or typing: the edge must not take it for silence.
  stillHere() {
    if (!this.started || Date.now() - this.hereAt < STILL_HERE_MS) return;
    this.hereAt = Date.now();
    if (this.mode === "text" || this.state === "review") this.connection.send({ type: "mode", mode: this.mode });
  }

  text(text) {
    const entry = this.#send({ type: "text", text }, () => entry.heard);
  }

  stop() {
    this.connection.send({ type: "stop" });
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

  // A frame of sound: kept until it is acknowledged, sent if the line is up.
  hear(samples, capturedMs) {
    if (!this.hearing || this.mode !== "voice" || DEAF.has(this.state)) return;
    this.connection.send(this.frames.add(capturedMs, samples, { sent: this.connection.up }));
  }

  #setMode(mode) {
    this.mode = mode;
    this.memory.keep({ mode });
  }

  // Covered, unless told otherwise, by an acknowledgement of something recorded later than what is known by now.
  #send(message, covered) {
    const [epoch, seq] = this.acked ?? [1, 0];
    const entry = { message, covered: covered ?? ((ack) => ack.epoch > epoch || ack.seq > seq) };
    this.pending.push(entry);
    this.connection.send(message);
    return entry;
  }

  #drop(type) {
    this.pending = this.pending.filter(({ message }) => message.type !== type);
  }

  #receive(message) {
    const { type, turn, text } = message;
    if (type === "ack") return this.#acknowledge(message);
    if (type === "welcome" && !this.#welcome(message)) return this.tell("gone");
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
    if (type === "completed") this.memory.forget();
    this.tell(type, message);
  }

  // Returns false where the edge does not know a session that this page is in the middle of.
  #welcome({ resumed, turns }) {
    const { pending } = this;
    if (!resumed && this.started && pending[0]?.message.type !== "start") return false;
    for (const each of turns) this.turns.set(each.turn, each);
    for (const { message } of pending) this.connection.send(message);
    if (this.started) this.connection.send({ type: "mode", mode: this.mode });
    this.lost = this.frames.lost;
    if (this.hearing) for (const bytes of this.frames.again()) this.connection.send(bytes);
    return true;
  }

  #acknowledge(ack) {
    this.acked = [ack.epoch, ack.seq];
    this.frames.acknowledge(ack.frame);
    this.memory.keep({ snapshot: ack.snapshot, frame: ack.frame });
    this.pending = this.pending.filter(({ covered }) => !covered(ack));
  }
}
