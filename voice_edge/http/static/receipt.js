// An open receipt shows the reward as soon as it is decided, and that it was redeemed, without being loaded again.

const OFTEN_MS = 3_000;
const OFTEN_FOR_MS = 3 * 60_000; // The decision is due within one minute; after three there is no hurry.
const SELDOM_MS = 30_000;

const opened = Date.now();
let waiting = 0;

const news = () => document.getElementById("news");

async function look() {
  const { watch, state } = news().dataset;
  if (!watch) return;
  const answer = await fetch(watch, { cache: "no-store" }).catch(() => null);
  if (answer?.ok && (await answer.json()).state !== state) await renew();
  wait();
}

async function renew() {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("news");
  if (!fresh) return location.reload();
  // The element itself stays: a live region that is replaced is not read out.
  news().replaceChildren(...fresh.childNodes);
  for (const name of ["state", "watch"]) {
    if (fresh.dataset[name] === undefined) delete news().dataset[name];
    else news().dataset[name] = fresh.dataset[name];
  }
}

function wait() {
  clearTimeout(waiting);
  if (document.hidden) return; // A phone in a pocket asks nothing; it asks at once when it is taken out.
  waiting = setTimeout(look, Date.now() - opened < OFTEN_FOR_MS ? OFTEN_MS : SELDOM_MS);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(waiting);
  if (!document.hidden) look();
});
wait();
