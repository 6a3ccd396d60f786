"""Checks against thresholds, and the table, JSON and Markdown they end in."""

import json
import os
import shlex
import sys

from . import machine
from .processes import ROOT

PASS, FAIL, USAGE, REFUSED = 0, 1, 2, 3


class Report:
    """The rows and checks of one scenario, and the drawings that go with it."""

    def __init__(self, title, columns):
        self.title = title
        self.tables = []
        self.checks = []
        self.raw = []
        self.drawings = {}
        self.table(columns)

    def table(self, columns):
        """What comes now has other columns."""
        self.tables.append((columns, []))

    def row(self, *cells):
        row = [_text(cell) for cell in cells]
        self.tables[-1][1].append(row)
        print("  " + "  ".join(row), file=sys.stderr)

    def at_most(self, what, value, limit, unit=""):
        self.checks.append({"what": what, "value": value, "limit": limit, "unit": unit,
                            "result": "pass" if value <= limit else "FAIL"})

    def at_least(self, what, value, limit, unit=""):
        self.checks.append({"what": what, "value": value, "limit": limit, "unit": unit,
                            "result": "pass" if value >= limit else "FAIL"})

    def show(self, what, value, unit=""):
        self.checks.append({"what": what, "value": value, "limit": "", "unit": unit, "result": "shown"})

    def fail(self, what, detail):
        self.checks.append({"what": what, "value": detail, "limit": "", "unit": "", "result": "FAIL"})

    def refuse(self, what, detail):
        self.checks.append({"what": what, "value": detail, "limit": "", "unit": "", "result": "refused"})

    @property
    def code(self):
        results = {check["result"] for check in self.checks}
        return FAIL if "FAIL" in results else REFUSED if "refused" in results else PASS

    def _check_rows(self):
        return [[check["what"], _text(check["value"]), _text(check["limit"]), check["unit"], check["result"]]
                for check in self.checks]

    def print(self):
        print(f"\n{self.title}")
        for columns, rows in self.tables:
            _print_table(columns, rows)
        _print_table(["check", "value", "limit", "unit", "result"], self._check_rows())

    def write(self, name, placement):
        """Writes bench/results/<name>.json and .md, and each drawing as <name>-<its name>.svg."""
        base = os.path.join(ROOT, "bench", "results", name)
        command = shlex.join(["bench/run", *sys.argv[1:]])
        here = machine.description()
        with open(base + ".json", "w") as file:
            json.dump({"title": self.title, "command": command, "machine": here, "placement": str(placement),
                       "checks": self.checks, "runs": self.raw}, file, indent=1)
            file.write("\n")
        with open(base + ".md", "w") as file:
            file.write(f"# {self.title}\n\n`{command}`\n\n{here['date']}; {here['cores']} cores, {here['model']}, "
                       f"Linux {here['kernel']}, TCP {here['tcp']}; {placement}.\n\n")
            for columns, rows in self.tables:
                file.write(_markdown(columns, rows) + "\n")
            for drawing in self.drawings:
                file.write(f"![{drawing}]({name}-{drawing}.svg)\n\n")
            file.write(_markdown(["check", "value", "limit", "unit", "result"], self._check_rows()))
        for drawing, text in self.drawings.items():
            with open(f"{base}-{drawing}.svg", "w") as file:
                file.write(text)


def _text(cell):
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _print_table(columns, rows):
    if not rows:
        return
    widths = [max(len(line[i]) for line in [columns, *rows]) for i in range(len(columns))]
    for line in [columns, *rows]:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _markdown(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines) if rows else ""
