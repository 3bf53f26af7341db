"""Synthetic sounds of a café in which nobody speaks to the microphone (babble by espeak-ng)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from faster_whisper.audio import decode_audio

RATE = 16_000
BABBLE = {
    "en": [
        "could I have two of those please",
        "no I said it was on the Tuesday",
        "and then she just left, can you imagine",
    ],
    "sv": ["kan jag få två sådana tack", "nej det var ju på tisdagen", "och sen gick hon bara, kan du tänka dig"],
}
VOICES = ("+m1", "+f2", "+m3", "+f4", "+m5", "+f1")


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), dtype=np.float32)


def hum(seconds: float, *, level: float = 0.02) -> np.ndarray:
    """Return a refrigerator: 50 Hz and its overtones."""
    t = np.arange(int(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * 50 * n * t) / n for n in (1, 2, 3, 6))
    return (level * wave).astype(np.float32)


def pink(seconds: float, *, level: float = 0.05, seed: int = 1) -> np.ndarray:
    """Return noise with as much power in each octave: a ventilator, distant traffic."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=count))
    spectrum /= np.sqrt(np.maximum(1.0, np.arange(len(spectrum))))
    wave = np.fft.irfft(spectrum, count)
    return (level * wave / wave.std()).astype(np.float32)


def clinks(seconds: float, *, level: float = 0.4, seed: int = 2) -> np.ndarray:
    """Return cups and spoons: brief high tones that die away, over a faint room."""
    chance = np.random.default_rng(seed)
    wave = pink(seconds, level=0.005, seed=seed).astype(np.float64)
    for at in np.sort(chance.uniform(0, seconds - 0.3, int(seconds * 1.5))):
        t = np.arange(int(0.25 * RATE)) / RATE
        tone = sum(np.sin(2 * np.pi * f * t) for f in chance.uniform(2500, 6500, 3)) * np.exp(
            -t * chance.uniform(20, 60)
        )
        begin = int(at * RATE)
        wave[begin : begin + len(t)] += level * tone / 3
    return wave.astype(np.float32)


def music(seconds: float, *, level: float = 0.12, seed: int = 3) -> np.ndarray:
    """Return a simple tune: chords and a melody with decaying tones and a beat."""
    chance = np.random.default_rng(seed)
    wave = np.zeros(int(seconds * RATE) + RATE)
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
    t = np.arange(int(0.5 * RATE)) / RATE
    for beat in range(int(seconds * 2)):
        begin = beat * RATE // 2
        notes = [*scale[[beat // 4 % 4, (beat // 4 % 4) + 2, (beat // 4 % 4) + 4]] / 2, chance.choice(scale) * 2]
        for note in notes:
            for overtone in (1, 2, 3):
                wave[begin : begin + len(t)] += np.sin(2 * np.pi * note * overtone * t) * np.exp(-t * 4) / overtone / 4
        wave[begin : begin + 400] += chance.normal(size=400) * np.linspace(0.6, 0, 400)
    return (level * wave[: int(seconds * RATE)]).astype(np.float32)


def babble(seconds: float, folder: Path, *, language: str = "en", level: float = 0.05, seed: int = 4) -> np.ndarray:
    """Return six voices at other tables, all at once, none near the microphone."""
    chance = np.random.default_rng(seed)
    wave = pink(seconds, level=0.01, seed=seed).astype(np.float64)
    for number, voice in enumerate(VOICES):
        path = folder / f"{language}-{number}.wav"
        text = ". ".join(BABBLE[language] * 3)
        speed = str(int(chance.integers(130, 190)))
        subprocess.run(["espeak-ng", "-v", f"{language}{voice}", "-s", speed, "-w", str(path), text], check=True)
        said = np.asarray(decode_audio(str(path), sampling_rate=RATE), dtype=np.float64)
        said = np.roll(np.resize(said, len(wave)), int(chance.integers(0, len(wave))))
        # Far away: only frequencies below 2 kHz, and an echo.
        far = np.convolve(said, np.ones(8) / 8, mode="same")
        wave += level * (far + 0.6 * np.roll(far, 900)) / max(1e-9, far.std()) / 3
    return wave.astype(np.float32)


NOISES: dict[str, Callable[[float], np.ndarray]] = {
    "silence": silence,
    "refrigerator": hum,
    "ventilation": pink,
    "faint ventilation": lambda seconds: pink(seconds, level=0.004, seed=5),
    "cups": clinks,
    "music": music,
    "loud music": lambda seconds: music(seconds, level=0.4, seed=6),
    "music and cups": lambda seconds: music(seconds, level=0.08) + clinks(seconds, level=0.2),
}


def has_voices() -> bool:
    """Return whether espeak-ng is installed."""
    return shutil.which("espeak-ng") is not None
