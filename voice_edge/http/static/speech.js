// Reads questions aloud if the phone itself has a voice for the language; the text is always on the screen.
const synthesis = window.speechSynthesis;
const GAP_MS = 80; // Chrome drops an utterance right after a cancel
const BEGINS_WITHIN_MS = 2000; // some phones have voices that never begin,
const LONGEST_MS = (text) => 3000 + 120 * text.length; // and some that never report their end

export class Speech {
  constructor(language) {
    this.language = language;
    this.on = true;
    this.find();
    synthesis?.addEventListener?.("voiceschanged", () => this.find()); // they load late
  }

  find() {
    const voices = synthesis?.getVoices() ?? [];
    this.voice = voices.find(({ lang, localService }) => localService && lang.toLowerCase().startsWith(this.language));
  }

  // iOS speaks only after a first utterance inside a tap.
  prime() {
    if (this.on) synthesis?.speak(Object.assign(new SpeechSynthesisUtterance(" "), { volume: 0 }));
  }

  async speak(text) {
    if (synthesis?.speaking) await this.hush();
    if (!this.voice || !this.on) return;
    await new Promise((resolve) => {
      const utterance = new SpeechSynthesisUtterance(text);
      utterance.voice = this.voice; // iOS ignores `lang` without it
      utterance.lang = this.voice.lang;
      utterance.onend = utterance.onerror = this.finish = resolve;
      const mute = setTimeout(() => this.hush(), BEGINS_WITHIN_MS);
      utterance.onstart = () => clearTimeout(mute);
      setTimeout(resolve, LONGEST_MS(text));
      this.utterance = utterance; // Chrome never ends an utterance without a reference
      synthesis.speak(utterance);
    });
  }

  hush() {
    this.finish?.();
    synthesis?.cancel();
    return new Promise((resolve) => setTimeout(resolve, GAP_MS));
  }
}
