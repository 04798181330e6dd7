"""Give changed and crafted inputs to every entry point, and look for crashes, hangs and files in wrong places.

    python benchmarks/fuzz.py [--n 10000] [--entries audio,names] [--seed 0] [--keep DIR]

Each input is read by a command in a process of its own, which is forked from one that has loaded the libraries and is
limited to 10 s of computing. A command must end with one of the documented exit codes other than 1, which is a bug,
explain a refusal in lines without control characters, need less than 1 GB, and change no file outside its output
folder. The HTTP API must answer every request with a status below 500 and a JSON document.
"""

import argparse
import io
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import soundfile

from featser import cli
from featser.synthetic import write_corpus

SECONDS, MEGABYTES = 10, 1000
EXPECTED = {0, 2, 3, 4, 5}
Generator = np.random.Generator

TEXTS = (
    *("", " ", "=1+1", "@SUM(1)", "-2+3", "\x1b[2J", "\x00", "\u202e", "\ufeff", "../../up", "/etc/passwd", "CON"),
    *("<script>alert(1)</script>", "{{7*7}}", "[red]x[/red]", "%s%n", "a" * 5000, "NaN", "inf"),
    *(
        "-1",
        "0",
        "1e309",
        "9" * 400,
        "0x10",
        "true",
        "null",
        "[[[[",
        '"',
        "'",
        ",",
        ";",
        "\n",
        "\r",
        "\t",
        "*",
        "\\",
        "\ud83d\ude00",
    ),
)
"""Texts that go wrong somewhere."""

NAMES = (
    *("a b.wav", "=1.wav", "-rf.wav", "[red].wav", "a\nb.wav", "a\x1b[2J.wav", "\u202egpj.wav", "x" * 200 + ".wav"),
    *("..wav", "...", "a.wav.exe", "%n.wav", "<b>.wav", "'; drop.wav", "$(x).wav", "\u0301.wav", "03a01Fa.wav"),
    *("anger.wav", "a,b.wav", 'a"b.wav', "#.wav", "~.wav", "{0}.wav", "a\\b.wav", "03-01-05-01-01-01-01.wav"),
)


@dataclass(frozen=True)
class Sound:
    """What all inputs are changed copies of: a folder with recordings, tables, models and settings."""

    folder: Path

    def copy(self, name: str, to: Path) -> Path:
        """Copy a file or folder into a case."""
        source, target = self.folder / name, to / "in" / Path(name).name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        return target


