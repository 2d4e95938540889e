# SPDX-License-Identifier: Apache-2.0
"""What the chart renders is what Kubernetes takes, in every version that it says it supports."""
import difflib
import functools
import json

import custom_resources
import jsonschema
import kubernetes_validate
import pytest
import yaml
from chart_tools import CHART, KUBERNETES, NEEDS, VALUE_SETS, helm, name_of, rendered, render_text

import golden
import readme

# It would read megabytes of schemas for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)


@functools.cache
def validate(text, kubernetes):
    """Raises what is wrong. Value sets share most of their objects, so each is looked at once."""
    thing = json.loads(text)
    if thing["apiVersion"] in custom_resources.SCHEMAS:
        custom_resources.validate(thing)
    else:
        kubernetes_validate.validate(thing, kubernetes, strict=True)


@pytest.mark.parametrize("values", VALUE_SETS)
def test_lint_has_nothing_to_say(values):
    text = helm("lint", "--strict", str(CHART), "--kube-version", "1.34", values=VALUE_SETS[values])
    assert "WARNING" not in text and "ERROR" not in text, text


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@pytest.mark.parametrize("values", VALUE_SETS)
def test_every_object_is_valid(values, kubernetes):
    if kubernetes < NEEDS.get(values, ""):
        pytest.skip(f"needs {NEEDS[values]}")
    things = rendered(values, kubernetes)
    assert len({name_of(thing) for thing in things}) == len(things), "two objects have one name"
    for thing in things:
        try:
            validate(json.dumps(thing), kubernetes)
        except jsonschema.ValidationError as error:
            pytest.fail(f"{name_of(thing)}: {'.'.join(map(str, error.path))}: {error.message}")


@pytest.mark.parametrize("values", VALUE_SETS)
def test_labels_are_the_recommended_ones(values):
    for thing in rendered(values):
        labels = thing["metadata"]["labels"]
        wanted = {"name", "instance", "part-of", "version", "managed-by"}
        assert {f"app.kubernetes.io/{key}" for key in wanted} <= set(labels), name_of(thing)
        assert all(isinstance(value, str) and len(value) <= 63 for value in labels.values()), name_of(thing)
        for key, value in VALUE_SETS[values].get("commonLabels", {}).items():
            assert labels[key] == value, name_of(thing)


@pytest.mark.parametrize("name", golden.NAMES)
def test_golden_render(name):
    committed, now = (golden.FOLDER / f"{name}.yaml").read_text(), golden.text(name)
    difference = "".join(difflib.unified_diff(committed.splitlines(True), now.splitlines(True), "committed", "now"))
    assert not difference, f"if this is meant, run `make test-chart UPDATE=1` and commit it:\n{difference}"


def test_readme_is_up_to_date():
    assert (CHART / "README.md").read_text() == readme.text(), "run `make test-chart UPDATE=1` and commit it"


def test_the_schema_names_every_key_of_the_values():
    """A key that the schema does not know would be refused, so it is enough that helm takes the values as they are."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert render_text(values) == render_text({})


def test_notes_say_how_to_ask():
    def notes(values):
        text = helm("install", "demo", str(CHART), "--dry-run=client", "--namespace", "shop", values=values)
        return text.partition("NOTES:")[2]

    assert "curl http://ADDRESS/" in notes({}) and "minikube tunnel" in notes({})
    assert "WARNING: demo-eventhttp-proxy has 1 pod" in notes({"proxy": {"replicas": 1}})
    assert "--resolve www.example.com:443:ADDRESS https://www.example.com/" in notes(VALUE_SETS["TLS"])
    assert "jsonpath='{.status.loadBalancer" in notes(VALUE_SETS["LoadBalancer"])
    assert "nodePort" in notes(VALUE_SETS["NodePort"])
    assert "port-forward service/demo-eventhttp-proxy" in notes({"ingress": {"enabled": False}})
    assert "curl http://www.example.com/" in notes(VALUE_SETS["HTTPRoute"])
    assert "metrics-server" in notes(VALUE_SETS["minikube"]) and "metrics-server" not in notes({})
