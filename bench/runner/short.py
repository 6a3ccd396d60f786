"""The form for every change: about a minute, the bridge itself and the relay beside their floors."""

from . import calls, relay
from .verdict import Report


def short(setting):
    report = Report("Short form: the bridge and the relay beside the C floor", calls.COLUMNS)
    calls.short(setting, report)
    report.table(relay.COLUMNS)
    relay.short(setting, report)
    return report
