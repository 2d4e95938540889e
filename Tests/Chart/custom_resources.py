# SPDX-License-Identifier: Apache-2.0
"""Schemas of the objects that Kubernetes does not know by itself: the parts of them that the chart uses, strictly."""
import jsonschema


def closed(properties, *required):
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}


TEXT, STRINGS = {"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}
DURATION = {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}
METADATA = closed({"name": TEXT, "labels": STRINGS, "annotations": STRINGS}, "name")


def kinds(*table):
    return {kind: closed({"apiVersion": TEXT, "kind": {"const": kind}, "metadata": METADATA, "spec": spec},
                         "apiVersion", "kind", "metadata", "spec") for kind, spec in table}


ENDPOINT = {"type": "array", "minItems": 1, "items": closed(
    {"port": TEXT, "path": TEXT, "interval": DURATION, "honorLabels": {"type": "boolean"}}, "port", "path")}
SELECTOR = closed({"matchLabels": STRINGS}, "matchLabels")
RULE = closed({"alert": TEXT, "expr": TEXT, "for": DURATION, "labels": STRINGS, "annotations": STRINGS},
              "alert", "expr", "labels", "annotations")
PARENT = closed({key: TEXT for key in ("name", "namespace", "sectionName", "group", "kind")}
                | {"port": {"type": "integer"}}, "name")
ROUTE = closed({
    "matches": {"type": "array", "items": closed({"path": closed(
        {"type": {"enum": ["PathPrefix", "Exact"]}, "value": {"type": "string", "pattern": "^/"}}, "type", "value")})},
    "backendRefs": {"type": "array", "items": closed({"name": TEXT, "port": {"type": "integer"}}, "name", "port")},
}, "backendRefs")

SCHEMAS = {
    "monitoring.coreos.com/v1": kinds(
        ("ServiceMonitor", closed({"selector": SELECTOR, "endpoints": ENDPOINT, "jobLabel": TEXT},
                                  "selector", "endpoints")),
        ("PodMonitor", closed({"selector": SELECTOR, "podMetricsEndpoints": ENDPOINT, "jobLabel": TEXT},
                              "selector", "podMetricsEndpoints")),
        ("PrometheusRule", closed({"groups": {"type": "array", "minItems": 1, "items": closed(
            {"name": TEXT, "interval": DURATION, "rules": {"type": "array", "minItems": 1, "items": RULE}},
            "name", "rules")}}, "groups"))),
    "gateway.networking.k8s.io/v1": kinds(
        ("HTTPRoute", closed({"parentRefs": {"type": "array", "minItems": 1, "items": PARENT},
                              "hostnames": {"type": "array", "items": TEXT},
                              "rules": {"type": "array", "minItems": 1, "items": ROUTE}}, "parentRefs", "rules"))),
}


def validate(thing):
    jsonschema.Draft7Validator(SCHEMAS[thing["apiVersion"]][thing["kind"]]).validate(thing)
