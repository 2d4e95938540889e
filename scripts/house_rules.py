#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house rules that a text search can check, over every file git knows or would add: prints file:line: what."""
import re
import subprocess
import sys
from pathlib import Path

FILE_LINES_MAX, FUNCTION_LINES_MAX, LINE_CHARACTERS_MAX = 400, 70, 120
# The only places that may say `unsafe`: what touches libev, libc, raw memory or libyaml.
UNSAFE_ALLOWED = ("Sources/EventHTTP/Loop/", "Sources/EventHTTP/Socket/", "Sources/EventHTTP/Buffer/",
                  "Sources/EventHTTP/Parser/ByteScanner.swift", "Sources/EventProxy/Configuration/YAMLReader.swift")
# Who may import a C library.
C_IMPORTS = {"CEv": "Sources/EventHTTP/", "CYAML": "Sources/EventProxy/Configuration/"}
LICENCE = "SPDX-License-Identifier: Apache-2.0"
CODE = {".swift", ".c", ".h", ".py", ".sh"}

ATTRIBUTES = r"(?:@\w+(?:\([^)]*\))? +)*"
FUNCTION = re.compile(rf"^( *){ATTRIBUTES}(?:[a-z]+(?:\([a-z]+\))? +)*(?:func\b|init[?!]?[(<]|deinit\b|subscript\b)")
IMPORT = re.compile(rf"^ *{ATTRIBUTES}(?:\w+ +)?import +(?:(?:struct|class|enum|protocol|func|var|let) +)?(\w+)")


def code_only(lines):
    """The lines without comments and without what strings say."""
    block = text = False
    for line in lines:
        if text:
            text = '"""' not in line
            yield ""
            continue
        line = re.sub(r'"(?:\\.|[^"\\])*"(?!")', '""', line.replace('"""', "\0"))
        if block:
            _, block_end, line = line.partition("*/")
            if not block_end:
                yield ""
                continue
            block = False
        line = re.sub(r"/\*.*?\*/", "", line.partition("//")[0])
        line, begun, _ = line.partition("/*")
        block = bool(begun)
        text = line.count("\0") % 2 == 1
        yield line


def long_functions(lines):
    """Where a function has too many lines. The formatter puts its closing brace under its first letter."""
    for start, line in enumerate(lines):
        found = FUNCTION.match(line)
        if not found or ("{" in line and line.count("{") == line.count("}")):
            continue
        indent = len(found[1])
        for end in range(start + 1, len(lines)):
            if not lines[end].strip():
                continue
            depth = len(lines[end]) - len(lines[end].lstrip())
            if depth < indent:                                  # a requirement without a body
                break
            if depth == indent and lines[end].lstrip().startswith("}"):
                if end - start + 1 > FUNCTION_LINES_MAX:
                    yield start + 1, end - start + 1
                break


def check_swift(path, lines):
    stripped = list(code_only(lines))
    for start, length in long_functions(stripped):
        yield start, f"a function of {length} lines, {FUNCTION_LINES_MAX} are allowed; split it"
    if not path.startswith("Sources/"):
        return
    for number, line in enumerate(stripped, 1):
        if re.search(r"\bunsafe\b", line) and not path.startswith(UNSAFE_ALLOWED):
            yield number, "`unsafe` only in " + ", ".join(UNSAFE_ALLOWED)
        module = (IMPORT.match(line) or [None, ""])[1]
        if module.startswith("Foundation"):
            yield number, f"no {module} in Sources; use Glibc, the standard library or swift-log"
        if module in C_IMPORTS and not path.startswith(C_IMPORTS[module]):
            yield number, f"only {C_IMPORTS[module]} imports {module}"
        if module in C_IMPORTS and re.search(r"\b(public|package) import\b", line):
            yield number, f"{module} must not show in an interface; import it without `public`"


def is_code(path, lines):
    return path.suffix in CODE or path.name == "Makefile" or (lines and lines[0].startswith("#!"))


def check(name):
    path = Path(name)
    try:
        lines = path.read_text().splitlines()
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return
    if not is_code(path, lines):
        return
    # The first line, or the second where a tool wants the first for itself.
    first = 1 if lines and re.match(r"#!|// swift-tools-version", lines[0]) else 0
    if len(lines) <= first or LICENCE not in lines[first]:
        yield first + 1, f"the line `{LICENCE}` is missing here"
    if len(lines) > FILE_LINES_MAX:
        yield len(lines), f"{len(lines)} lines, {FILE_LINES_MAX} are allowed; split the file"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_CHARACTERS_MAX:
            yield number, f"{len(line)} characters, {LINE_CHARACTERS_MAX} are allowed"
        if line != line.rstrip():
            yield number, "white space at the end of the line"
    if path.suffix == ".swift":
        yield from check_swift(name, lines)


def main():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout
    files = [name for name in listed.split("\0") if name]
    problems = [f"{name}:{number}: {what}" for name in files for number, what in check(name)]
    print("\n".join(problems) if problems else f"house rules: {len(files)} files keep them")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
