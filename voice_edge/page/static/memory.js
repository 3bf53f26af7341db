// What a reload needs to go on with the same session: kept by this tab, for this code, for half an hour.
const KEPT_MS = 30 * 60 * 1000;

export class Memory {
  constructor(code) {
    this.key = `talk.${code}`;
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.key));
      this.kept = kept && Date.now() - kept.at < KEPT_MS ? kept : {};
    } catch {
      this.kept = {};
    }
  }

  keep(fields) {
    Object.assign(this.kept, fields, { at: Date.now() });
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch {
      // Storage may be shut off; then only a reload is lost.
    }
  }

  forget() {
    this.kept = {};
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // As above.
    }
  }
}
