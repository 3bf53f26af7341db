// Wires the customer's taps, the conversation and the screens together.
import { Microphone, MicrophoneFault, faultBeforeAsking } from "./capture.js";
import { browserName, describeClient } from "./client.js";
import { Conversation } from "./conversation.js";
import * as ask from "./microphone.js";
import { anythingLeft, review } from "./review.js";
import { element, fill, news, show, shows } from "./screens.js";
import { Speech } from "./speech.js";
import * as talk from "./talk.js";
import { boot, say } from "./words.js";

const ENDINGS = { 4404: "code", 4408: "idle", 4409: "elsewhere", 4429: "crowded", 4503: "maintenance" };
const MAY_GO_ON = new Set(["elsewhere", "crowded", "maintenance"]);
const ASKED_AFTER_MS = 400; // a microphone that is already allowed opens without a question
const RECEIPT_TRIES = 3;
const RECEIPT_AFTER_MS = 1500;

const client = describeClient();
const speech = new Speech(boot.language);
const browser = say("microphone.browser");
let microphone = null;
let asking = false; // the browser's own question is open
let speaking = false;
let shownTurn = 0; // the last one whose answer is on the screen
let timeUp = false;
let line = "down";
let left = false;
let sent = false;

const conversation = new Conversation({
  code: boot.code,
  language: boot.language,
  simulated: boot.simulated,
  client,
  address: `${location.protocol.replace("http", "ws")}//${location.host}/ws/v1`,
  tell: (kind, detail) => hears[kind]?.(detail),
});

// What the edge says
const hears = {
  welcome({ resumed, language, voice }) {
    if (resumed && conversation.started && !shows("talk", "consent") && language !== boot.language) return location.replace(inLanguage(language));
    if (language === boot.language) offerVoice(!voice.qualified);
    if (!conversation.started) return show("welcome");
    if (!conversation.consented) return shows("microphone", "trouble") || consent();
    if (!shows("microphone", "trouble", "review", "done")) inTalk();
    talk.history(conversation.turns, edit);
    state();
  },
  gone() {
    if (conversation.turns.size) return end("broken");
    conversation.memory.forget();
    location.reload();
  },
  question({ text }) {
    if (element("question").textContent !== text) {
      talk.ask({ question: text });
      speak(text);
    }
    state();
  },
  state() {
    state();
  },
  partial({ text }) {
    talk.caption(text);
  },
  heard() {
    talk.caption("");
    talk.history(conversation.turns, edit);
  },
  reply({ turn, text, final, purpose }) {
    const first = text && turn !== shownTurn;
    if (first) shownTurn = turn;
    const texts = purpose === "follow_up" ? { question: text, remark: "" } : { [purpose === "thanks" ? "parting" : "remark"]: text };
    talk.ask(texts, { streaming: !final, painted: first && (() => conversation.shown(turn)) });
    talk.waiting(false);
    if (final) speak(text);
  },
  review() {
    stopMicrophone();
    talk.waiting(false);
    review(conversation.turns, edit);
    show("review");
  },
  completed,
  busy({ retry_after_s: seconds }) {
    write();
    news(say("notice.busy", { seconds }));
    setTimeout(() => news(say("notice.busy_over"), { passing: true }), 1000 * seconds);
  },
  error({ code, message }) {
    timeUp = code === "total_limit";
    talk.waiting(false);
    sent = false;
    finishing(false);
    news(message, { passing: true });
  },
  line(detail) {
    const was = line;
    line = detail.line;
    if (line === "down") news(say(navigator.onLine ? "notice.reconnecting" : "notice.offline"));
    else if (was === "down" && element("notice").textContent) news(say(conversation.lost ? "notice.trimmed" : "notice.back"), { passing: true });
    state();
  },
  closed({ code }) {
    if (left || shows("done")) return;
    if (code === 4408 && !conversation.started) return conversation.memory.forget();
    end(code === 4408 && timeUp ? "total" : (ENDINGS[code] ?? "broken"));
  },
};

// What the customer does
function choose(mode) {
  conversation.start(mode);
  consent();
}

function consent() {
  document.body.dataset.mode = conversation.mode;
  show("consent");
}

element("choose-voice").onclick = () => {
  speech.prime();
  choose("voice");
};
element("choose-text").onclick = () => choose("text");
element("agree").onclick = () => {
  conversation.consent(true, boot.consent_version);
  if (conversation.mode === "voice") openMicrophone();
  else write();
};
element("rather-text").onclick = () => {
  conversation.changeMode("text");
  consent();
};
element("decline").onclick = () => {
  left = true;
  conversation.consent(false, boot.consent_version);
  conversation.memory.forget();
  end("declined");
};
element("allow").onclick = element("trouble-again").onclick = element("continue").onclick = openMicrophone;
element("trouble-text").onclick = element("microphone-text").onclick = element("to-text").onclick = write;
element("to-voice").onclick = () => {
  speech.prime();
  const fault = faultBeforeAsking();
  if (fault) return noMicrophone(fault);
  ask.explain(client, browser);
};
element("done").onclick = () => {
  if (speaking) return speech.hush();
  if (element("done").getAttribute("aria-disabled") === "true") return;
  conversation.stop();
};
element("sound").onclick = () => {
  speech.on = !speech.on;
  if (!speech.on) speech.hush();
  talk.sounding(speech);
};
element("text-dock").onsubmit = (event) => {
  event.preventDefault();
  const text = element("answer").value.trim();
  fill({ "answer-fault": text ? "" : say("talk.empty") });
  if (!text || element("send").getAttribute("aria-disabled") === "true") return;
  conversation.text(text);
  element("answer").value = "";
  talk.waiting(true);
  element("answer").focus();
};
element("finish").onclick = () => {
  document.activeElement?.blur?.();
  if (sent || !anythingLeft()) return;
  sent = true;
  finishing(true);
  conversation.finish();
};
element("leave").onclick = () => {
  left = true;
  conversation.leave();
  end("left");
};
element("restart").onclick = () => {
  location.reload();
};

