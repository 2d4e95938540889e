# SPDX-License-Identifier: Apache-2.0
"""The tables of guards.

    == Sources/EventHTTP/Parser/ChunkedDecoder.swift
    -- ChunkedDecoderTests ServerConformanceTests

    # What the guard is for.
    guard «position - start < 16» else { throw .chunkSize }

The text is found in the file whatever its line breaks, and must be there once. What is between « and » is the guard:
without it a condition of `guard` is true and one of `if` is false, unless a line `=> EXPRESSION` or `=> { STATEMENTS }`
says what stands there instead; `=> {}` is nothing at all. A line `~~ REASON` keeps a guard that no test can notice,
such as a second line of defence behind another guard: it is tried and told of like the others, and fails no run."""
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from mutants import Mistake

WITHOUT = {"guard": "true", "if": "false"}


@dataclass
class Guard:
    what: str
    file: str
    tests: list                # files of tests, without their ending
    table: str                 # the file and line of its row
    before: str
    guard: str
    after: str
    instead: str
    reason: str                # why it is kept though no test can notice; mostly empty
    place: str = ""            # the file and line of its text, when that has been found

    @property
    def key(self):
        """By which it is known to another run."""
        return f"{self.file}: {self.what}"

    @property
    def number(self):
        """By which it is known to the mutated tree. Other rows do not change it, so that little is built anew."""
        return zlib.crc32(self.key.encode())


def read_tables(paths):
    guards = [guard for path in paths for guard in read_table(path)]
    rows = {}
    for guard in guards:
        if rows.setdefault(guard.number, guard.table) != guard.table:
            raise Mistake(f"{guard.table}: {rows[guard.number]} says the same of the same file; say it differently")
    return guards


def read_table(path):
    """The guards of one table. Rows are parted by empty lines."""
    guards, file, tests, line = [], None, [], 1
    for block in re.split(r"\n(?=\n)", path.read_text()):
        rows = [(line + i, row) for i, row in enumerate(block.split("\n")) if row.strip()]
        line += block.count("\n") + 1
        for _, row in rows:
            if row.startswith("== "):
                file = row[3:].strip()
            elif row.startswith("-- "):
                tests = row[3:].split()
        rows = [(number, row) for number, row in rows if not row.startswith(("== ", "-- "))]
        if rows:
            guards.append(read_row(rows, file, tests, f"Tests/Guards/{path.name}:{rows[0][0]}"))
    return guards


def read_row(rows, file, tests, table):
    what = " ".join(row[2:].strip() for _, row in rows if row.startswith("# "))
    instead = [row.strip()[3:] for _, row in rows if row.lstrip().startswith("=> ")]
    reason = " ".join(row[3:].strip() for _, row in rows if row.startswith("~~ "))
    text = "\n".join(row for _, row in rows if not row.lstrip().startswith(("# ", "=> ", "~~ ")))
    found = re.fullmatch(r"([^«»]*)«([^«»]+)»([^«»]*)", text)
    if not (what and found and file and tests):
        raise Mistake(f"{table}: a row is `# what it is for`, then the text with «the guard», below == and --")
    if not instead:
        words = re.findall(r"\b(guard|if|while|where|return|case)\b", found[1])
        if not words or words[-1] not in WITHOUT:
            raise Mistake(f"{table}: say what stands there without the guard: => EXPRESSION, or => {{ STATEMENTS }}")
        instead = [WITHOUT[words[-1]]]
    return Guard(what, file, tests, table, found[1], found[2], found[3], instead[0],
                 reason)


def files_of_tests(folder):
    """What to run for each file of tests: its target, and the suites in it."""
    files, suite = {}, re.compile(r"^(?:@Suite\(.*\) |@Suite )?(?:\w+ )*(?:struct|class) (`[^`]+`|\w+)", re.M)
    for path in sorted(Path(folder).glob("*Tests/**/*Tests.swift")):
        suites = suite.findall(path.read_text())
        files[path.stem] = (path.relative_to(folder).parts[0], suites)
    return files
