// Describes the browser, too coarsely to identify anybody.
const APPS = {
  Instagram: /Instagram/, Messenger: /MessengerForiOS|Orca-Android/, Facebook: /FBAN|FBAV|FB_IAB/, TikTok: /TikTok|musical_ly|trill|BytedanceWebview/,
  Snapchat: /Snapchat/, Threads: /Barcelona/, LinkedIn: /LinkedInApp/, X: /Twitter/, Pinterest: /Pinterest/, Google: /GSA\//, LINE: /Line\//, WeChat: /MicroMessenger/, Teams: /Teams/,
};
const APP_OF = (agent) => Object.keys(APPS).find((name) => APPS[name].test(agent));
const VIEW = /; wv\)/; // Android's views say so; on iOS only browsers name Safari

export function describeClient(agent = navigator.userAgent) {
  const browser = /Firefox|FxiOS/.test(agent) ? "Firefox"
    : /Edg(e|A|iOS)?\//.test(agent) ? "Edge"
    : /SamsungBrowser/.test(agent) ? "Samsung Internet"
    : /Chrome|CriOS/.test(agent) ? "Chrome"
    : /Safari|iPhone|iPad/.test(agent) ? "Safari" : "other";
  const [, os = "other", major = ""] =
    agent.match(/(Android) (\d+)/) ?? agent.match(/(iPhone|iPad).*? OS (\d+)/) ?? agent.match(/(Windows|Mac OS X|Linux)/) ?? [];
  const tablet = os === "Mac OS X" && navigator.maxTouchPoints > 1; // an iPad that calls itself a Mac
  const name = tablet || /^iP/.test(os) ? "iOS" : os === "Mac OS X" ? "macOS" : os;
  return { browser, os: name, os_major: major, in_app: Boolean(APP_OF(agent)) || VIEW.test(agent) || (name === "iOS" && !/Safari\//.test(agent)) };
}

// The app whose view this is, and the browser to open instead.
export const appName = (fallback, agent = navigator.userAgent) => APP_OF(agent) ?? fallback;
export const properBrowser = ({ os }) => ({ iOS: "Safari", Android: "Chrome" })[os];

// The browser's name in a sentence, and the key of its instructions.
export const browserName = ({ browser, in_app }, fallback) => (in_app || browser === "other" ? fallback : browser);

export function stepsFor({ browser, os, in_app }) {
  if (in_app) return "in_app";
  if (os === "iOS") return browser === "Safari" ? "safari" : "ios";
  if (os !== "Android") return "desktop";
  return { Firefox: "firefox", "Samsung Internet": "samsung" }[browser] ?? "chrome";
}
