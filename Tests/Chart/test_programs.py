# SPDX-License-Identifier: Apache-2.0
"""The programs take what the chart gives them: the configuration, the options, the probes."""
import contextlib
import http.client
import re
import socket
import subprocess
import time

import pytest
import yaml
from chart_tools import VALUE_SETS, config_maps, of_kind, proxy_configuration, rendered
from test_monitoring import used_by_alerts_and_dashboard

CONFIGURED = [name for name in VALUE_SETS if config_maps(rendered(name))]
START_SECONDS = 20


@pytest.mark.parametrize("values", CONFIGURED)
def test_the_proxy_takes_the_configuration(values, programs, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(proxy_configuration(rendered(values)))
    check = subprocess.run([programs / "proxy-server", "--config", file, "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def running(command, port):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, f"{command[0]} ended with status {process.returncode}"
                assert time.monotonic() < until, f"{command[0]} does not listen on {port}"
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def status(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    return connection.getresponse().status


def text(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status == 200, path
    return response.read().decode()


def container(name):
    deployment = next(thing for thing in of_kind(rendered("default"), "Deployment")
                      if thing["spec"]["template"]["spec"]["containers"][0]["name"] == name)
    return deployment["spec"]["template"]["spec"]["containers"][0]


def assert_probes(container, port):
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        path = container[kind]["httpGet"]["path"]
        assert status(port, path) == 200, path
    assert status(port, "/nonsense-of-the-test") in (200, 404)


def test_app_server_takes_its_options_and_answers_its_probes(programs):
    app, (port,) = container("app-server"), free_ports(1)
    ours = {"--address": "127.0.0.1", "--port": str(port)}
    options = [ours.get(before, word) for before, word in zip([""] + app["args"], app["args"])]
    with running([programs / "app-server", *options], port):
        assert_probes(app, port)


def test_proxy_server_answers_its_probes_and_is_measured(programs, tmp_path):
    port, admin, app_port = free_ports(3)
    configured = yaml.safe_load(proxy_configuration(rendered("default")))
    configured["proxy"]["listen"].update(address="127.0.0.1", port=port)
    configured["proxy"]["admin"].update(address="127.0.0.1", port=admin)
    for service in configured["proxy"]["services"]:
        service["host"] = [{"address": "127.0.0.1", "port": app_port}]
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(configured))
    app = [programs / "app-server", "--address", "127.0.0.1", "--port", str(app_port), "--log-file", ""]
    with running(app, app_port), running([programs / "proxy-server", "--config", file], port):
        assert status(port, "/") == 200
        assert_probes(container("proxy-server"), admin)
        # What `helm test` and the monitors ask for.
        families = set(re.findall(r"^# TYPE (\w+)", text(admin, "/metrics"), re.MULTILINE))
        unknown = used_by_alerts_and_dashboard() - families
        assert not unknown, f"the chart uses metrics that the proxy does not have: {sorted(unknown)}"
