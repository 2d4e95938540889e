# SPDX-License-Identifier: Apache-2.0
"""helm/README.md, out of helm/values.yaml: a table for each section, a row for each value. Run to write it.

A comment right above a key belongs to it. A line `# ── Title ──…` begins a section."""
import json
import re

import yaml
from chart_tools import CHART, ROOT

SECTION = re.compile(r"# ── (.*?) ─+$")
KEY = re.compile(r"^( *)([A-Za-z]\w*): ?(.*)$")

HEAD = """\
<!-- Made from values.yaml by `make test-chart UPDATE=1`. -->
# eventhttp

{description}

```sh
helm upgrade --install eventhttp helm --set image.registry=registry.example/team    # in the root of the repository
helm test eventhttp
```

Needs Kubernetes {kubernetes} or newer. Every pod runs under the Pod Security Standard `restricted`, without rights in
the Kubernetes API; NetworkPolicies, PodDisruptionBudgets and spreading over nodes and zones are on by default. A
rolling update, a scale-in or the loss of a pod costs no request: [minikube.md](../docs/minikube.md) shows it on a
laptop, [production.md](../docs/production.md) says how to size, scale and watch it. `values-minikube.yaml` and
`values-prod.yaml` are the values for both.
"""


def entries(lines):
    """(section, path, comment) of each key of values.yaml, in order."""
    section, comment, path = "", [], []
    for line in lines:
        stripped = line.strip()
        if found := SECTION.match(stripped):
            section, comment = found[1], []
        elif stripped.startswith("#"):
            if not stripped.startswith("#   "):                         # an example
                comment.append(stripped[1:].strip())
        elif found := KEY.match(line):
            path = path[:len(found[1]) // 2] + [found[2]]
            yield section, list(path), re.sub(":$", ".", " ".join(comment))
            comment = []
        else:
            comment = []


def value_at(values, path):
    for key in path:
        values = values[key]
    return values


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


def text():
    lines = (CHART / "values.yaml").read_text().splitlines()
    values, chart = yaml.safe_load("\n".join(lines)), yaml.safe_load((CHART / "Chart.yaml").read_text())
    out = [HEAD.format(description=chart["description"], kubernetes=re.sub(r"[^0-9.]*([0-9]+\.[0-9]+).*", r"\1",
                                                                          chart["kubeVersion"]))]
    shown, section_now = [], None
    for section, path, comment in entries(lines):
        if any(path[:len(parent)] == parent for parent in shown):
            continue                                                    # inside a value that was shown as a whole
        value = value_at(values, path)
        if section != section_now:
            section_now = section
            out.append(f"\n## {section}\n\n| value | default | meaning |\n|---|---|---|")
        is_group = isinstance(value, dict) and value and not is_whole(path)
        if is_group and not comment:
            continue
        if not is_group:
            shown.append(path)
        default = "" if is_group else f"`{json.dumps(value, ensure_ascii=False)}`"
        out.append(f"| `{'.'.join(path)}` | {cell(default)} | {cell(comment)} |")
    return "\n".join(out) + "\n"


def is_whole(path):
    """Values that are passed on as they are, and not key by key."""
    return path[-1] in {"behavior", "resources", "labels"}


if __name__ == "__main__":
    (CHART / "README.md").write_text(text())
    print(f"wrote {(CHART / 'README.md').relative_to(ROOT)}")
