// Connects the customer's taps, the conversation and the screens.
import { appName, describeClient, properBrowser } from "./client.js";
import { Conversation } from "./conversation.js";
import * as endings from "./endings.js";
import * as ask from "./microphone.js";
import { Overheard } from "./overheard.js";
import { handIn, stuck } from "./rest.js";
import { anythingLeft, review } from "./review.js";
import { element, fill, news, show, shows } from "./screens.js";
import * as talk from "./talk.js";
import { Voice, faultBeforeAsking } from "./voice.js";
import { boot, say } from "./words.js";

const STUCK_AFTER = 3; // connections that failed in a row
const UNKEPT = new Set(["not_saved", "internal"]); // the edge failed: the page resends, its words stay
const RESTING = new Set(["thinking", "replying"]);
const RECEIPT_TRIES = 3;
const RECEIPT_AFTER_MS = 1500;

const client = describeClient();
let shownTurn = 0; // the last turn whose reply is on the screen
let fault; // the last error from the edge
let line = "down";
let over = false;
let sent = false;
let enough = false; // the customer wants no more questions
const overheard = new Overheard();

const conversation = new Conversation({
  code: boot.code,
  language: boot.language,
  simulated: boot.simulated,
  client,
  address: `${location.protocol.replace("http", "ws")}//${location.host}/ws/v1`,
  emit: (kind, detail) => handlers[kind]?.(detail),
});

const voice = new Voice(boot.language, {
  onFrame: (samples, capturedMs) => conversation.hear(samples, capturedMs),
  onLevel(share) {
    talk.loudness(share);
    overheard.hear(share, conversation.state === "hearing" ? "customer" : RESTING.has(conversation.state) && !voice.speaking ? "reply" : "");
    if (overheard.missed) fill({ "state-hint": say("talk.unheard") });
  },
  onAsked: () => ask.explain(client, { waiting: true }),
  onNoAnswer() {
    conversation.microphone("no_answer");
    ask.trouble("no_answer", client);
  },
  onChange: state,
  onFail: (name) => conversation.fail("page", name),
  onLost() {
    if (conversation.state === "hearing") conversation.stop(); // the speech so far is a turn
    news(say("notice.voice_stopped"), { passing: true });
    state();
  },
});

