# SPDX-License-Identifier: Apache-2.0
"""Figures of all rounds: medians, ratios within rounds, tables, and the part of the README that shows them."""
import statistics

FLOORS = ("floor, libev", "floor")
RATIO_BASES = {"floor": FLOORS, "nginx": ("nginx",), "haproxy": ("haproxy",)}
# Beyond this share of the machine, others have worked while something was measured.
FOREIGN_MAX = 0.03
BEGIN, END = "<!-- make bench-publish: begin -->", "<!-- make bench-publish: end -->"


def median(rounds, product, key):
    """Of the rounds that have it; None if none has."""
    values = [each[product][key] for each in rounds if key in each.get(product, {})]
    return statistics.median(values) if values else None


def ratio(rounds, product, base, metric):
    """The median of the ratios within rounds: what disturbs a round disturbs both of them."""
    ratios = [each[product][metric] / each[base][metric] for each in rounds
              if metric in each.get(product, {}) and each.get(base, {}).get(metric)]
    return statistics.median(ratios) if ratios else None


def figure(result, product, key):
    """One cell: a key of a sample, a ratio to a base, or something measured once."""
    rounds, metric = result["rounds"], result["metric"]
    if key in RATIO_BASES:
        base = next((b for b in RATIO_BASES[key] if b in result["products"]), None)
        return ratio(rounds, product, base, metric) if base else None
    if key == "one":
        return ratio(rounds, product, product.replace("2 workers", "1 worker"), "per_second")
    once = result.get("once", {}).get(product, {})
    return once[key] if key in once else median(rounds, product, key)


def number(value, digits):
    return "–" if value is None else f"{value:,.{digits}f}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def scenario_table(result):
    columns = result["columns"]
    rows = [[product, *(number(figure(result, product, key), digits) for _, key, digits in columns)]
            for product in result["products"]]
    return table(["", *(title for title, _, _ in columns)], rows)


def ours(result):
    return next((p for p in result["products"] if p.startswith(("proxy-server", "app-server"))), None)


def summary_table(report):
    """A line for each scenario: what ours needs, as multiples of what the others need."""
    rows = []
    for result in report["scenarios"].values():
        product = ours(result)
        if not product or result["kind"] == "workers":
            continue
        _, key, digits = next(c for c in result["columns"] if c[1] == result["metric"])
        unit = {"cpu_us": "µs", "p99_us": "µs", "memory_mib": "MiB", "start_ms": "ms"}[key]
        value = number(figure(result, product, key), digits)
        ratios = [figure(result, product, base) for base in RATIO_BASES]
        rows.append([f"{result['title']}: {result['says']}", f"{value} {unit}",
                     *(number(each, 2) if each is None or each >= 1 else f"**{each:.2f}**" for each in ratios)])
    return table(["", "ours", "× floor", "× nginx", "× HAProxy"], rows)


def machine_line(report):
    machine = report["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return (f"{machine['date']}, {machine['cores']} cores ({machine['processor']}), Linux {machine['kernel']}; "
            f"{report['rounds']} rounds of {report['seconds']} s; {versions}.")


def remarks(report):
    """What a reader has to know before he believes the figures."""
    found = list(report.get("warnings", []))
    shares = [sample["foreign"] for result in report["scenarios"].values() for each in result["rounds"]
              for sample in each.values() if "foreign" in sample]
    if shares and max(shares) > FOREIGN_MAX:
        busy = sum(share > FOREIGN_MAX for share in shares)
        found.append(f"Others used more than {FOREIGN_MAX:.0%} of the machine in {busy} of {len(shares)} runs "
                     f"(median {statistics.median(shares):.1%}, at most {max(shares):.1%}): repeat it on a quiet one.")
    for result in report["scenarios"].values():
        found += [f"FAILED: {result['title']}: {text}" for text in result["failed"]]
        found += [f"{result['title']}: {result['remark']}"] if result.get("remark") else []
    return found


def markdown(report):
    """The whole report."""
    parts = ["# What it costs, measured", machine_line(report),
             "One worker, pinned to a core; origin and load generator on another; loopback, keep-alive on both sides "
             "and no access log unless a title says otherwise. The products take turns within each round; a cell is "
             "the median of the rounds, a ratio the median of the ratios within rounds. Absolute figures move with "
             "the machine: compare ratios. The kernel knows how long a process ran, but only samples which part of it "
             "was user time. *floor* forwards bytes unparsed, or answers with fixed bytes, in C."]
    parts += remark_list(report)
    parts += ["## Ours to the others'", summary_table(report)]
    for name, result in report["scenarios"].items():
        parts += [f"## {result['title']} (`{name}`)", scenario_table(result)]
    return "\n\n".join(parts) + "\n"


def remark_list(report):
    return ["\n".join(f"- {text}" for text in remarks(report))] if remarks(report) else []


def readme_part(report):
    """The short table, and what it leaves out in two sentences."""
    small, workers = report["scenarios"]["small"], report["scenarios"]["workers"]
    user = {name: number(figure(small, name, "user_us"), 1) for name in ("proxy-server", "nginx", "haproxy")}
    gain = {name: number(figure(workers, f"{name}, 2 workers", "one"), 2) for name in user}
    sentences = (f"User time of a proxied small GET: {user['proxy-server']} µs (nginx {user['nginx']}, HAProxy "
                 f"{user['haproxy']}). Two workers serve {gain['proxy-server']} times as many requests as one (nginx "
                 f"{gain['nginx']}, HAProxy {gain['haproxy']}). All figures: [docs/bench.md](docs/bench.md).")
    return "\n\n".join(["![CPU time per request beside nginx, HAProxy and h2o](docs/bench.svg)", summary_table(report),
                        sentences, *remark_list(report), machine_line(report)])


def between_marks(text, content):
    """The text with what stands between the two marks replaced."""
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"the lines {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n{content.strip()}\n{END}{after}"
