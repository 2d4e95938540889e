# SPDX-License-Identifier: Apache-2.0
"""The run: makes the cluster, lets the scenarios happen one after the other under load, and says what was seen.

Lives in the node's network namespace; `cluster` makes that and starts this."""
import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

import scenarios
from cluster import Cluster
from manifests import Wrong, helm_template
from scenarios import READY_SECONDS, Load, Stage

ROOT = Path(__file__).resolve().parents[2]
FAILURES_SHOWN = 5


def say(text):
    print(text, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="Tests/Cluster/cluster")
    parser.add_argument("--bin", type=Path, default=ROOT / ".build/release", help="where the executables are")
    parser.add_argument("--helm", default=str(ROOT / ".build-chart/helm"))
    parser.add_argument("--nginx", default=shutil.which("nginx") or "/usr/sbin/nginx")
    parser.add_argument("--only", default="", help="scenarios, by parts of their names: --only scaled,kills")
    parser.add_argument("--keep", type=Path, help="keep logs and files in this folder")
    return parser.parse_args()


async def run(options, folder):
    def render(values):
        return helm_template(options.helm, ROOT / "helm", values)

    chosen = [name for name in options.only.split(",") if name]
    cluster = Cluster(render({}), folder, options.bin.resolve(), say, options.nginx)
    failed = []
    try:
        await cluster.begin()
        stage = Stage(cluster, render, say)
        await stage.settled(list(cluster.deployments), READY_SECONDS)
        say(f"{len(cluster.pods)} pods are ready")
        for scenario in scenarios.WITHOUT_LOAD:
            await attempt(scenario, stage, failed)
        say(f"{'under load':28} {'seconds':>8} {'requests':>9} {'failed':>7} {'p99 ms':>8} {'max ms':>8}")
        for scenario in scenarios.UNDER_LOAD:
            if not chosen or any(part in scenario.__name__ for part in chosen):
                load = Load(stage)
                async with load:
                    await attempt(scenario, stage, failed, quiet=True)
                tell(scenario, load.report, len(stage.app_pods()), failed)
        late = [pod.name for pod in cluster.ended + cluster.pods if pod.was_killed_late]
        if late:
            failed.append(f"not ended within terminationGracePeriodSeconds: {', '.join(late)}")
    finally:
        await cluster.end()
    return failed


def title(scenario):
    return scenario.__name__.replace("_", " ")


async def attempt(scenario, stage, failed, quiet=False):
    try:
        await scenario(stage)
        if not quiet:
            say(f"ok: {title(scenario)}")
    except Wrong as error:
        failed.append(f"{title(scenario)}: {error}")
        say(f"FAILED: {failed[-1]}")


def tell(scenario, report, pods, failed):
    count = len(report["failures"])
    say(f"{title(scenario):28} {report['seconds']:8} {report['asked']:9} {count:7} {report['p99_ms']:8} "
        f"{report['max_ms']:8}")
    for failure in report["failures"][:FAILURES_SHOWN]:
        say(f"  after {failure['at']} s, GET {failure['path']}: {failure['what']}")
    if count:
        failed.append(f"{title(scenario)}: {count} of {report['asked']} requests failed")
    if scenario is scenarios.nothing_happens and len(report["answered"]) != pods:
        failed.append(f"{title(scenario)}: {pods} pods should have answered, and these did: {report['answered']}")


def main():
    options = arguments()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="cluster-"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    begun = time.monotonic()
    try:
        failed = asyncio.run(run(options, folder))
    except Wrong as error:
        failed = [str(error)]
    except KeyboardInterrupt:
        failed = ["interrupted"]
    say(f"\n{'FAILED' if failed else 'passed'} after {time.monotonic() - begun:.0f} s")
    for text in failed:
        say(f"  {text}")
    if failed:
        say(f"the pods' logs: {folder}/pods")
    elif not options.keep:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
