"""The largest number of calls that holds: of the bridge, and of others beside it."""

from . import peers, plot
from .bridge import FLOOR, PLAIN, cpu, run_calls, worst
from .calls import COLUMNS, record
from .verdict import Report

MOST = 4096  # as many as the driver tells apart
GROWTH, CLOSE_ENOUGH = 1.5, 1.1


class Search:
    """Doubles until it breaks, then halves the gap. What broke is told apart: the bridge, or the driver."""

    def __init__(self, setting, report, name, command, limit_us, seconds, profile=PLAIN):
        self.setting, self.report, self.name, self.command = setting, report, name, command
        self.limit_us, self.seconds, self.profile = limit_us, seconds, profile
        self.results = {}
        self.holds, self.breaks, self.why = 0, None, ""

    def _try(self, calls):
        result = run_calls(self.setting, self.command, calls, self.seconds, self.profile, attempts=2,
                           extra=["--limit-p99-us", self.limit_us])
        self.results[calls] = result
        record(self.report, self.profile.name, len(self.results), self.name, result)
        if result["verdict"] == "fine":
            self.holds = max(self.holds, calls)
            return True
        self.breaks = min(self.breaks or calls, calls)
        self.why = "the driver" if result["verdict"] == "refused" else "; ".join(result["reasons"])
        return False

    def run(self, first):
        calls = first
        while calls <= MOST and self._try(calls):
            if calls == MOST:
                return self
            calls = min(MOST, int(calls * GROWTH))
        while self.breaks > self.holds * CLOSE_ENOUGH and self.breaks - self.holds > 1:
            self._try((self.holds + self.breaks) // 2)
        return self

    @property
    def is_floor(self):
        """The driver was full before the bridge was: it holds at least this many."""
        return self.breaks is None or self.results[self.breaks]["verdict"] == "refused"

    def tell(self):
        limit = f"p99 below {self.limit_us / 1000:g} ms"
        if self.is_floor:
            end = f"the driver itself was full at {self.breaks}" if self.breaks else "as many as the driver has"
            return f"at least {self.holds} with {limit}: {end}"
        return f"{self.holds} with {limit}; {self.breaks} did not hold: {self.results[self.breaks]['reasons'][0]}"


def _draw(report, searches, limit_us):
    def points(search, value):
        return [(calls, value(result)) for calls, result in search.results.items() if result["verdict"] != "refused"]

    most = 3 * limit_us / 1000

    def latency(result):
        return min(worst(result, "p99") / 1000, most)

    def share(result):
        return result["bridge"]["cpu_share"] * 100

    report.drawings["latency"] = plot.lines(f"Added latency, p99, the worse way (more than {most:g} is drawn as that)",
                                            "calls at once", "ms",
                                            [(one.name, points(one, latency)) for one in searches], limit_us / 1000)
    report.drawings["cpu"] = plot.lines("CPU of the bridge", "calls at once", "% of one CPU",
                                        [(one.name, points(one, share)) for one in searches])


def _tell(report, search):
    report.show(f"{search.name}: calls held", search.tell())
    best = search.results.get(search.holds)
    if best:
        report.show(f"{search.name}: CPU per call-second at {search.holds} calls", cpu(best), "us")
        report.show(f"{search.name}: memory per call at {search.holds} calls",
                    best["bridge"]["bytes_per_call"] / 1024, "KiB")


def capacity(setting):
    limits = setting.thresholds["capacity"]
    report = Report(f"The most calls with p99 latency below {limits['p99_us_max'] / 1000:g} ms and none lost", COLUMNS)
    search = Search(setting, report, "patchbay", setting.bridge, limits["p99_us_max"], setting.seconds or 5)
    search.run((setting.calls or [500])[0])
    _tell(report, search)
    if search.holds < limits["calls_min"] and search.is_floor:
        report.refuse("calls held", f"the driver was full at {search.breaks}, before {limits['calls_min']} were up")
    else:
        report.at_least("calls held", search.holds, limits["calls_min"], "calls")
    _draw(report, [search], limits["p99_us_max"])
    return report


def compare_peers(setting):
    """Others in the same run, each at its own capacity. They are shown, not judged."""
    limit_us = setting.thresholds["capacity"]["p99_us_max"]
    report = Report("Bridges side by side, each as far as it holds", COLUMNS)
    seconds, searches = setting.seconds or 4, []

    def search(name, command, first, limit_us=limit_us, profile=PLAIN):
        searches.append(Search(setting, report, name, command, limit_us, seconds, profile).run(first))
        _tell(report, searches[-1])

    search("patchbay", setting.bridge, 250)
    search("C floor", FLOOR, 250)
    for peer in peers.ALL:
        command, missing = peer.prepare()
        if command is None:
            report.show(f"{peer.name}: left out", missing)
        else:
            search(peer.name, command, peer.first, peer.limit_us or limit_us, peer.profile)
    for name, command in setting.peers.items():
        search(name, command, 20)
    _draw(report, searches, limit_us)
    return report
