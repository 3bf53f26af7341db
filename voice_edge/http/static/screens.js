// Shows one screen at a time with the focus on its heading, and the notice above it.
export const element = (id) => document.getElementById(id);

export function show(name) {
  if (document.body.dataset.screen === name) return;
  document.body.dataset.screen = name;
  for (const screen of document.querySelectorAll("[data-screen].screen")) screen.hidden = screen.dataset.screen !== name;
  scrollTo(0, 0);
  if (name !== "welcome") document.querySelector(`.screen[data-screen="${name}"] h1`).focus({ preventScroll: true });
}

export const shows = (...names) => names.includes(document.body.dataset.screen);

export function fill(texts) {
  for (const [id, text] of Object.entries(texts)) element(id).textContent = text;
}

const NEWS_MS = 5000;
let timer;

export function news(text, { passing = false } = {}) {
  clearTimeout(timer);
  fill({ notice: text });
  if (passing) timer = setTimeout(() => fill({ notice: "" }), NEWS_MS);
}

// Runs after the next paint.
export const afterPaint = (run) => requestAnimationFrame(() => requestAnimationFrame(run));

// Builds an element: make("p", { className: "x", textContent: "y" }, child, ...).
export function make(tag, fields = {}, ...children) {
  const made = Object.assign(document.createElement(tag), fields);
  if (fields.label) made.setAttribute("aria-label", fields.label);
  made.append(...children);
  return made;
}

export function icon(name) {
  const holder = make("span");
  holder.innerHTML = `<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#${name}"/></svg>`;
  return holder.firstChild;
}
