// Polls the receipt's state, and updates the page once the reward is decided or redeemed.

const FAST_MS = 3_000;
const FAST_FOR_MS = 3 * 60_000; // The decision is due within one minute.
const SLOW_MS = 30_000;

const opened = Date.now();
let waiting = 0;

const news = () => document.getElementById("news");

async function poll() {
  const { watch, state } = news().dataset;
  if (!watch) return;
  const answer = await fetch(watch, { cache: "no-store" }).catch(() => null);
  if (answer?.ok && (await answer.json()).state !== state) await update();
  wait();
}

async function update() {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("news");
  if (!fresh) return location.reload();
  // Replace only its children: a replaced live region is not announced.
  news().replaceChildren(...fresh.childNodes);
  for (const name of ["state", "watch"]) {
    if (fresh.dataset[name] === undefined) delete news().dataset[name];
    else news().dataset[name] = fresh.dataset[name];
  }
}

function wait() {
  clearTimeout(waiting);
  if (document.hidden) return; // A hidden page does not poll; it polls at once when it is visible again.
  waiting = setTimeout(poll, Date.now() - opened < FAST_FOR_MS ? FAST_MS : SLOW_MS);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(waiting);
  if (!document.hidden) poll();
});
wait();
