// Without a connection: one request hands in the unsent rest, and the session is completed.
import { element, fill, show, shows } from "./screens.js";
import { say } from "./words.js";

const TYPES = { sound: "audio/L16;rate=16000", text: "text/plain;charset=utf-8" };
const BEGIN_ANEW = 410;

// Offers the request if it loses no change; the page continues to reconnect meanwhile.
export function stuck(conversation, { unkept = false } = {}) {
  const { seconds, rest } = conversation.unsent();
  const said = [...conversation.turns.values()].map(({ text }) => text).filter(Boolean);
  if (rest?.text) said.push(rest.text);
  else if (seconds) said.push(say("stuck.sound", { seconds }));
  element("stuck-said").replaceChildren(...said.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  element("hand-in").hidden = !rest || !said.length;
  fill({ "stuck-title": say(unkept ? "stuck.unkept" : "stuck.title") });
  if (!shows("stuck")) fill({ "stuck-fault": "", "hand-in": say("stuck.send") });
  show("stuck");
}

// Returns the fields of `completed`; null if the request failed; undefined if the session is over.
export async function handIn(conversation) {
  const { rest } = conversation.unsent();
  if (!rest) return null;
  fill({ "stuck-fault": "", "hand-in": say("review.sending") });
  const body = rest.text ?? new Blob(rest.sound);
  const headers = { "X-Pilot-Resume": rest.snapshot, "Content-Type": rest.text ? TYPES.text : TYPES.sound };
  const answer = await fetch("/v1/rest", { method: "POST", headers, body }).catch(() => null);
  if (answer?.ok) return answer.json();
  if (answer?.status === BEGIN_ANEW) return undefined;
  const { message } = (await answer?.json().catch(() => null)) ?? {};
  fill({ "stuck-fault": message ?? say("stuck.failed"), "hand-in": say("trouble.again") });
  return null;
}
