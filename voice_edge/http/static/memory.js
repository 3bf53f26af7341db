// The state that a reload needs to resume the session, stored by this tab for half an hour; and, with the customer's
// consent, the device token. If storage is disabled, only these are lost.
const KEPT_MS = 30 * 60 * 1000;
const DEVICE = "device";

function read(storage, key) {
  try {
    return JSON.parse(window[storage].getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function write(storage, key, value) {
  try {
    if (value) window[storage].setItem(key, JSON.stringify(value));
    else window[storage].removeItem(key);
  } catch {
    // Storage is disabled.
  }
}

export const keepDevice = (device) => write("localStorage", DEVICE, device);

export function deviceToken() {
  const { token, expires_at } = read("localStorage", DEVICE);
  return Date.parse(expires_at) > Date.now() ? token : undefined;
}

export class Memory {
  constructor(code) {
    this.key = `talk.${code}`;
    const kept = read("sessionStorage", this.key);
    this.kept = Date.now() - kept.at < KEPT_MS ? kept : {};
  }

  keep(fields) {
    Object.assign(this.kept, fields, { at: Date.now() });
    write("sessionStorage", this.key, this.kept);
  }

  forget() {
    this.kept = {};
    write("sessionStorage", this.key);
  }
}
