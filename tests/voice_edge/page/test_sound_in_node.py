"""The sound modules in Node: resampler, clock, frames, ring buffer."""

from __future__ import annotations

import json
import struct
import subprocess

import pytest

from voice_edge.http.static_files import STATIC_FOLDER

NODE_SECONDS = 60


pytestmark = pytest.mark.node


def node(script: str) -> dict[str, object]:
    """Run a module that ends with `print(object)` and return the object."""
    modules = "".join(
        f"import * as {name} from {json.dumps((STATIC_FOLDER / f'{file}.js').as_uri())};\n"
        for name, file in {
            "resampling": "resampler",
            "clocks": "audio-clock",
            "framing": "audio-frames",
            "resting": "overheard",
        }.items()
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-"],
        input=modules + "const print = (value) => console.log(JSON.stringify(value));\n" + script,
        capture_output=True, text=True, timeout=NODE_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


TONE = """
const tone = (rate, hz, seconds) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));
const resampled = (rate, input, chunk) => {
  const resampler = new resampling.Resampler(rate);
  const parts = [];
  for (let i = 0; i < input.length; i += chunk) {
    for (const sample of resampler.push(input.subarray(i, i + chunk))) parts.push(sample);
  }
  parts.push(...resampler.flush());
  return parts;
};
const middle = (samples) => samples.slice(800, -800);
const db = (samples) => 10 * Math.log10(middle(samples).reduce((a, b) => a + b * b, 0) / middle(samples).length / 0.5);
"""


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000, 96000])
def test_speech_frequencies_survive_at_their_level_and_phase(rate: int) -> None:
    found = node(
        TONE
        + f"""
    const out = resampled({rate}, tone({rate}, 1000, 2), 128);
    const wanted = tone(16000, 1000, 2);
    print({{ db: db(out), error: Math.max(...middle(out).map((sample, i) => Math.abs(sample - wanted[i + 800]))) }});
    """
    )
    assert abs(found["db"]) < 0.1
    assert found["error"] < 0.01  # the filter's delay is taken out: output k is input k * rate / 16000


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("hz", [8200, 9000, 10000, 12000, 15000, 20000])
def test_aliasing_frequencies_are_attenuated_by_more_than_60_dB(rate: int, hz: int) -> None:
    found = node(TONE + f"print({{ db: db(resampled({rate}, tone({rate}, {hz}, 1), 1024)) }});")
    assert found["db"] < -60


@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_minute_keeps_its_length_in_chunks_of_any_size(rate: int) -> None:
    found = node(
        TONE
        + f"""
    const input = tone({rate}, 440, 60);
    const whole = resampled({rate}, input, input.length);
    const pieces = resampled({rate}, input, 1000);
    const wanted = tone(16000, 440, 60);
    const last = Array.from({{ length: 400 }}, (_, i) => 960000 - 1200 + i);
    print({{ whole: whole.length, pieces: pieces.length, same: whole.every((sample, i) => sample === pieces[i]),
             drift: Math.max(...last.map((i) => Math.abs(whole[i] - wanted[i]))) }});
    """
    )
    assert found["whole"] == found["pieces"] == 960_000
    assert found["same"]
    assert found["drift"] < 0.01


def test_a_frame_is_encoded_as_in_the_protocol() -> None:
    found = node("print([...new Uint8Array(framing.encodeFrame(7, 1234.5, Float32Array.of(0, 1, -1, 2, 0.5)))]);")
    body = bytes(found)
    assert struct.unpack_from("<BBHId", body) == (1, 0, 0, 7, 1234.5)
    assert struct.unpack("<5h", body[16:]) == (0, 32767, -32767, 32767, 16384)


def test_frames_of_a_whole_turn_are_kept_until_acknowledged() -> None:
    found = node("""
    const frames = new framing.UnackedFrames(5);
    const sound = new Float32Array(640);
    for (let i = 0; i < 1175; i++) frames.add(i * 40, sound, { sent: i < 100 });
    const numbers = () => frames.kept.map(({ number }) => number);
    const full = [frames.kept.length, numbers()[0], numbers().at(-1), frames.lost];
    frames.acknowledge(200);
    const after = numbers()[0];
    const again = frames.resend().length;
    print({ full, after, again });
    """)
    assert found == {"full": [1125, 55, 1179, 0], "after": 201, "again": 979}


def test_an_unsent_frame_beyond_the_buffer_counts_as_lost() -> None:
    found = node("""
    const frames = new framing.UnackedFrames(0);
    for (let i = 0; i < 1135; i++) frames.add(i * 40, new Float32Array(640), { sent: false });
    const { lost } = frames;
    frames.resend();
    print({ lost, then: frames.lost });
    """)
    assert found == {"lost": 10, "then": 0}


def test_audio_time_is_within_a_millisecond_despite_late_chunks_and_drift() -> None:
    found = node("""
    const clock = new clocks.AudioClock();
    let worst = 0, seed = 1;
    const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let audio = 0; audio < 60000; audio += 21.333) {
      const truth = 5000 + audio * 1.00005; // 50 millionths apart
      const late = chance() < 0.1 ? 0.1 : chance() * 40; // mostly late, one in ten at once
      clock.observe(audio, truth + late);
      if (audio > 1000) worst = Math.max(worst, Math.abs(clock.toPage(audio) - truth));
    }
    print({ worst });
    """)
    assert found["worst"] < 1.0


def test_after_a_suspended_context_the_clock_finds_the_new_offset_within_its_window() -> None:
    found = node("""
    const clock = new clocks.AudioClock();
    clock.observe(0, 1000);
    clock.observe(1000, 2000);
    for (let audio = 1000; audio < 5000; audio += 20) clock.observe(audio, audio + 8000); // seven seconds stood still
    print({ at: clock.toPage(5000) });
    """)
    assert found["at"] == 13_000


@pytest.mark.parametrize(
    ("own", "during", "ms", "missed"),
    [
        (0.7, 0.7, 900, True),  # the customer continues
        (0.7, 0.7, 400, False),  # a word that ended late
        (0.7, 0.4, 5000, False),  # the room
        (0.0, 0.9, 5000, False),  # nobody has spoken yet
        (0.3, 0.3, 900, True),  # a soft voice
        (0.7, 1.0, 60, False),  # a cup
    ],
)
def test_only_a_voice_as_loud_as_the_customers_own_is_missed(own: float, during: float, ms: int, missed: bool) -> None:
    found = node(
        f"""
    const heard = new resting.Overheard();
    let now = 1000;
    const play = (level, whose, ms) => {{ for (const end = now + ms; now < end; now += 20) heard.hear(level, whose, now); }};
    play({own}, "customer", 2000);
    play({during}, "reply", {ms});
    play(0.05, "reply", 300);
    print({{ first: heard.take(), again: heard.take() }});
    """
    )
    assert found == {"first": missed, "again": False}
