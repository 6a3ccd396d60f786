"""Lines over a number, drawn as SVG."""

import html
import math

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 50, 50
COLOURS = ["#1f6feb", "#666666", "#d1730f", "#2a9d4a", "#b3368c"]


def _step(largest):
    """Of a scale with about six marks: 1, 2 or 5 times a power of ten."""
    rough = max(largest, 1e-9) / 6
    power = 10 ** math.floor(math.log10(rough))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough)


def _number(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


class _Frame:
    """Where a value stands in the drawing."""

    def __init__(self, series, limit):
        points = [point for _, points in series for point in points]
        self.x_most = max((x for x, _ in points), default=1) * 1.03 or 1
        self.y_most = max([y for _, y in points] + ([limit] if limit else []), default=1) * 1.08 or 1

    def x(self, value):
        return LEFT + value / self.x_most * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.y_most * (HEIGHT - TOP - BOTTOM)


def _axes(frame, x_label, y_label):
    parts, step = [], _step(frame.y_most)
    for index in range(int(frame.y_most / step) + 1):
        y = frame.y(index * step)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_number(index * step)}</text>')
    step = _step(frame.x_most)
    for index in range(int(frame.x_most / step) + 1):
        x = frame.x(index * step)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
                     f'{_number(index * step)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
                 f'{html.escape(x_label)}</text>'
                 f'<text x="16" y="{TOP - 12}">{html.escape(y_label)}</text>')
    return parts


def lines(title, x_label, y_label, series, limit=None):
    """`series` is a list of (name, [(x, y), …]); `limit` a line across."""
    series = [(name, sorted(points)) for name, points in series if points]
    frame = _Frame(series, limit)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
             f'font-size="12"><rect width="100%" height="100%" fill="white"/>'
             f'<text x="16" y="20" font-size="15">{html.escape(title)}</text>']
    parts += _axes(frame, x_label, y_label)
    if limit:
        y = frame.y(limit)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#c00" '
                     'stroke-dasharray="6 4"/>')
    for index, (name, points) in enumerate(series):
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(f'<text x="{LEFT + 140 + 130 * index}" y="{TOP - 6}" fill="{colour}">{html.escape(name)}</text>')
    return "\n".join(parts) + "\n</svg>\n"
