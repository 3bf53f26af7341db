// The review: every answer can be edited or struck before the feedback is sent.
import { element, fill, icon, make } from "./screens.js";
import { say } from "./words.js";

export function review(turns, onEdit) {
  fill({ "review-fault": "" });
  element("answers").replaceChildren(...[...turns].filter(([, { text }]) => text).map(([turn, said]) => answer(turn, said, onEdit)));
}

// Returns whether any answer is left to send; shows a fault if none is.
export function anythingLeft() {
  const left = [...element("answers").querySelectorAll("textarea")].some((field) => !field.disabled && field.value.trim());
  fill({ "review-fault": left ? "" : say("review.nothing") });
  return left;
}

function answer(turn, said, onEdit) {
  const id = `answer-${turn}`;
  const field = make("textarea", { id, value: said.text, rows: 2, maxLength: 2000 });
  const label = make("label", { htmlFor: id, textContent: said.question || say("review.answer_label", { number: turn }) });
  const strike = make("button", { type: "button", className: "button" });
  const struck = make("p", { className: "quiet", textContent: say("review.struck"), hidden: true });
  const paint = () => {
    const word = field.disabled ? "restore" : "strike";
    struck.hidden = !field.disabled;
    field.classList.toggle("struck", field.disabled);
    strike.replaceChildren(...(field.disabled ? [] : [icon("bin")]), say(`review.${word}`));
    strike.setAttribute("aria-label", say(`review.${word}_label`, { number: turn }));
  };
  let sent = said.text;
  const change = () => {
    const text = field.disabled ? "" : field.value.trim();
    if (text !== sent) onEdit(turn, (sent = text));
  };
  field.onchange = change;
  strike.onclick = () => {
    field.disabled = !field.disabled;
    paint();
    change();
    fill({ "review-fault": "" });
  };
  paint();
  return make("li", { className: "answer" }, label, field, struck, strike);
}