def main() -> None:
    """Fuzz the entry points in turn, and print the number of each outcome and the failures."""
    parser = argparse.ArgumentParser(description="Give changed and crafted inputs to every entry point.")
    parser.add_argument("--n", type=int, default=10_000, help="number of inputs, shared by the entry points")
    parser.add_argument("--entries", default=",".join(ENTRIES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the inputs that failed")
    arguments = parser.parse_args()
    chosen = arguments.entries.split(",")
    with tempfile.TemporaryDirectory() as place:
        os.environ["FEATSER_CACHE_DIR"] = f"{place}/cache"
        sound = Sound(prepare(Path(place) / "sound"))
        failures: list[str] = []
        for name in chosen:
            counts, found = fuzz(name, arguments.n // len(chosen), arguments.seed, sound, arguments.keep)
            failures += found
            print(f"{name:10} {dict(sorted(counts.items()))}", flush=True)
    print("\n".join(failures[:30]) or "no crash, no hang, no bug, no file in a wrong place")
    sys.exit(bool(failures))


def prepare(folder: Path) -> Path:
    """Make sound inputs, by which all libraries are loaded and compiled, too."""
    voices = folder / "voices"
    write_corpus(voices, "emodb", 4, ["anger", "neutral", "sadness"], 2, seed=1)
    (folder / "set.toml").write_text('descriptors = ["rms", "zcr"]\nfunctionals = ["mean", "std"]\n')
    files = sorted(voices.rglob("*.wav"))
    samples, rate = soundfile.read(files[0])
    for suffix in ("wav", "flac", "ogg", "mp3", "aiff", "au", "caf"):
        soundfile.write(folder / f"a.{suffix}", samples[: rate // 2], rate)
    rows = [f"{each},{('anger', 'sadness')[at % 2]},s{at % 3}" for at, each in enumerate(files[:12])]
    (folder / "labels.csv").write_text("\n".join(["path,emotion,speaker", *rows]) + "\n")
    (folder / "map.toml").write_text('anger = "anger"\nneutral = "sadness"\nsadness = "sadness"\n')
    (folder / "pipeline.toml").write_text(
        'title = "mine"\n[features]\nexclude = ["*std"]\n[model]\nname = "logreg"\nC = 0.5\n'
    )
    (folder / "corpus.toml").write_text(
        'file_name = "(?P<speaker>\\\\d\\\\d)[ab]\\\\d\\\\d(?P<emotion>[WNT])[a-z]"\nexample = "wav/03a01Wa.wav"\n'
        '[emotions]\nW = "anger"\nN = "neutral"\nT = "sadness"\n'
    )
    settings = ["--features", str(folder / "set.toml"), "--jobs", "1"]
    fit = ["fit", str(folder / "t.parquet"), "--model", "lda", "--protocol", "2-fold-by-speaker"]
    for command in (
        ["extract", str(voices), *settings, "--out", str(folder / "t.parquet")],
        [*fit, "--out", str(folder / "m.joblib"), "--runs", str(folder / "runs")],
        ["predict", str(folder / "m.joblib"), str(folder / "a.wav"), "--jobs", "1"],
        ["report", "--runs", str(folder / "runs"), "--out", str(folder / "report")],
    ):
        code, _, told = run(command)
        if code:
            raise RuntimeError(f"{command}: {told}")
    shutil.copytree(os.environ["FEATSER_CACHE_DIR"], folder / "cache")
    return folder


def fuzz(name: str, n: int, seed: int, sound: Sound, keep: Path | None) -> tuple[Counter[str], list[str]]:
    """Give inputs to one entry point; return the number of each outcome, and the failures."""
    rng = np.random.default_rng([seed, *name.encode()])
    counts: Counter[str] = Counter()
    failures = []
    with tempfile.TemporaryDirectory() as place:
        for number in range(n):
            case = Path(place) / f"{number}"
            for part in ("in", "out", "cache"):
                (case / part).mkdir(parents=True)
            command = ENTRIES[name](rng, sound, case)
            before = tree(Path(place))
            outcome = in_child(lambda case=case, command=command: attempt(case, command))
            changed = [
                each for each in tree(Path(place)) ^ before if Path(each[0]).parts[1:2] not in (("out",), ("cache",))
            ]
            outcome = f"files: {sorted(changed)[:3]}" if changed else outcome
            counts[outcome.partition(":")[0]] += 1
            if not outcome.startswith("exit") and not outcome.startswith("status"):
                failures.append(f"{name} {number}: {outcome}")
                if keep:
                    shutil.copytree(case, keep / f"{name}-{number}", dirs_exist_ok=True, symlinks=True)
            shutil.rmtree(case)
    return counts, failures


def attempt(case: Path, command: list[str] | Callable[[], str]) -> str:
    """Run a command in its folder; return its exit code, or what is wrong."""
    os.chdir(case)
    os.environ["FEATSER_CACHE_DIR"] = str(case / "cache")
    if callable(command):
        return command()
    code, shown, told = run(command)
    if code not in EXPECTED:
        return f"bug {code}: {command} {told[-300:]!r}"
    lines = [line for line in told.splitlines() if line.startswith("featser: ")]
    if code in (2, 3, 5) and (len(lines) > 1 or not lines + shown.split() or len(told) > 2000):
        return f"message: {command} {told[:300]!r}"
    told = (told + shown).replace("\n", "").replace("\t", "")
    return f"exit {code}" if told.isprintable() else f"escape: {command} {told[:300]!r}"


def run(command: list[str]) -> tuple[int, str, str]:
    """Run the command line in this process; return exit code, output and messages."""
    out, told = io.StringIO(), io.StringIO()
    sys.argv = ["featser", *command]
    with redirect_stdout(out), redirect_stderr(told):
        try:
            cli.main()
        except SystemExit as left:
            return int(left.code or 0), out.getvalue(), told.getvalue()
    return 0, out.getvalue(), told.getvalue()


def in_child(work: Callable[[], str]) -> str:
    """Run a function in a copy of this process, with limits of time and memory; return what it returned."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os.setpgid(0, 0)
        warnings.simplefilter("ignore")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of this process, whatever else the machine does
        signal.alarm(12 * SECONDS)
        try:
            text = work()
        except BaseException as error:  # noqa: BLE001 - every error that leaves the command is a failure
            text = f"error: {type(error).__name__}: {str(error)[:300]!r}"
        used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        os.write(writing, (text if used < MEGABYTES else f"memory: {used:.0f} MB").encode("utf-8", "replace")[:60_000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    return text if os.WIFEXITED(status) and text else f"crash: signal {os.WTERMSIG(status)}"


def tree(folder: Path) -> set[tuple[str, int]]:
    """Return names and sizes of all files below a folder."""
    return {(str(each.relative_to(folder)), each.lstat().st_size) for each in folder.rglob("*") if not each.is_dir()}


def changed_bytes(content: bytes, rng: Generator) -> bytes:
    """Change, repeat, remove or append some bytes."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        at, size = int(rng.integers(len(changed) + 1)), int(rng.integers(1, 64))
        kind = rng.integers(6)
        if kind == 0:
            del changed[at : at + size]
        elif kind == 1:
            changed[at:at] = changed[at : at + size]
        elif kind == 2:
            changed[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\0\0\0\x80"])
        elif kind == 3 and rng.random() < 0.3:
            del changed[at:]
        else:
            changed[at : at + 1] = rng.bytes(1)
    return bytes(changed)


def changed_head(content: bytes, rng: Generator) -> bytes:
    """Change the first bytes, where formats have their sizes."""
    head = int(rng.integers(16, 256))
    return changed_bytes(content[:head], rng) + content[head:]


def changed_text(text: str, rng: Generator) -> str:
    """Replace parts of a text by others, and lines by lines."""
    for _ in range(rng.integers(1, 4)):
        lines = text.splitlines() or [""]
        at, kind = int(rng.integers(len(lines))), rng.integers(5)
        if kind == 0:
            lines[at] += some(TEXTS, rng)
        elif kind == 1:
            lines.insert(at, some(lines, rng))
        elif kind == 2:
            parts = lines[at].replace("=", ",=,").split(",")
            parts[rng.integers(len(parts))] = some(TEXTS, rng)
            lines[at] = ",".join(parts).replace(",=,", "=")
        elif kind == 3:
            del lines[at]
        else:
            where = int(rng.integers(len(lines[at]) + 1))
            lines[at] = lines[at][:where] + some(TEXTS, rng) + lines[at][where:]
        text = "\n".join(lines) + "\n"
    return text


def some(values: Any, rng: Generator) -> Any:
    """Return one of some values."""
    return values[int(rng.integers(len(values)))]


def write_changed(path: Path, rng: Generator) -> None:
    """Change a file as text or as bytes."""
    content = path.read_bytes()
    if rng.random() < 0.7:
        text = changed_text(content.decode("utf-8", "replace"), rng)
        path.write_bytes(text.encode("utf-8", "surrogatepass" if rng.random() < 0.1 else "replace"))
    else:
        path.write_bytes(changed_bytes(content, rng))


def audio(rng: Generator, sound: Sound, case: Path) -> list[str]:
    """Changed recordings of all formats."""
    for _ in range(3):
        path = sound.copy(f"a.{some(('wav', 'flac', 'ogg', 'mp3', 'aiff', 'au', 'caf'), rng)}", case)
        change = changed_head if rng.random() < 0.7 else changed_bytes
        path.write_bytes(change(path.read_bytes(), rng))
    way = ["--window", "1", "--hop", "0.5"] if rng.random() < 0.2 else []
    return ["predict", str(sound.folder / "m.joblib"), "in", "--jobs", "1", *way]


def names(rng: Generator, sound: Sound, case: Path) -> list[str]:
    """Strange names of files and folders."""
    for _ in range(rng.integers(1, 6)):
        folder = case / "in" / some(("", "anger", "=x", "a\nb", "\x1b[2J", "03", "Actor_01"), rng)
        folder.mkdir(exist_ok=True)
        shutil.copy(sound.folder / "a.wav", folder / some(NAMES, rng))
    if rng.random() < 0.2:
        (case / "in" / "link").symlink_to(some(("/etc", "..", "link", "/dev/zero"), rng))
    extract = ["extract", "in", "--features", str(sound.folder / "set.toml"), "--jobs", "1", "--out", "out/t.parquet"]
    command = ["manifest", "in", "--out", "out/m.csv"] if rng.random() < 0.5 else extract
    return some((command, ["audit", "in", "--out", "out/a.html"], extract), rng)


def manifest(rng: Generator, sound: Sound, case: Path) -> list[str]:
    """Changed tables of labels."""
    path = sound.copy("labels.csv", case)
    write_changed(path, rng)
    more = some(([], ["--own-labels"], ["--map", "speaker=path"], ["--map", "emotion=speaker"]), rng)
    features = ["--features", str(sound.folder / "set.toml"), "--jobs", "1", "--out", "out/t.parquet"]
    return ["extract", "--manifest", str(path), *more, *features]


def settings(rng: Generator, sound: Sound, case: Path) -> list[str]:
    """Changed TOML files of all kinds."""
    kind = some(("set", "map", "pipeline", "corpus"), rng)
    path = sound.copy(f"{kind}.toml", case)
    write_changed(path, rng)
    if rng.random() < 0.1:
        path.write_text(
            some(("a = " + "[" * 20_000, "a." * 5000 + "b = 1", "a = 1" + "0" * 9000, "[[a]]\n" * 9000), rng)
        )
    fit = ["fit", str(sound.folder / "t.parquet"), "--protocol", "2-fold-by-speaker", "--out", "out/m.joblib"]
    extract = ["extract", str(sound.folder / "voices"), "--jobs", "1", "--out", "out/t.parquet"]
    return {
        "set": [*extract, "--features", str(path)],
        "map": [*fit, "--runs", "out", "--model", "lda", "--labels", str(path)],
        "pipeline": [*fit, "--runs", "out", "--pipeline", str(path)],
        "corpus": [*extract, "--features", str(sound.folder / "set.toml"), "--corpus", str(path)],
    }[kind]


def table(rng: Generator, sound: Sound, case: Path) -> list[str]:
    """Changed feature tables: bytes, metadata and values."""
    path = sound.copy("t.parquet", case)
    if rng.random() < 0.4:
        path.write_bytes(changed_bytes(path.read_bytes(), rng))
    else:
        whole = pq.read_table(path)
        frame = whole.to_pandas()
        column = some(list(frame.columns), rng)
        numeric = frame[column].dtype.kind in "biuf"
        value = some((np.nan, np.inf, 1e38, -1e38, 0) if numeric else (*TEXTS[:-1], None), rng)
        frame.loc[rng.random(len(frame)) < some((0.1, 1.0), rng), column] = value
        changed = whole.from_pandas(frame, preserve_index=False)
        metadata = json.loads(whole.schema.metadata[b"featser"])
        if rng.random() < 0.5:
            part = metadata if rng.random() < 0.5 else metadata["feature_set"]
            part[some(list(part), rng)] = some((*TEXTS, None, 3, [], {}, [1], {"a": 1}), rng)
        text = json.dumps(metadata)
        text = changed_text(text, rng) if rng.random() < 0.1 else text
        pq.write_table(changed.replace_schema_metadata({"featser": text.encode("utf-8", "replace")}), path)
    fit = [
        "fit",
        str(path),
        "--model",
        some(("lda", "logreg", "xgb"), rng),
        "--out",
        "out/m.joblib",
        "--runs",
        "out/runs",
    ]
    return [*fit, "--protocol", some(("auto", "2-fold-by-speaker"), rng)]


def store(rng: Generator, sound: Sound, case: Path) -> list[str]:
    """Damaged feature caches."""
    shutil.rmtree(case / "cache")
    shutil.copytree(sound.folder / "cache", case / "cache")
    path = some(sorted(each for each in (case / "cache").rglob("*") if each.is_file()), rng)
    path.write_bytes(changed_bytes(path.read_bytes(), rng) if rng.random() < 0.9 else b"")
    extract = ["extract", str(sound.folder / "voices"), "--features", str(sound.folder / "set.toml"), "--jobs", "1"]
    commands = (["cache", "info"], ["cache", "verify"], ["cache", "clear"], [*extract, "--out", "out/t.parquet"])
    return some((*commands, commands[3], commands[1]), rng)


def card(rng: Generator, sound: Sound, case: Path) -> list[str]:
    """Changed model files; benchmarks/hostile_models.py changes their pickles."""
    path = sound.copy("m.joblib", case)
    content = path.read_bytes()
    start = content.rindex(b'{"classes"')
    if rng.random() < 0.5:
        content = content[:start] + changed_text(content[start:-25].decode("utf-8", "replace"), rng).encode(
            "utf-8", "replace"
        )
    else:
        content = content[:start] + changed_bytes(content[start:], rng)
    path.write_bytes(content)
    return ["predict", str(path), str(sound.folder / "a.wav"), "--jobs", "1"]


def records(rng: Generator, sound: Sound, case: Path) -> list[str]:
    """Changed records of runs, and trials."""
    if rng.random() < 0.2:
        (case / "out" / "t.journal").write_bytes(
            changed_bytes(b'{"op_code": 0, "worker_id": "x", "study_name": "a"}\n', rng)
        )
        storage = ["--trials", "1", "--storage", "out/t.journal", "--out", "out/p.toml"]
        return ["tune", str(sound.folder / "t.parquet"), "--model", "lda", *storage]
    runs = sound.copy("runs", case)
    for path in runs.rglob("run.json"):
        values = json.loads(path.read_text())
        for _ in range(rng.integers(1, 3)):
            part = values[some([name for name in values if isinstance(values[name], dict) and values[name]], rng)]
            part = values if rng.random() < 0.7 else part
            part[some(list(part), rng)] = some((*TEXTS, None, 3, -1.5, [], {}, [1], {"a": 1}, [["a"]]), rng)
        path.write_text(json.dumps(values))
        if rng.random() < 0.2:
            write_changed(path, rng)
        if rng.random() < 0.3:
            (path.parent / "predictions.parquet").write_bytes(
                changed_bytes((path.parent / "predictions.parquet").read_bytes(), rng)
            )
    return ["report", "--runs", "in/runs", "--out", "out/r"]


def api(rng: Generator, sound: Sound, case: Path) -> Callable[[], str]:  # noqa: ARG001
    """Requests to the HTTP API, with the parameters of its own OpenAPI document and others."""
    seed = int(rng.integers(2**62))

    def ask() -> str:
        import asyncio

        import httpx

        from featser.app.answering import answer, load_models
        from featser.app.gate import LOCAL_HOSTS
        from featser.app.service import create_app
        from featser.bundle import read_card

        rng = np.random.default_rng(seed)

        class Here:
            async def ask(self, question: Any) -> Any:
                return answer(question)

        model = sound.folder / "m.joblib"
        load_models([("m", str(model))])
        app = create_app(Here(), {"m": read_card(model)}, 1 << 20, 20.0, LOCAL_HOSTS)  # type: ignore[arg-type]
        paths = app.openapi()["paths"]
        path = some(
            [
                *paths,
                *["/predict"] * 5,
                "/",
                "/openapi.json",
                "/../m.joblib",
                "/%2e%2e/x",
                "/static/" + some(TEXTS, rng),
            ],
            rng,
        )
        method = some(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"), rng)
        described = paths.get(path, {}).get("post", {}).get("parameters", [])
        given = {each["name"]: value_for(each["schema"], rng) for each in described if rng.random() < 0.5}
        usual = "POST" if described else "GET"
        method = usual if rng.random() < 0.8 else method
        content = changed_head((sound.folder / f"a.{some(('wav', 'flac', 'mp3'), rng)}").read_bytes(), rng)
        name = some(NAMES, rng)
        files = [(some(("files", "files", "enrol", "other"), rng), (name, content)) for _ in range(rng.integers(0, 4))]

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
                return await client.request(method, httpx.URL(path), params=given, files=files or None)

        try:
            reply = asyncio.run(send())
        except (httpx.InvalidURL, UnicodeEncodeError):
            return "status invalid address"
        if reply.status_code >= 500:
            return f"server: {method} {path} {given} {reply.text[:300]}"
        if path in paths and method != "HEAD":
            reply.json()
        return f"status {reply.status_code}"

    return ask


def value_for(schema: dict[str, Any], rng: Generator) -> Any:
    """Return a value of a parameter's type, or another one."""
    kinds = [each.get("type") for each in schema.get("anyOf", [schema])]
    if rng.random() < 0.3:
        return some([each for each in TEXTS if each.isascii()], rng)
    if "boolean" in kinds:
        return some(("true", "false"), rng)
    if "number" in kinds:
        return some((0, 0.001, 0.5, 1, 2, 1e-9, 1e9, -1, "nan", "inf"), rng)
    return some(("m", "", "other"), rng)


Entry = Callable[[Generator, Sound, Path], list[str] | Callable[[], str]]
ENTRIES: dict[str, Entry] = {
    each.__name__: each for each in (audio, names, manifest, settings, table, store, card, records, api)
}


if __name__ == "__main__":
    main()
