# SPDX-License-Identifier: Apache-2.0
"""A chart of the report for the README: one SVG without anything from elsewhere, for light and dark pages."""
from results import figure, ours
from svg import document, text

WIDTH, LEFT, RIGHT, TOP, BAR, GAP, GROUP_GAP = 860, 290, 50, 64, 13, 3, 16
RATIO_MAX = 2.0                        # longer bars are cut off, and say how long they are
SHOWN = (("ours", "proxy-server, app-server"), ("haproxy", "HAProxy"), ("nginx", "nginx = 1"), ("h2o", "h2o"))
STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .small { font-size: 11px } .title { font-size: 15px; font-weight: 600 } .muted { fill: #57606a }
    .ours { fill: #0969da } .haproxy { fill: #8c959f } .nginx { fill: #afb8c1 } .h2o { fill: #d0d7de }
    line { stroke: #57606a; stroke-dasharray: 3 3 } .floor { stroke: #cf222e; stroke-dasharray: none; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .muted { fill: #9198a1 }
      .ours { fill: #58a6ff } .haproxy { fill: #6e7681 } .nginx { fill: #484f58 } .h2o { fill: #30363d }
      line { stroke: #9198a1 } .floor { stroke: #ff7b72 }
    }"""


def groups(report):
    """(title, {series: ratio to nginx, with "floor"}) for each scenario whose metric is CPU time."""
    for result in report["scenarios"].values():
        product = ours(result)
        if result["metric"] != "cpu_us" or result["kind"] == "workers" or not product:
            continue
        names = {"ours": product, "haproxy": "haproxy", "nginx": "nginx", "h2o": "h2o",
                 "floor": next((p for p in ("floor, libev", "floor") if p in result["products"]), "")}
        ratios = {series: figure(result, name, "nginx") for series, name in names.items()}
        if ratios["ours"] is not None:
            yield result["title"], {series: value for series, value in ratios.items() if value is not None}


def title_lines(title):
    """In two lines at most, broken at a comma."""
    head, comma, tail = title.partition(", ")
    return [head, tail] if comma else [head]


def chart(report):
    scale = (WIDTH - LEFT - RIGHT) / RATIO_MAX
    found, y, body = list(groups(report)), TOP, []
    for title, ratios in found:
        start = y
        for series, _ in SHOWN:
            if series not in ratios:
                continue
            length = min(ratios[series], RATIO_MAX) * scale
            body.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" class="{series}"/>')
            body.append(text(LEFT + length + 6, y + BAR - 3, f"{ratios[series]:.2f}",
                             "small" if series == "ours" else "small muted"))
            y += BAR + GAP
        if "floor" in ratios:
            x = LEFT + ratios["floor"] * scale
            body.append(f'<line class="floor" x1="{x:.1f}" x2="{x:.1f}" y1="{start - 2}" y2="{y - 1}"/>')
        lines = title_lines(title)
        middle = (start + y - GAP) / 2 - (len(lines) - 1) * 8 + 4
        body += [text(LEFT - 12, middle + 16 * i, line, "small" if i else "", "end") for i, line in enumerate(lines)]
        y += GROUP_GAP
    one = LEFT + scale
    body.append(f'<line x1="{one:.1f}" x2="{one:.1f}" y1="{TOP - 8}" y2="{y - GROUP_GAP + 4}"/>')
    legend, x = [], LEFT
    for series, name in SHOWN:
        legend.append(f'<rect x="{x}" y="36" width="11" height="11" rx="2" class="{series}"/>'
                      + text(x + 16, 46, name, "small"))
        x += 32 + 6.4 * len(name)
    legend.append(f'<line class="floor" x1="{x + 5:.0f}" x2="{x + 5:.0f}" y1="35" y2="48"/>'
                  + text(x + 14, 46, "floor: C, forwards unparsed", "small"))
    heading = text(12, 22, "CPU time per request, as a multiple of nginx's (less is better)", "title")
    label = "CPU time per request of proxy-server and app-server beside HAProxy, nginx and h2o"
    return document(WIDTH, y, label, STYLE, [heading, *legend, *body])
