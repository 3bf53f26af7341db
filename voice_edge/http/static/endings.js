// The last screen of a talk that was not sent: the reason, and an action if any.
import { element, fill, show } from "./screens.js";
import { boot, say } from "./words.js";

const BY_CODE = { 4404: "code", 4408: "idle", 4409: "elsewhere", 4429: "crowded" };
const BY_ERROR = { closed: "closed", paused: "paused", trial_full: "full", already_open: "open", total_limit: "total", erased: "erased" };
const ACTIONS = { idle: "go_on", elsewhere: "go_on", crowded: "again", open: "again", maintenance: "again", code: "", closed: "", paused: "", full: "" };

// The kind of ending, from the close code and the last error before it.
export const ending = (code, error) => BY_ERROR[error] ?? BY_CODE[code] ?? "broken";

export const canContinue = (how) => Boolean(ACTIONS[how]);

const local = (at, locale, fields) => new Intl.DateTimeFormat(locale, { timeZone: "Europe/Stockholm", ...fields }).format(new Date(at));

// 07.30, as in "da"
export const clock = (at) => local(at, boot.language === "sv" ? "da" : "en-GB", { timeStyle: "short" });

// i dag, om 3 dagar
const day = (at) => new Intl.RelativeTimeFormat(boot.language, { numeric: "auto" }).format((Date.parse(local(at, "sv")) - Date.parse(local(Date.now(), "sv"))) / 864e5, "day");

export function end(how, opensAt) {
  const opens = opensAt ? ` ${say("ended.opens", { day: day(opensAt), time: clock(opensAt) })}` : "";
  fill({ notice: "", "ended-title": say(`ended.${how}_title`), "ended-lead": say(`ended.${how}`) + opens });
  const action = ACTIONS[how] ?? "restart";
  element("restart").hidden = !action;
  if (action) fill({ restart: say(`ended.${action}`) });
  show("ended");
}
