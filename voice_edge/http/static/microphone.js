// Requests the microphone, and explains its failures.
import { browserName, properBrowser, stepsFor } from "./client.js";
import { element, fill, make, show } from "./screens.js";
import { say } from "./words.js";

const NEEDS_STEPS = new Set(["denied", "no_answer"]);
const fallback = say("microphone.browser");

export const named = (key, client) => say(key, { browser: browserName(client, fallback) });

export function explain(client, { waiting = false } = {}) {
  element("allow").hidden = waiting;
  fill({
    "microphone-title": say(waiting ? "microphone.waiting_title" : "microphone.why_title"),
    "microphone-lead": named(waiting ? "microphone.waiting" : "microphone.why", client),
  });
  show("microphone");
}

export function trouble(result, client) {
  const steps = stepsFor(client);
  element("trouble-how").hidden = !NEEDS_STEPS.has(result) && steps !== "in_app";
  element("trouble-copy").hidden = steps !== "in_app";
  element("trouble-again").hidden = result === "insecure" || result === "unsupported";
  fill({ "trouble-title": say(`trouble.${result}_title`), "trouble-lead": say(`trouble.${result}`), "trouble-copy": say("trouble.copy") });
  const browser = steps === "in_app" ? (properBrowser(client) ?? fallback) : browserName(client, fallback);
  const lines = say(`trouble.how_${steps}`, { browser }).trim().split("\n");
  if (!element("trouble-how").hidden) import("./help-picture.js").then((each) => each.draw(steps), () => {});
  element("trouble-steps").replaceChildren(...lines.map((textContent) => make("li", { textContent })));
  show("trouble");
}

export async function copyAddress() {
  const done = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
  fill({ "trouble-copy": done ? say("trouble.copied") : location.href });
}
