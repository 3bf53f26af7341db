// The server's data in the page: its words in one language, and its code.
export const boot = JSON.parse(document.getElementById("boot").textContent);

export function say(key, fields = {}) {
  return boot.words[key].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
}