// Messages of the edge, and events of the conversation
const handlers = {
  welcome({ resumed, language, voice: { qualified, offered = true }, device_token, closes_at }) {
    fault = undefined;
    if (resumed && conversation.started && !shows("talk", "consent") && language !== boot.language) return location.replace(inLanguage(language));
    if (language === boot.language) offerVoice(!qualified);
    offer(offered);
    element("remember").hidden = device_token !== "ask";
    fill({ closing: closes_at ? say("talk.closing", { when: endings.clock(closes_at) }) : "" });
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
  question({ text, number, most }) {
    fill({ progress: number ? say("talk.progress", { number, most }) : "" });
    if (element("question").textContent !== text) {
      talk.ask({ question: text });
      speak(text);
    }
    state();
  },
  state() {
    if (conversation.state === "listening" && overheard.take()) news(say("notice.missed"), { passing: true });
    state();
  },
  partial({ text }) {
    talk.caption(text);
  },
  heard() {
    talk.caption("");
    talk.history(conversation.turns, edit);
    talk.wayOut(true);
    if (enough) endTalk();
  },
  reply({ turn, text, final, purpose }) {
    const first = text && turn !== shownTurn;
    if (first) shownTurn = turn;
    const texts = purpose === "follow_up" ? { question: text, remark: "" } : { [purpose === "thanks" ? "parting" : "remark"]: text };
    talk.ask(texts, { streaming: !final, painted: first && (() => conversation.shown(turn)) });
    talk.waiting(false);
    if (final) speak(text);
    if (enough && conversation.turns.size) endTalk();
    else enough = false;
  },
  review: toReview,
  completed,
  voice: ({ offered }) => offer(offered),
  busy({ retry_after_s: seconds }) {
    write();
    news(say("notice.busy", { seconds: Math.ceil(seconds) }));
    setTimeout(() => news(say("notice.busy_over"), { passing: true }), 1000 * seconds);
  },
  error(error) {
    fault = error;
    if (!UNKEPT.has(error.code)) talk.waiting(false); // an unsaved turn is still being sent
    finishing(false);
    news(error.message, { passing: true });
  },
  quiet() {
    element("quiet").hidden = over;
  },
  line(detail) {
    const was = line;
    line = detail.line;
    if (line === "up") {
      if (was === "down" && element("notice").textContent) news(say(conversation.lost ? "notice.trimmed" : "notice.back"), { passing: true });
    } else if (detail.failures < STUCK_AFTER || over) {
      news(UNKEPT.has(fault?.code) ? fault.message : say(navigator.onLine ? "notice.reconnecting" : "notice.offline"));
    } else if (fault?.code === "maintenance" && !conversation.turns.size) {
      end("maintenance");
    } else if (conversation.consented) {
      stuck(conversation, { unkept: UNKEPT.has(fault?.code) });
      if (conversation.finishing) handInRest();
    }
    state();
  },
  closed({ code }) {
    if (over || shows("done")) return;
    if (fault?.code === "erased") conversation.memory.forget();
    if (code === 4408 && !conversation.started) return conversation.memory.forget();
    end(endings.ending(code, fault?.code), fault?.opens_at);
  },
};

// The customer's taps
const taps = {
  "choose-voice"() {
    voice.load();
    voice.speech.prime();
    choose("voice");
  },
  "choose-text": () => choose("text"),
  agree() {
    conversation.consent(true, { version: boot.consent_version, remember: element("remember-me").checked });
    if (conversation.mode === "voice") openMicrophone();
    else write();
  },
  "rather-text"() {
    conversation.changeMode("text");
    consent();
  },
  decline() {
    conversation.consent(false, { version: boot.consent_version });
    end("declined");
  },
  allow: openMicrophone,
  "trouble-again": openMicrophone,
  continue: openMicrophone,
  "trouble-text": write,
  "microphone-text": write,
  "to-text": write,
  "trouble-copy": ask.copyAddress,
  "to-voice"() {
    voice.load();
    voice.speech.prime();
    const known = faultBeforeAsking();
    if (known) noMicrophone(known);
    else ask.explain(client);
  },
  done() {
    if (voice.speaking) voice.speech.hush();
    else if (element("done").getAttribute("aria-disabled") !== "true") conversation.stop();
  },
  sound() {
    voice.speech.on = !voice.speech.on;
    if (!voice.speech.on) voice.speech.hush();
    talk.sounding(voice.speech);
  },
  "enough-voice": stopHere,
  "enough-text": stopHere,
  finish() {
    document.activeElement?.blur?.();
    if (sent || !anythingLeft()) return;
    finishing(true);
    conversation.finish();
  },
  leave,
  "stuck-leave": leave,
  "hand-in": handInRest,
  here() {
    conversation.stillHere({ asked: true });
    element("quiet").hidden = true;
  },
  restart: () => location.reload(),
};
for (const [id, tap] of Object.entries(taps)) element(id).onclick = () => tap();

addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  if (event.target.id === "answer") element("text-dock").requestSubmit();
  else if (shows("review")) taps.finish();
});

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

// No more questions: what is being said or typed is still sent, then the review opens.
function stopHere() {
  const typed = conversation.mode === "text" && element("answer").value.trim();
  const talking = conversation.mode === "voice" && conversation.state === "hearing" && voice.alive;
  if (typed && element("send").getAttribute("aria-disabled") === "true") return;
  if (!typed && !talking) return conversation.turns.size ? endTalk() : leave();
  enough = true;
  if (typed) element("text-dock").requestSubmit();
  else conversation.stop();
}

// The edge would listen on: it is in the talk until the customer sends.
function endTalk() {
  conversation.changeMode("text");
  toReview();
}

// Opens the review once; a later `review` of the edge must not undo edits in progress.
function toReview() {
  voice.stop();
  talk.waiting(false);
  if (shows("review")) return;
  review(conversation.turns, edit);
  show("review");
}

function choose(mode) {
  conversation.start(mode);
  consent();
}

function consent() {
  document.body.dataset.mode = conversation.mode;
  show("consent");
}

// The address of this page in a language; other parameters stay.
function inLanguage(language) {
  const address = new URL(location.href);
  address.searchParams.set("lang", language);
  return address.href;
}

