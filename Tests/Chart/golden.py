# SPDX-License-Identifier: Apache-2.0
"""Golden renders: the whole text that three value sets make, so that every change shows in review. Run to update."""
from chart_tools import ROOT, VALUE_SETS, render_text

FOLDER = ROOT / "Tests/Chart/golden"
NAMES = ["default", "minikube", "production"]


def text(name):
    return "# Made by `make test-chart UPDATE=1`.\n" + render_text(VALUE_SETS[name])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.yaml").write_text(text(name))
        print(f"wrote {(FOLDER / name).relative_to(ROOT)}.yaml")
