// The staff's self-test: does the network answer, does the code open, do talks connect, does the microphone hear?
// Nothing is recorded: no session begins without a greeting, and the sound stays here.
import { browserName, describeClient, properBrowser, stepsFor } from "./client.js";
import { faultBeforeAsking } from "./voice.js";
import { boot, say } from "./words.js";

const SLOW_MS = 1500;
const ANSWER_WITHIN_MS = 10000;
const LISTEN_MS = 8000;
const HEARD_SHARE = 0.35; // of the loudness scale: a voice at arm's length
const NEEDS_STEPS = new Set(["denied", "no_answer"]);

const element = (id) => document.getElementById(id);
const after = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function report(check, state, text) {
  const part = element(check);
  part.dataset.state = state;
  part.querySelector("p").textContent = text;
}

const fetched = (address) => fetch(address, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });

async function network() {
  const began = performance.now();
  const answer = await fetched("/static/cup.svg").catch(() => null);
  const ms = Math.round(performance.now() - began);
  if (!answer?.ok) return report("network", "bad", say("network.bad"));
  const slow = ms > SLOW_MS;
  report("network", slow ? "warn" : "good", say(slow ? "network.slow" : "network.good", { ms }));
}

async function code() {
  const answer = await fetched(`/c/${boot.code}`).catch(() => null);
  const opens = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("choose-text");
  report("code", opens ? "good" : answer?.ok ? "warn" : "bad", say(opens ? "code.good" : answer?.ok ? "code.shut" : "code.bad"));
}

async function socket() {
  const opened = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/ws/v1`);
  const works = new Promise((resolve) => {
    opened.onopen = () => resolve(true);
    opened.onerror = () => resolve(false);
  });
  const open = await Promise.race([works, after(ANSWER_WITHIN_MS).then(() => false)]);
  opened.close();
  report("socket", open ? "good" : "bad", say(open ? "socket.good" : "socket.bad"));
}

function refused(result) {
  const client = describeClient();
  const steps = stepsFor(client);
  report("mic", "bad", `${say(`trouble.${result}_title`)}.`);
  if (!NEEDS_STEPS.has(result) && steps !== "in_app") return;
  const fallback = say("microphone.browser");
  const browser = steps === "in_app" ? (properBrowser(client) ?? fallback) : browserName(client, fallback);
  const lines = say(`trouble.how_${steps}`, { browser }).trim().split("\n");
  element("steps").replaceChildren(...lines.map((textContent) => Object.assign(document.createElement("li"), { textContent })));
  element("steps").hidden = false;
}

async function microphone() {
  element("steps").hidden = true;
  const known = faultBeforeAsking();
  if (known) return refused(known);
  let heard;
  const loud = new Promise((resolve) => (heard = resolve));
  const { Microphone } = await import("./capture.js");
  const meter = element("level");
  const opened = new Microphone({
    onFrame: () => {},
    onLevel(share) {
      meter.value = share;
      if (share > HEARD_SHARE) heard(true);
    },
    onLost: () => heard(false),
  });
  try {
    await opened.open();
    report("mic", "wait", say("mic.listen"));
    meter.hidden = false;
    const hears = await Promise.race([loud, after(LISTEN_MS).then(() => false)]);
    report("mic", hears ? "good" : "warn", say(hears ? "mic.good" : "mic.quiet"));
  } catch (error) {
    refused(error.result ?? "error");
  } finally {
    opened.close();
    meter.hidden = true;
  }
}

function start() {
  for (const check of ["network", "code", "socket"]) report(check, "wait", say("wait"));
  return Promise.all([network(), code(), socket()]);
}

element("again").onclick = start;
element("listen").onclick = microphone;
start();
