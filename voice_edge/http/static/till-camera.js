// Reads a voucher's QR code with the camera into the till's field; the barista still taps the button.
// The browser's own detector if it has one, else jsQR (served by us, fetched at the first tap).
const LOOK_EVERY_MS = 150;
const NO_ANSWER_MS = 10000;
const LIBRARY = "/static/jsqr.js";

const part = document.getElementById("camera");
const element = (id) => document.getElementById(id);
let stream = null;
let asked = 0; // increases with each request: a late answer to an earlier one is dropped

if (part && window.isSecureContext && navigator.mediaDevices?.getUserMedia) {
  part.hidden = false;
  element("camera-tap").onclick = () => (stream ? stop() : scan());
  document.addEventListener("visibilitychange", () => document.hidden && stop());
}

async function scan() {
  const number = ++asked;
  fault("");
  const slow = setTimeout(() => number === asked && !stream && fault("none"), NO_ANSWER_MS);
  try {
    const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    if (number !== asked) return opened.getTracks().forEach((track) => track.stop());
    stream = opened;
    fault("");
    const view = element("camera-view");
    view.srcObject = stream;
    show(true);
    await view.play();
    const read = await reader();
    while (stream === opened) {
      const code = codeIn(await read(view).catch(() => ""));
      if (code && stream === opened) return found(code);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  } catch (error) {
    if (number !== asked) return;
    stop();
    fault(error.name === "NotAllowedError" ? "denied" : "none");
  } finally {
    clearTimeout(slow);
  }
}

// Returns a function that reads the text of a QR code in the picture; "" if there is none.
async function reader() {
  const formats = (await window.BarcodeDetector?.getSupportedFormats().catch(() => [])) ?? [];
  if (formats.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (view) => (await detector.detect(view))[0]?.rawValue ?? "";
  }
  await load();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (view) => {
    const { videoWidth: width, videoHeight: height } = view;
    if (!width) return "";
    Object.assign(canvas, { width, height });
    context.drawImage(view, 0, 0);
    return self.jsQR(context.getImageData(0, 0, width, height).data, width, height)?.data ?? "";
  };
}

function load() {
  if (self.jsQR) return;
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: LIBRARY, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

// A voucher's QR code holds the till's address with the code.
function codeIn(text) {
  if (!text) return "";
  try {
    return new URL(text).searchParams.get("code") ?? "";
  } catch {
    return text.slice(0, 40);
  }
}

function found(code) {
  stop();
  element("code").value = code;
  element("redeem").focus();
  navigator.vibrate?.(80);
}

function stop() {
  asked++;
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  element("camera-view").srcObject = null;
  show(false);
}

function show(on) {
  element("camera-view").hidden = !on;
  element("camera-tap").textContent = part.dataset[on ? "stop" : "start"];
}

function fault(name) {
  element("camera-fault").textContent = name && part.dataset[name];
}
