// One WebSocket that comes back by itself: hello on each opening, jittered backoff, a ping that notices a dead network.
const BACKOFF_MS = [500, 10000];
const PING_EVERY_MS = 10000;
const PONG_WITHIN_MS = 8000;
const FINAL = new Set([1000, 1003, 1007, 1009, 4400, 4404, 4408, 4409, 4413, 4429, 4503]);

export class Connection {
  // hello() -> message; onMessage(message); onLine("up" | "down"); onClosed(code, reason): it stays closed
  constructor({ address, hello, onMessage, onLine, onClosed }) {
    Object.assign(this, { address, hello, onMessage, onLine, onClosed, up: false, failures: 0 });
    addEventListener("online", () => this.#again(0));
    addEventListener("offline", () => this.#lost());
  }

  open() {
    clearTimeout(this.timer);
    this.ended = false;
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(this.hello()));
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code, reason }) => {
      if (!FINAL.has(code)) return this.#lost();
      this.close();
      this.ended = true;
      this.onClosed(code, reason);
    };
    this.#expectAnswer();
  }

  send(message) {
    if (this.up) this.socket.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.up = false;
    const { socket } = this;
    this.socket = null;
    if (socket) socket.onclose = socket.onmessage = null;
    socket?.close(1000);
  }

  #receive(message) {
    this.#expectAnswer();
    if (message.type === "welcome") {
      this.up = true;
      this.failures = 0;
    }
    this.onMessage(message);
    if (message.type === "welcome") this.onLine("up");
  }

  // After each sign of life: a ping when it has been quiet, and the end of the line when that is not answered.
  #expectAnswer() {
    clearTimeout(this.silence);
    const { socket } = this;
    this.silence = setTimeout(() => {
      this.send({ type: "ping", at_ms: performance.now() });
      this.silence = setTimeout(() => socket === this.socket && this.#lost(), PONG_WITHIN_MS);
    }, PING_EVERY_MS);
  }

  #lost() {
    if (!this.socket) return;
    this.close();
    this.onLine("down");
    const [least, most] = BACKOFF_MS;
    const longest = Math.min(most, least * 2 ** ++this.failures);
    this.#again(least + Math.random() * (longest - least), true);
  }

  #again(afterMs, waiting = this.waiting) {
    clearTimeout(this.timer);
    this.waiting = waiting;
    if (!waiting || this.socket) return;
    this.timer = setTimeout(() => {
      this.waiting = false;
      this.open();
    }, afterMs);
  }
}
