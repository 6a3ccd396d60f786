"""What a bridge tells of itself at /metrics."""

import re
import urllib.request


def read(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read().decode()


class Histogram:
    """Of one series, in microseconds: all of it, or what came since an earlier reading."""

    def __init__(self, text, name, labels="", since=None):
        inside = re.escape(labels + "," if labels else "")
        pairs = re.findall(rf'^{name}_bucket{{{inside}le="([^"]+)"}} (\d+)', text, re.MULTILINE)
        self.buckets = [(float(bound) * 1e6, int(count)) for bound, count in pairs]
        outside = re.escape(f"{{{labels}}}" if labels else "")
        found = re.search(rf"^{name}_sum{outside} (\S+)", text, re.MULTILINE)
        self.sum = float(found[1]) * 1e6 if found else 0
        if since:
            self.buckets = [(bound, count - before)
                            for (bound, count), (_, before) in zip(self.buckets, since.buckets)]
            self.sum -= since.sum
        self.count = self.buckets[-1][1] if self.buckets else 0

    @property
    def mean(self):
        return self.sum / max(1, self.count)

    def at_most(self, share):
        """The upper bound of the bucket that this share of all is within."""
        return next(bound for bound, count in self.buckets if count >= share * self.count)