// This page in a language, whatever else its address says.
function inLanguage(language) {
  const address = new URL(location.href);
  address.searchParams.set("lang", language);
  return address.href;
}

function edit(turn, text) {
  conversation.edit(turn, text);
}

function finishing(on) {
  element("finish").textContent = say(on ? "review.sending" : "review.send");
  element("finish").setAttribute("aria-disabled", on);
}

// Voice
async function openMicrophone() {
  asking = true;
  setTimeout(() => asking && ask.waitForAnswer(client, browser), ASKED_AFTER_MS);
  microphone?.close();
  const opening = new Microphone({
    onFrame: (samples, capturedMs) => conversation.hear(samples, capturedMs),
    onLevel: talk.loudness,
    onLost: () => {
      news(say("notice.voice_stopped"), { passing: true });
      state();
    },
  });
  microphone = opening;
  try {
    await opening.open();
    asking = false;
    conversation.changeMode("voice");
    conversation.microphone("granted", opening.rate);
    inTalk();
  } catch (error) {
    if (microphone !== opening) return;
    if (!(error instanceof MicrophoneFault)) conversation.fail("page", error.name);
    noMicrophone(error.result ?? "error");
  } finally {
    asking = false;
    state();
  }
}

function noMicrophone(result) {
  stopMicrophone();
  conversation.microphone(result);
  ask.trouble(result, client);
}

function stopMicrophone() {
  speech.hush();
  microphone?.close();
  microphone = null;
}

function write() {
  stopMicrophone();
  conversation.changeMode("text");
  inTalk();
  element("answer").focus();
}

function inTalk() {
  talk.dock(conversation.mode);
  talk.sounding(speech);
  talk.history(conversation.turns, edit);
  show("talk");
}

async function speak(text) {
  if (conversation.mode !== "voice" || !microphone?.alive || !speech.on || !speech.available) return;
  speaking = true;
  state();
  await speech.speak(text);
  speaking = false;
  state();
}

// What the page shows follows from the line, the microphone and the edge's state, in that order.
function state() {
  const { state, mode } = conversation;
  const able = mode === "voice" && Boolean(microphone?.alive);
  if (microphone) microphone.sending = able && !speaking;
  if (mode !== "voice") return;
  const paused = !asking && !able;
  talk.look(line === "down" ? "offline" : paused ? "paused" : speaking ? "speaking" : state in { review: 1, ended: 1 } ? "ready" : state);
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && !asking && state());

// Ends
async function completed({ receipt, reference }) {
  stopMicrophone();
  fill({ reference: reference.replace(/(...)(?=.)/, "$1 "), "done-lead": say("done.opening") });
  element("receipt").href = receipt;
  show("done");
  for (let tries = 0; tries < RECEIPT_TRIES; tries++) {
    const answer = await fetch(receipt, { cache: "no-store" }).catch(() => null);
    if (answer?.ok) return location.replace(receipt);
    await new Promise((resolve) => setTimeout(resolve, RECEIPT_AFTER_MS));
  }
  fill({ "done-lead": say("done.waiting") });
}

function end(how) {
  stopMicrophone();
  news("");
  conversation.connection.close();
  if (!MAY_GO_ON.has(how)) conversation.memory.forget();
  const action = how === "elsewhere" ? "ended.elsewhere_action" : MAY_GO_ON.has(how) ? "trouble.again" : "ended.restart";
  fill({ "ended-title": say(`ended.${how}_title`), "ended-lead": say(`ended.${how}`), restart: say(action) });
  element("restart").hidden = how === "code";
  show("ended");
}

function offerVoice(trial) {
  element("choice").classList.toggle("text-first", trial);
  element("consent-trial").hidden = !trial;
  const [name, hint] = element("choose-voice").querySelectorAll("strong, small");
  name.textContent = say(trial ? "welcome.voice_trial" : "welcome.voice");
  hint.textContent = say(trial ? "welcome.voice_trial_hint" : "welcome.voice_hint");
  fill({ "to-voice-words": say(trial ? "talk.to_voice_trial" : "talk.to_voice") });
}

element("language").href = inLanguage(element("language").lang);
fill({ "consent-browser": say("consent.microphone", { browser: browserName(client, browser) }) });
offerVoice(boot.voice_trial);
for (const kind of ["input", "pointerdown", "keydown", "scroll"]) addEventListener(kind, () => conversation.stillHere(), { passive: true });
addEventListener("error", ({ message }) => conversation.fail("page", message));
addEventListener("unhandledrejection", ({ reason }) => conversation.fail("page", reason?.name ?? "rejection"));
