# SPDX-License-Identifier: Apache-2.0
"""How a soak went, as one SVG without anything from elsewhere, for light and dark pages."""
from svg import document, text

WIDTH, LEFT, RIGHT, TOP, PANEL, GAP = 860, 80, 20, 56, 110, 40
STYLE = """
    text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-size: 15px; font-weight: 600 }
    .muted { fill: #57606a } path { fill: none; stroke: #0969da; stroke-width: 1.5 } line { stroke: #d0d7de }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .muted { fill: #9198a1 } path { stroke: #58a6ff } line { stroke: #30363d }
    }"""


def panel(top, title, times, values):
    """From zero to somewhat more than the most."""
    most = max(values) * 1.15 or 1
    x = lambda t: LEFT + (WIDTH - LEFT - RIGHT) * t / times[-1]                             # noqa: E731
    y = lambda v: top + PANEL * (1 - v / most)                                              # noqa: E731
    points = " L".join(f"{x(t):.1f} {y(v):.1f}" for t, v in zip(times, values))
    yield text(LEFT, top - 8, title)
    for value in (0, max(values)):
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
        yield text(LEFT - 8, y(value) + 4, f"{value:,.0f}", "muted", "end")
    yield f'<path d="M{points}"/>'


def plot(found, title):
    samples = found["samples"]
    minutes = [sample["seconds"] / 60 for sample in samples]
    spans = [after["seconds"] - before["seconds"] for before, after in zip([{"seconds": 0}, *samples], samples)]
    rates = [sample["answered"] / span for sample, span in zip(samples, spans)]
    panels = (("resident memory of the proxy, KiB", [sample["resident_kib"] for sample in samples]),
              ("its open descriptors", [sample["descriptors"] for sample in samples]),
              ("requests answered per second", rates))
    body = [text(12, 24, title, "title")]
    for number, (name, values) in enumerate(panels):
        body += panel(TOP + number * (PANEL + GAP), name, minutes, values)
    bottom = TOP + len(panels) * (PANEL + GAP) - GAP
    body += [text(LEFT, bottom + 18, "0", "muted"),
             text(WIDTH - RIGHT, bottom + 18, f"{minutes[-1]:.0f} min", "muted", "end")]
    return document(WIDTH, bottom + 30, title, STYLE, body)