function edit(turn, text) {
  conversation.edit(turn, text);
}

function finishing(on) {
  sent = on;
  element("finish").textContent = say(on ? "review.sending" : "review.send");
  element("finish").setAttribute("aria-disabled", on);
}

async function openMicrophone() {
  const known = await voice.open();
  if (known) noMicrophone(known);
  if (known !== null) return;
  conversation.changeMode("voice");
  conversation.microphone("granted", voice.microphone.rate);
  inTalk();
  state();
  if (!voice.spoken) speak(element("question").textContent);
}

function noMicrophone(result) {
  voice.stop();
  conversation.microphone(result);
  ask.trouble(result, client);
}

function write() {
  voice.stop();
  conversation.changeMode("text");
  inTalk();
  element("answer").focus();
}

function inTalk() {
  talk.dock(conversation.mode);
  talk.sounding(voice.speech);
  talk.history(conversation.turns, edit);
  talk.wayOut(conversation.turns.size);
  show("talk");
}

function speak(text) {
  if (conversation.mode === "voice") voice.speak(text);
}

// The state on the screen follows from the connection, the microphone and the edge's state, in that order.
function state() {
  const { state, mode } = conversation;
  const able = mode === "voice" && voice.alive;
  if (voice.microphone) voice.microphone.sending = able && !voice.speaking;
  if (mode !== "voice") return;
  const paused = !voice.asking && !able;
  talk.showState(line === "down" ? "offline" : paused ? "paused" : voice.speaking ? "speaking" : state in { review: 1, ended: 1 } ? "ready" : state);
}

// Ends
async function completed({ receipt, reference }) {
  over = true;
  voice.stop();
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

// The request would close a connection opened meanwhile: none is opened until there is a response.
async function handInRest() {
  conversation.connection.close();
  const done = await handIn(conversation);
  if (done) {
    conversation.memory.forget();
    completed(done);
  } else if (done === undefined) end("broken");
  else conversation.connection.open();
}

function leave() {
  conversation.leave();
  end("left");
}

function end(how, opensAt) {
  over = true;
  voice.stop();
  conversation.connection.close();
  if (!endings.canContinue(how)) conversation.memory.forget();
  element("quiet").hidden = true;
  endings.end(how, opensAt);
}

// Without voice a talk goes on in writing.
function offer(on) {
  for (const id of ["choose-voice", "to-voice", "able"]) element(id).hidden = !on;
  fill({ "voice-off": on ? "" : say("notice.voice_off") });
  if (on || conversation.mode !== "voice") return;
  if (conversation.state === "hearing") conversation.stop();
  if (shows("talk", "microphone", "trouble")) return write();
  conversation.changeMode("text");
  if (shows("consent")) consent();
}

function offerVoice(trial) {
  const textFirst = trial || client.in_app || Boolean(faultBeforeAsking());
  const choice = element("choice");
  const first = element(textFirst ? "choose-text" : "choose-voice");
  choice.classList.toggle("text-first", textFirst);
  if (choice.firstElementChild !== first) {
    const { activeElement } = document;
    choice.prepend(first);
    activeElement?.focus?.();
  }
  element("consent-trial").hidden = !trial;
  const [name, hint] = element("choose-voice").querySelectorAll("strong, small");
  name.textContent = say(trial ? "voice.name_trial" : "voice.name");
  hint.textContent = say(trial ? "voice.hint_trial" : "voice.hint");
  fill({ "to-voice-words": say(trial ? "talk.to_voice_trial" : "talk.to_voice") });
}

element("language").href = inLanguage(element("language").lang);
fill({ "consent-browser": ask.named("microphone.why", client) });
if (client.in_app) fill({ "in-app": say("voice.in_app", { app: appName(say("microphone.app")), browser: properBrowser(client) ?? say("microphone.browser") }) });
offerVoice(boot.voice_trial);
if (conversation.mode === "voice") voice.load();
for (const kind of ["input", "pointerdown", "keydown", "scroll"]) addEventListener(kind, () => conversation.stillHere(), { passive: true });
addEventListener("error", ({ message }) => conversation.fail("page", message));
addEventListener("unhandledrejection", ({ reason }) => conversation.fail("page", reason?.name ?? "rejection"));
