// Streamlit's frame in the reader's language: the page's lang, and the English words that Streamlit 1.67 hard-codes.
// `window.pages` = { language, words: { from: to }, version } is set before; a word that ends with a space is a prefix.
(() => {
  const ACCESS_MS = 8000;
  const PHONE = "(max-width: 768px)"; // Streamlit lays the sidebar over the page there
  const ATTRIBUTES = ["aria-label", "title", "placeholder"];
  // Of texts only the frame's: a guest's words are never looked at.
  const FRAME = '[data-testid="stTooltipContent"], [data-testid="InputInstructions"], [data-testid="stStatusWidget"], [data-testid="stFileUploaderDropzone"]';

  function translated(text) {
    const { words } = window.pages;
    if (text in words) return words[text];
    const [first] = text.split(":", 1); // "Fullscreen: the chart's alternative text"
    if (first in words) return words[first] + text.slice(first.length);
    const prefix = Object.keys(words).find((from) => from.endsWith(" ") && text.startsWith(from));
    return prefix ? words[prefix] + text.slice(prefix.length) : text;
  }

  function translateText(node) {
    const text = translated(node.data.trim());
    if (node.data.trim() && text !== node.data.trim()) node.data = text;
  }

  function translateAttribute(element, name) {
    const text = element.getAttribute(name);
    if (text && translated(text) !== text) element.setAttribute(name, translated(text));
  }

  function translate(root) {
    for (const name of ATTRIBUTES) {
      translateAttribute(root, name);
      for (const element of root.querySelectorAll(`[${name}]`)) translateAttribute(element, name);
    }
    for (const frame of root.closest(FRAME) ? [root] : root.querySelectorAll(FRAME)) {
      const texts = document.createTreeWalker(frame, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) translateText(texts.currentNode);
    }
  }

  function onChange({ type, target, attributeName, addedNodes }) {
    if (type === "attributes") return translateAttribute(target, attributeName);
    if (type === "characterData") return target.parentElement?.closest(FRAME) && translateText(target);
    for (const node of addedNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) {
        translate(node);
        if (node.matches(".st-key-links") || node.querySelector(".st-key-links")) nameMenu();
      }
      else if (node.nodeType === Node.TEXT_NODE && target.closest(FRAME)) translateText(node);
    }
  }

  // A revoked or changed account loses what is drawn: the server answers the reload.
  async function checkAccess() {
    try {
      const answer = await fetch("/signed-in", { cache: "no-store" });
      if (answer.status === 401) return location.reload();
      if (answer.ok && (await answer.json()).version !== window.pages.version) location.reload();
    } catch {
      // The server is away; Streamlit says so itself.
    }
  }

  clearInterval(window.pageAccess);
  window.pageAccess = setInterval(checkAccess, ACCESS_MS);
  if (!window.pageShown) {
    window.pageShown = () => document.visibilityState === "visible" && checkAccess();
    document.addEventListener("visibilitychange", window.pageShown);
  }

  // Streamlit's own menu is hidden; the links in its place are a landmark as well.
  function nameMenu() {
    const menu = document.querySelector(".st-key-links");
    menu?.setAttribute("role", "navigation");
    menu?.setAttribute("aria-label", window.pages.menu);
    if (menu) menu.onclick = ({ target }) => target.closest("a") && closeOnPhone();
  }

  // On a phone the menu covers the page that its link has opened.
  function closeOnPhone() {
    if (matchMedia(PHONE).matches) document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  }

  nameMenu();
  document.documentElement.lang = window.pages.language;
  translate(document.body);
  window.pageChrome?.disconnect();
  window.pageChrome = new MutationObserver((changes) => changes.forEach(onChange));
  window.pageChrome.observe(document.body, { attributeFilter: ATTRIBUTES, childList: true, characterData: true, subtree: true });
})();
