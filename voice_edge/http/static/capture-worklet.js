// Posts the microphone's samples to the page in chunks, with the first one's position on the context's clock.
const CHUNK_SAMPLES = 1024;

registerProcessor("capture", class extends AudioWorkletProcessor {
  chunk = new Float32Array(CHUNK_SAMPLES);
  filled = 0;

  process([[samples]]) {
    if (!samples) return true;
    this.chunk.set(samples, this.filled);
    this.filled += samples.length;
    if (this.filled === CHUNK_SAMPLES) {
      const first = currentFrame + samples.length - CHUNK_SAMPLES;
      this.port.postMessage({ first, samples: this.chunk }, [this.chunk.buffer]);
      this.chunk = new Float32Array(CHUNK_SAMPLES);
      this.filled = 0;
    }
    return true;
  }
});
