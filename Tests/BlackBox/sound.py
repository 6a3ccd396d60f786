"""Telephone sound, made and measured with nothing of the product in it."""

import array
import bisect
import cmath
import dataclasses
import math
import statistics
import wave

RATE = 8000
FRAME = 160  # 20 ms
SILENCE = b"\xff"


def _value(code):
    code ^= 0xFF
    value = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return -value if code & 0x80 else value


_VALUES = [_value(code) for code in range(256)]
_WORDS = sorted(range(256), key=_VALUES.__getitem__)
_SORTED = [_VALUES[word] for word in _WORDS]


def _word(sample):
    place = bisect.bisect(_SORTED, sample)
    return min(_WORDS[max(0, place - 1):place + 1], key=lambda word: abs(_VALUES[word] - sample))


def encode(samples):
    """Mu-law, the nearest word for each sample."""
    return bytes(map(_word, samples))


def decode(data):
    return array.array("h", map(_VALUES.__getitem__, data))


def tone(pitch, seconds, level=-12.0, fade=0.005, rate=RATE):
    """A sine as samples; `level` in dB below the loudest one."""
    count, peak = round(seconds * rate), 32767 * 10 ** (level / 20)
    edge = max(1, round(fade * rate))
    return [round(peak * min(1, (place + 1) / edge, (count - place) / edge) *
                  math.sin(2 * math.pi * pitch * place / rate)) for place in range(count)]


def read(path):
    """The samples of a WAV file, and their rate."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return array.array("h", file.readframes(file.getnframes())), file.getframerate()


def loud_part(samples, threshold=200):
    """From the first to the last sample that is no silence."""
    places = [place for place, sample in enumerate(samples) if abs(sample) > threshold]
    return samples[places[0]:places[-1] + 1] if places else samples[:0]


@dataclasses.dataclass
class Tone:
    """What a steady tone turned out to be, its first and last 20 ms left out."""

    pitch: float
    level: float  # dB below the loudest sine
    swing: float  # dB between the loudest and the softest 10 ms
    slip: float  # s: the furthest that any moment is out of step; a lost or doubled piece is a step
    click: float  # the furthest that any sample is off, as a share of the tone's height
    sinad: float  # dB of the tone over all that is not the tone
    seconds: float

    def __init__(self, samples, pitch, rate=RATE):
        """Follows the tone's phase beside that of `pitch`, in steps of 10 ms."""
        self.seconds = len(samples) / rate
        step, edge = rate // 100, rate // 50
        inner = samples[edge:len(samples) - edge]
        turn = cmath.exp(-2j * math.pi * pitch / rate)
        window = [0.5 - 0.5 * math.cos(2 * math.pi * (place + 0.5) / (2 * step)) for place in range(2 * step)]
        carrier = [turn ** place for place in range(2 * step)]
        weights = [share * rotation for share, rotation in zip(window, carrier)]
        vectors = []
        for start in range(0, len(inner) - 2 * step + 1, step):
            sum_ = sum(map(lambda sample, weight: sample * weight, inner[start:start + 2 * step], weights))
            vectors.append(sum_ * cmath.exp(-2j * math.pi * pitch * start / rate) * 2 / sum(window))
        assert len(vectors) > 4, f"only {self.seconds:.3f} s of sound"
        phases, last = [], cmath.phase(vectors[0])
        for vector in vectors:
            last += math.remainder(cmath.phase(vector) - last, 2 * math.pi)
            phases.append(last)
        times = [(place * step + step) / rate for place in range(len(phases))]
        slope, start = statistics.linear_regression(times, phases)
        self.pitch = pitch + slope / (2 * math.pi)
        self.slip = max(abs(phase - slope * time - start) for time, phase in zip(times, phases)) / (2 * math.pi * pitch)
        heights = [abs(vector) for vector in vectors]
        height = statistics.median(heights)
        self.level = 20 * math.log10(max(height, 1e-9) / 32767)
        self.swing = 20 * math.log10(max(heights) / max(min(heights), 1e-9))
        omega = 2 * math.pi * self.pitch / rate
        rest = [sample - height * math.cos(omega * place + start) for place, sample in enumerate(inner)]
        self.click = max(map(abs, rest)) / height
        noise = sum(error * error for error in rest) / len(rest)
        self.sinad = 10 * math.log10(height * height / 2 / max(noise, 1e-9))

    def assert_clean(self, pitch, level=-12.0):
        assert abs(self.pitch / pitch - 1) < 0.003, self
        assert abs(self.level - level) < 1, self
        assert self.swing < 1, self
        assert self.slip < 0.0002, self
        assert self.click < 0.08, self
