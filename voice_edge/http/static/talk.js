// The talk's screen: the question, the caption, the turns so far, and the controls to answer.
import { afterPaint, element, fill, icon, make } from "./screens.js";
import { say } from "./words.js";

const ICONS = { ready: "dots", listening: "ear", hearing: "mic", thinking: "dots", replying: "bubble", speaking: "speaker", paused: "pause", offline: "offline" };

// A remark appears above the question, for instance that nothing was heard.
export function ask(texts, { streaming = false, painted } = {}) {
  element("asked").setAttribute("aria-busy", streaming);
  fill(texts);
  if (painted) afterPaint(painted);
  element("asked").scrollIntoView({ block: "nearest" });
}

export function showState(name) {
  if (element("orb").dataset.look === name && element("state-name").textContent) return;
  element("orb").dataset.look = name;
  element("orb-icon").setAttribute("href", `/static/icons.svg#${ICONS[name]}`);
  fill({ "state-name": say(`talk.${name}`), "state-hint": name === "ready" ? "" : say(`talk.${name}_hint`) });
  element("done").textContent = say(name === "speaking" ? "talk.skip_speech" : "talk.done");
  element("done").setAttribute("aria-disabled", !["listening", "hearing", "speaking"].includes(name));
  element("done").hidden = name === "paused";
  element("continue").hidden = name !== "paused";
}

export function loudness(share) {
  element("level").parentElement.style.setProperty("--loud", share.toFixed(2));
}

export function caption(text) {
  const grew = text && element("caption").hidden;
  element("caption").hidden = !text;
  fill({ "caption-words": text });
  if (grew) element("asked").scrollIntoView({ block: "nearest" });
}

// The way out: to the review, or without sending while there is nothing to send.
export function wayOut(anything) {
  for (const dock of ["voice", "text"]) {
    const [check, words] = element(`enough-${dock}`).children;
    check.toggleAttribute("hidden", !anything);
    words.textContent = say(anything ? "talk.enough" : "review.leave");
  }
}

export function dock(mode) {
  element("voice-dock").hidden = mode !== "voice";
  element("text-dock").hidden = mode !== "text";
}

export function sounding(speech) {
  const sound = element("sound");
  sound.hidden = !speech.voice;
  sound.setAttribute("aria-pressed", speech.on);
  sound.setAttribute("aria-label", say(speech.on ? "talk.sound_on" : "talk.sound_off"));
  element("sound-icon").setAttribute("href", `/static/icons.svg#speaker${speech.on ? "" : "-off"}`);
}

export function waiting(on) {
  element("send").textContent = say(on ? "talk.sending" : "talk.send");
  element("send").setAttribute("aria-disabled", on);
}

// All turns so far, each with an edit button.
export function history(turns, onEdit) {
  element("history").replaceChildren(...[...turns].map(([turn, said]) => bubble(turn, said, onEdit)));
}

function bubble(turn, said, onEdit) {
  const item = make("li", { className: "turn" });
  const asked = said.question ? [make("p", { className: "was-asked", textContent: said.question })] : [];
  const tag = say(said.low_confidence ? "talk.uncertain" : said.mode === "text" ? "talk.you_wrote" : "talk.you_said");
  const words = make("p", { textContent: said.text || say("talk.struck"), className: said.text ? "" : "struck" });
  const mend = make("button", { type: "button", className: "round", label: say("talk.edit_label", { number: turn }) }, icon("pen"));
  const box = make("div", { className: said.low_confidence ? "said uncertain" : "said" }, make("div", {}, make("span", { className: "tag", textContent: tag }), words), mend);
  mend.onclick = () => {
    const field = make("textarea", { value: said.text, rows: 2, maxLength: 2000, label: say("review.answer_label", { number: turn }) });
    const close = (text) => {
      if (text !== said.text) onEdit(turn, text);
      const again = bubble(turn, { ...said, text, low_confidence: said.low_confidence && text === said.text }, onEdit);
      item.replaceWith(again);
      again.querySelector("button").focus();
    };
    const button = (key, main, text) => make("button", { type: "button", className: `button ${main}`, textContent: say(key), onclick: () => close(text()) });
    const actions = make("div", { className: "actions" }, button("talk.cancel", "", () => said.text), button("talk.save", "primary", () => field.value.trim()));
    const mending = make("div", { className: "mend" }, field, actions);
    mending.onkeydown = (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") close(said.text);
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) close(field.value.trim());
    };
    box.replaceWith(mending);
    field.focus();
  };
  item.append(...asked, box);
  return item;
}
