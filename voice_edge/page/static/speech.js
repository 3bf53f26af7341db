// Reads a question aloud, where the phone has a voice for the language; the text is always on the screen.
const synthesis = window.speechSynthesis;
const LONGEST_MS = 20000; // some browsers never say that they have finished

export class Speech {
  constructor(language) {
    this.language = language;
    this.on = true;
    this.find();
    synthesis?.addEventListener?.("voiceschanged", () => this.find());
  }

  find() {
    const voices = synthesis?.getVoices() ?? [];
    this.voice = voices.find(({ lang, localService }) => localService && lang.toLowerCase().startsWith(this.language));
  }

  get available() {
    return Boolean(this.voice);
  }

  // iOS speaks only after it has been asked to inside a tap.
  prime() {
    if (this.voice) synthesis.speak(new SpeechSynthesisUtterance(""));
  }

  speak(text) {
    if (!this.voice || !this.on) return Promise.resolve();
    return new Promise((resolve) => {
      const utterance = new SpeechSynthesisUtterance(text);
      utterance.voice = this.voice; // iOS ignores `lang` alone
      utterance.lang = this.voice.lang;
      utterance.onend = utterance.onerror = resolve;
      setTimeout(resolve, LONGEST_MS);
      synthesis.speak(utterance);
    });
  }

  hush() {
    synthesis?.cancel();
  }
}
