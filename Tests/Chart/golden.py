# SPDX-License-Identifier: Apache-2.0
"""Golden renders: the whole text that three value sets make, so that every change shows in review. Run to update."""
from chart_tools import ROOT, VALUE_SETS, render_text

FOLDER = ROOT / "Tests/Chart/golden"
NAMES = ["default", "minikube", "production"]


def text(name):
    # Without the dashboard, which is a file of the chart as it stands.
    rendered = render_text(VALUE_SETS[name], "1.34", "--set", "monitoring.dashboard.enabled=false")
    return "# Made by `make test-chart UPDATE=1`.\n" + rendered


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.yaml").write_text(text(name))
        print(f"wrote {(FOLDER / name).relative_to(ROOT)}.yaml")
