# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the chart's tests."""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def programs():
    """The folder with the executables; tests that need it are skipped without it, but never in CI."""
    folder = Path(os.environ.get("BIN", ".build/debug")).resolve()
    if not (folder / "proxy-server").exists():
        text = f"there is no proxy-server in {folder}: run `make build`, or set BIN"
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)
    return folder
