# SPDX-License-Identifier: Apache-2.0
"""Alerts fire when they should and not otherwise, by Prometheus' own promtool; the dashboard's queries are valid."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from chart_tools import NAMESPACE, RELEASE, ROOT, of_kind, rendered

PROMTOOL = ROOT / ".build-chart/promtool"
OF = f'job="{RELEASE}",namespace="{NAMESPACE}"'
BUILD = (f"proxy_build_info{{{OF},pod=\"p\"}}", "1x60")
MINUTES = 30

# (alert, what is wrong) as series of one value a minute. The healthy ones beside them are added below.
ALERTS = [
    ("EventHTTPDown", [(BUILD[0], "_x60")]),
    ("EventHTTPErrors", [(f'proxy_requests_total{{{OF},code="5xx"}}', "0+120x60")]),
    ("EventHTTPRetryBudgetExhausted", [(f'proxy_retries_over_budget_total{{{OF},service="a"}}', "0+6x60")]),
    ("EventHTTPHostsOut", [(f'proxy_upstream_up{{{OF},service="a",host="h1"}}', "0x60")]),
    ("EventHTTPEjections", [(f'proxy_ejections_total{{{OF},service="a",host="h1"}}', "0+1x60")]),
    ("EventHTTPQueryOfDeath", [(f"proxy_poison_quarantines_total{{{OF}}}", "0x25 1x35")]),
    ("EventHTTPConfigurationRefused", [(f'proxy_config_last_reload_success{{{OF},pod="p"}}', "0x60")]),
    ("EventHTTPOverloaded", [(f"proxy_requests_shed_total{{{OF}}}", "0+60x60")]),
    ("EventHTTPDrainOverrun", [(f'proxy_state{{{OF},pod="p",state="draining"}}', "1x60")]),
    ("EventHTTPDescriptors", [(f"process_open_fds{{{OF}}}", "900x60")]),
]
HEALTHY = dict([
    BUILD,
    (f'proxy_requests_total{{{OF},code="2xx"}}', "0+6000x60"),
    (f'proxy_requests_total{{{OF},code="5xx"}}', "0+6x60"),
    (f'proxy_retries_over_budget_total{{{OF},service="a"}}', "0x60"),
    (f'proxy_upstream_up{{{OF},service="a",host="h1"}}', "1x60"),
    (f'proxy_upstream_up{{{OF},service="a",host="h2"}}', "1x60"),
    (f'proxy_ejections_total{{{OF},service="a",host="h1"}}', "0x60"),
    (f"proxy_poison_quarantines_total{{{OF}}}", "0x60"),
    (f'proxy_config_last_reload_success{{{OF},pod="p"}}', "1x60"),
    (f"proxy_requests_shed_total{{{OF}}}", "0x60"),
    (f'proxy_state{{{OF},pod="p",state="draining"}}', "0x60"),
    (f"process_open_fds{{{OF}}}", "100x60"),
    (f"process_max_fds{{{OF}}}", "1024x60"),
])


def groups():
    rule, = of_kind(rendered("all of monitoring"), "PrometheusRule")
    return rule["spec"]["groups"]


def rules():
    return [rule for group in groups() for rule in group["rules"]]


def dashboard():
    config_map, = (thing for thing in of_kind(rendered("all of monitoring"), "ConfigMap")
                   if thing["metadata"]["labels"].get("grafana_dashboard"))
    text, = config_map["data"].values()
    return json.loads(text)


def queries():
    """{title of the panel: its expressions}, with Grafana's variables filled in."""
    found = {}
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            text = target["expr"].replace("$__rate_interval", "1m").replace("$job", RELEASE)
            found.setdefault(panel["title"], []).append(text.replace("$namespace", NAMESPACE))
    return found


def used_by_alerts_and_dashboard():
    """The metrics that they are about; a histogram's parts count as the histogram."""
    text = " ".join([rule["expr"] for rule in rules()] + [query for some in queries().values() for query in some])
    return {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\b(?:proxy|process)_\w+", text)}


@pytest.fixture
def promtool():
    if not PROMTOOL.exists():
        text = "there is no promtool here"
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)

    def run(*arguments):
        done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return run


def test_alerts_and_dashboard_use_metrics_that_the_proxy_has():
    """By its source text; test_programs asks a running proxy."""
    pages = (ROOT / "Sources/EventProxy/Admin").glob("Metrics*.swift")
    known = set(re.findall(r'"((?:proxy|process)_\w+)"', "".join(page.read_text() for page in pages)))
    assert used_by_alerts_and_dashboard() <= known, sorted(used_by_alerts_and_dashboard() - known)


@pytest.mark.parametrize("alert, wrong", [*ALERTS, (None, [])], ids=lambda value: value if value else "all is well")
def test_alert_fires(alert, wrong, promtool, tmp_path):
    """This alert, and no other one."""
    series = HEALTHY | dict(wrong)
    if alert == "EventHTTPDown":
        series = {}
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "10s", "tests": [{
        "interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": f"{MINUTES}m",
                              "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if alert else []}]}]}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": groups()}))
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(tests))
    promtool("test", "rules", tmp_path / "tests.yaml")


def test_every_alert_is_tested_and_explained():
    names = [rule["alert"] for rule in rules()]
    assert sorted(names) == sorted(name for name, _ in ALERTS)
    guide = (ROOT / "docs/production.md").read_text()
    assert not [name for name in names if name not in guide], "docs/production.md says what to do about each"
    for rule in rules():
        assert rule["labels"]["severity"] in ("warning", "critical") and rule["labels"]["team"] == "web"
        assert rule["annotations"]["summary"]


def test_the_dashboard_is_valid(promtool, tmp_path):
    records = [{"record": f"query_{number}", "expr": query}
               for number, query in enumerate(query for some in queries().values() for query in some)]
    file = Path(tmp_path) / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))
    promtool("check", "rules", file)
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24 and (panel["type"] == "row" or panel["description"]), panel["title"]
