# SPDX-License-Identifier: Apache-2.0
"""The copy of the tree in which every guard can be taken out."""
import re
import subprocess
from pathlib import Path


class Mistake(Exception):
    """The tables, or the tree, are not as they should be; the text says what to mend."""


# In each target that has guards. The number is read once; with 0, or none, all guards are in place.
SWITCH = """internal import Glibc

enum Mutant {
    private static let number = unsafe getenv("MUTANT").flatMap { unsafe UInt32(String(cString: $0)) } ?? 0

    static func `is`(_ other: UInt32) -> Bool { number == other }
}
"""


# What may stand between two words of a row's text: space, line breaks, comments.
GAP = r"(?:\s|//[^\n]*\n)"


def text_pattern(text):
    return f"{GAP}+".join(re.escape(word) for word in text.split())


def find(guard, source):
    """Where the guard's own text is in its file."""
    own = text_pattern(guard.guard)
    whole = f"{text_pattern(guard.before)}{GAP}*({own}){GAP}*{text_pattern(guard.after)}"
    found = list(re.finditer(whole, source))
    if len(found) != 1:
        times = f"{len(found)} times; give more of it" if found else "nowhere; the source has changed, so mend the row"
        raise Mistake(f"{guard.table}: its text is in {guard.file} {times}")
    guard.place = f"{guard.file}:{source.count(chr(10), 0, found[0].start(1)) + 1}"
    return found[0].span(1)


def switched(guard, text):
    """Swift that is the text of a guard, or what stands there without it."""
    asked = f"Mutant.is({guard.number})"
    if guard.instead.replace(" ", "") == "{}":
        return f"if !{asked} {{ {text} }}"
    if guard.instead.startswith("{"):
        return f"if {asked} {guard.instead} else {{ {text} }}"
    return f"({asked} ? ({guard.instead}) : {all_of(conditions(text))})"


def all_of(parts):
    """That all conditions hold, without `&&`, whose closure could not capture what is only borrowed."""
    first, rest = parts[0].strip(), parts[1:]
    return f"(({first}) ? {all_of(rest)} : false)" if rest else f"({first})"


def conditions(text):
    """The parts of a list of conditions."""
    depth, parts = 0, [""]
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def mutate(source, guards, mistakes):
    """The source in which all of its guards are switched."""
    places = []
    for guard in guards:
        try:
            places.append((find(guard, source), guard))
        except Mistake as mistake:
            mistakes.append(str(mistake))
    by_place = {}
    for place, guard in sorted(places, key=lambda pair: pair[0]):
        by_place.setdefault(place, []).append(guard)       # several rows may be about the same text
    ends = list(by_place)
    for first, second in zip(ends, ends[1:]):
        if first[1] > second[0]:
            mistakes.append(f"{by_place[first][0].table} and {by_place[second][0].table}: their guards overlap")
    for (start, end), its in reversed(by_place.items()):
        text = source[start:end]
        for guard in its:
            text = switched(guard, text)
        source = source[:start] + text + source[end:]
    return source


def write(path, text):
    """Leaves a file alone that is as it should be, so that little is built anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != text:
        path.write_bytes(text)


def mutated(repository, guards):
    """The sources that have guards, with all of them switched, and the switches. Tells all mistakes at once."""
    by_file, sources, mistakes = {}, {}, []
    for guard in guards:
        by_file.setdefault(guard.file, []).append(guard)
    for name, its in by_file.items():
        if not (repository / name).is_file():
            mistakes.append(f"{its[0].table}: there is no file {name}")
            continue
        sources[name] = mutate((repository / name).read_text(), its, mistakes)
        sources["/".join(name.split("/")[:2]) + "/Mutant.swift"] = SWITCH
    if mistakes:
        raise Mistake("\n".join(mistakes))
    return sources


def materialise(repository, tree, sources):
    """Writes the copy, in which `sources` stand in place of others. Warnings are no errors in it."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=repository,
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    files = {name for name in listed.split("\0") if name and (repository / name).is_file()}
    for name in files | set(sources):
        text = sources[name].encode() if name in sources else (repository / name).read_bytes()
        if name == "Package.swift":
            text = text.replace(b".treatAllWarnings(as: .error),", b"")
        write(tree / name, text)
    for path in [*tree.glob("Sources/**/*"), *tree.glob("Tests/**/*")]:
        if path.is_file() and str(path.relative_to(tree)) not in files | set(sources):
            path.unlink()


def build(scratch):
    """Builds the copy with its tests; returns the program that runs them."""
    print("guards: building the tests with every guard switched", flush=True)
    command = ["swift", "build", "--build-tests", "--package-path", str(scratch / "tree"),
               "--scratch-path", str(scratch / "build")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "error:" in line]
        raise Mistake("\n".join(list(dict.fromkeys(errors))[:20]) or done.stdout[-3000:])
    return next(iter(Path(scratch / "build/debug").glob("*PackageTests.xctest")))
