// What the server put into the page: its words, in one language, and which café and code it is for.
export const boot = JSON.parse(document.getElementById("boot").textContent);

export function say(key, fields = {}) {
  return boot.words[key].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
}
