# SPDX-License-Identifier: Apache-2.0
"""The ingress controller: a real nginx on port 80 of an address of its own, configured by the Ingress."""
import signal
import subprocess

from manifests import Wrong, service_port

# It has no `proxy_next_upstream`: nothing is to be hidden that the proxies should have done.
CONFIGURATION = """\
worker_processes 1;
daemon off;
error_log {folder}/error.log;
pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream backend {{
        server {address}:{port} max_fails=0;
        keepalive 32;
    }}
    server {{
        listen 80 default_server;
        server_name {host};
        location {path} {{
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_next_upstream off;
        }}
    }}
}}
"""


class IngressController:
    def __init__(self, cluster, ingress):
        rule, = ingress["spec"]["rules"]
        path, = rule["http"]["paths"]
        if path["pathType"] != "Prefix":
            raise Wrong(f"pathType {path['pathType']}: this ingress controller knows Prefix")
        backend = path["backend"]["service"]
        service = cluster.manifests.get("Service", backend["name"])
        port = service_port(service, backend["port"].get("name", backend["port"].get("number")))
        self.host = rule.get("host")
        self.namespace, self.address = cluster.network.make_namespace()
        folder = cluster.folder / "ingress"
        folder.mkdir()
        (folder / "nginx.conf").write_text(CONFIGURATION.format(
            folder=folder, address=cluster.service_addresses[backend["name"]], port=port, host=self.host or "_",
            path=path["path"]))
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, cluster.nginx, "-c", folder / "nginx.conf", "-e",
             folder / "error.log"])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
