// A WebSocket that reconnects: hello on each opening, backoff with jitter, a ping that detects a dead network.
const BACKOFF_MS = [500, 10000];
const STEADY_MS = 5000; // a connection this old resets the backoff
const PING_EVERY_MS = 10000;
const PONG_WITHIN_MS = 8000;
const GOING_AWAY = 1001;
const FINAL = new Set([1000, 1003, 1007, 1009, 4400, 4403, 4404, 4408, 4409, 4413, 4429]);

export class Connection {
  // hello() -> message; onMessage(message); onLine("up" | "down", failures); onClosed(code): it does not reconnect
  constructor({ address, hello, onMessage, onLine, onClosed }) {
    Object.assign(this, { address, hello, onMessage, onLine, onClosed, up: false, failures: 0 });
    addEventListener("online", () => this.#again(0));
    addEventListener("offline", () => this.#lost());
  }

  open() {
    clearTimeout(this.timer);
    this.ended = this.waiting = false;
    let socket;
    try {
      socket = this.socket = new WebSocket(this.address);
    } catch {
      this.socket = { close() {} }; // a browser that refuses to connect counts as a failed connection
      return this.#lost();
    }
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(this.hello()));
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (!FINAL.has(code)) return this.#lost(code);
      this.close();
      this.onClosed(code);
    };
    socket.onerror = () => this.up || this.#lost(); // a connection that a policy blocks gets no close event
    this.#expectAnswer();
  }

  send(message) {
    if (this.up) this.socket.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
  }

  // Closes until the next `open`.
  close() {
    this.#drop();
    this.ended = true;
    this.waiting = false;
  }

  #drop() {
    for (const timer of [this.timer, this.silence, this.steady]) clearTimeout(timer);
    this.up = false;
    const { socket } = this;
    this.socket = null;
    if (socket) socket.onclose = socket.onerror = socket.onmessage = null;
    socket?.close(1000);
  }

  #receive(message) {
    this.up ||= message.type === "welcome";
    this.#expectAnswer();
    if (message.type === "welcome") {
      this.steady = setTimeout(() => (this.failures = 0), STEADY_MS);
    }
    this.onMessage(message);
    if (message.type === "welcome") this.onLine("up", 0);
  }

  // After each message: a ping once it has been quiet, and the connection is lost if no message follows. A new connection
  // without a message is lost after the same time.
  #expectAnswer() {
    clearTimeout(this.silence);
    const { socket } = this;
    this.silence = setTimeout(() => {
      this.send({ type: "ping", at_ms: performance.now() });
      this.silence = setTimeout(() => socket === this.socket && this.#lost(), PONG_WITHIN_MS);
    }, this.up ? PING_EVERY_MS : 0);
  }

  #lost(code) {
    if (!this.socket) return;
    this.#drop();
    const [least, most] = BACKOFF_MS;
    const longest = Math.min(most, least * 2 ** ++this.failures);
    this.onLine("down", this.failures);
    if (this.ended) return;
    this.waiting = true;
    this.#again(code === GOING_AWAY ? Math.random() * least : least + Math.random() * (longest - least));
  }

  #again(afterMs) {
    if (!this.waiting) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), afterMs);
  }
}
