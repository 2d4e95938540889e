# SPDX-License-Identifier: Apache-2.0
"""Python packages that a test needs, in a folder of its own below .build: nothing of the machine's is changed."""
import importlib
import subprocess
import sys

from rig import REPOSITORY, Trouble


def provide(name, *requirements):
    """Makes packages such as h11==0.16.0, and what they need, importable, and returns their folder. They are installed
    if the folder does not have just these."""
    folder = REPOSITORY / ".build" / name
    marker = folder / "installed"
    wanted = "\n".join(requirements)
    if not marker.exists() or marker.read_text() != wanted:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", folder, *requirements]
        pip = subprocess.run(install, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if pip.returncode:
            raise Trouble(f"{', '.join(requirements)} cannot be installed: {pip.stderr.strip()[-300:]}")
        marker.write_text(wanted)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return folder
