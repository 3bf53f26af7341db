// Asking for the microphone, and saying exactly what is the matter and what to do when there is none.
import { browserName, stepsFor } from "./client.js";
import { element, fill, show } from "./screens.js";
import { say } from "./words.js";

const NEEDS_STEPS = new Set(["denied", "unsupported"]);

export function explain(client, fallback) {
  element("allow").hidden = false;
  fill({ "microphone-title": say("microphone.title"), "microphone-lead": say("microphone.why", { browser: browserName(client, fallback) }) });
  show("microphone");
}

export function waitForAnswer(client, fallback) {
  element("allow").hidden = true;
  fill({ "microphone-title": say("microphone.waiting_title"), "microphone-lead": say("microphone.waiting", { browser: browserName(client, fallback) }) });
  show("microphone");
}

export function trouble(result, client) {
  const steps = stepsFor(client);
  element("trouble-how").hidden = !NEEDS_STEPS.has(result) || (result === "unsupported" && steps !== "in_app");
  element("trouble-again").hidden = result === "insecure" || result === "unsupported";
  fill({ "trouble-title": say(`trouble.${result}_title`), "trouble-lead": say(`trouble.${result}`), "trouble-steps": say(`trouble.how_${steps}`) });
  show("trouble");
}
