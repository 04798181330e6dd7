"""Change model files of every kind at random, read them, and predict with what is read.

    python benchmarks/hostile_models.py [--n 600] [--kinds svm,xgb] [--models DIR] [--seed 0]

Each changed file has a valid checksum and is read by a process of its own, forked from one that has loaded the
libraries. It must be refused with one line, or give probabilities: finite, from 0 to 1, with sum 1. Counted are
crashes, other errors, wrong probabilities, files that take more than 10 s of computing, and files that need more than
1 GB. With 17 kinds, ``--n 600`` makes 10,200 files.
"""

import argparse
import hashlib
import json
import os
import pickle
import resource
import signal
import struct
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np

from featser.bundle import load_model, read_card, write_model
from featser.bundle.file import MODEL_CLASSES, file_content
from featser.bundle.skops_file import write_skops
from featser.corpora import read_corpus
from featser.errors import FeatserError
from featser.extraction import extract
from featser.models import MODELS, SEQUENCE_MODELS
from featser.pipeline import specification_for
from featser.synthetic import write_corpus
from featser.training import fit

SECONDS, MEGABYTES = 10, 1000
PARAMETERS = {
    **{name: {"n_trees": 20} for name in ("random-forest", "extra-trees", "hist-gb", "xgb")},
    **{name: {"n_epochs": 1} for name in SEQUENCE_MODELS},
}
EXTREMES = [struct.pack("<d", each) for each in (np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-320, 0.0, -1.0)] + [
    struct.pack("<q", each) for each in (-1, 0, 1, 2**31 - 1, -(2**31), 2**40, 2**62, 3)
]
Generator = np.random.Generator


def main() -> None:
    """Change the files of all kinds, and print what became of them."""
    parser = argparse.ArgumentParser(description="Read changed model files.")
    parser.add_argument("--n", type=int, default=600, help="changed files of each kind")
    parser.add_argument("--kinds", default=",".join(MODELS), help="names of models, separated by commas")
    parser.add_argument("--models", type=Path, help="folder for the sound models, which is used again if it exists")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sound = arguments.models or Path(folder) / "models"
        failures: list[str] = []
        for path in make_models(sound, arguments.kinds.split(",")):
            counts, found = attack(path, arguments.n, arguments.seed, Path(folder))
            failures += found
            print(f"{path.name:22} {dict(counts.most_common())}", flush=True)
    print("\n".join(failures[:20]) or "no crash, no wrong answer, no hang, no excess of memory")
    sys.exit(bool(failures))


def make_models(folder: Path, kinds: list[str]) -> Iterator[Path]:
    """Fit a small model of each kind on synthetic voices; some are also written in the format of skops."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {}
    for kind in kinds:
        path = folder / f"{kind}.joblib"
        if not path.exists():
            features = "log-mel" if kind in SEQUENCE_MODELS else "classic"
            if features not in tables:
                write_corpus(folder / "voices", "emodb", 4, ("anger", "neutral", "sadness"), 3, seed=3)
                tables[features] = extract(read_corpus(folder / "voices"), features)
            specification = replace(specification_for(kind), parameters=PARAMETERS.get(kind, {}))
            model = fit(tables[features], specification, protocol="2-fold-by-speaker").model
            write_model(model, path)
            if kind in ("lda", "xgb", "random-forest"):
                write_skops(model, path.with_suffix(".skops"), MODEL_CLASSES)
        yield path
        if path.with_suffix(".skops").exists():
            yield path.with_suffix(".skops")


def attack(path: Path, n: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Read changed copies of a file; return the number of each outcome, and the failures."""
    rng = np.random.default_rng([seed, *path.name.encode()])
    content, card = path.read_bytes(), read_card(path)
    changes = skops_changes(content) if path.suffix == ".skops" else pickle_changes(content, card)
    load_model(path)  # all libraries are loaded before the process is copied
    counts: Counter[str] = Counter()
    failures = []
    for number in range(n):
        change = changes[number % len(changes)]
        copy = folder / f"changed{path.suffix}"
        copy.write_bytes(change(rng))
        outcome = in_child(lambda copy=copy: use(copy))
        counts[outcome.partition(":")[0]] += 1
        if outcome not in ("refused", "answered"):
            failures.append(f"{path.name} {number} {change.__name__}: {outcome}")
    return counts, failures


def use(path: Path) -> str:
    """Read a model and predict; return ``refused``, ``answered`` or what is wrong."""
    try:
        model = load_model(path)
        rows = np.nan_to_num(model.golden["none"])
        rows = np.concatenate([rows, rows * 100, np.random.default_rng(0).standard_normal(rows.shape)])
        answer = model.answer(rows.astype(np.float32))
        json.dumps(model.card())
    except FeatserError as error:
        text = str(error)
        return "refused" if text.isprintable() and len(text) < 1000 else f"message: {text[:300]!r}"
    shares = answer.decision.probabilities
    sound = np.isfinite(shares).all() and (shares >= 0).all() and np.allclose(shares.sum(axis=1), 1, atol=1e-3)
    return "answered" if sound and np.isfinite(answer.p_values).all() else f"wrong: {shares[0]} {answer.p_values[:3]}"


def in_child(work: Callable[[], str]) -> str:
    """Run a function in a copy of this process, with limits of time and memory; return what it returned."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        warnings.simplefilter("ignore")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + (4 << 30),) * 2)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of this process, whatever else the machine does
        signal.alarm(12 * SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            text = work()
        except BaseException as error:  # noqa: BLE001 - every error that is not one of featser's is a failure
            text = f"error: {type(error).__name__}: {str(error)[:300]!r}"
        used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        os.write(writing, (text if used < MEGABYTES else f"memory: {used:.0f} MB").encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    return text if os.WIFEXITED(status) and text else f"crash: signal {os.WTERMSIG(status)}"


def pickle_changes(content: bytes, card: dict[str, object]) -> list[Callable[[Generator], bytes]]:  # noqa: C901
    """Return the kinds of changes of a pickled model, each as a function that makes a file."""
    from pickletools import genops

    *_, (_, _, stop) = genops(content)
    body, places = content[: stop + 1], [(op.name, at) for op, _, at in genops(content)]
    codes = [getattr(pickle, name)[0] for name in ("REDUCE", "BUILD", "NEWOBJ", "TUPLE", "POP", "DUP", "MEMOIZE")]

    def whole(changed: bytes, described: dict[str, object] = card) -> bytes:
        digest = {"sha256": hashlib.sha256(changed).hexdigest()}
        return file_content(changed, json.dumps(described | digest).encode())

    def some_bytes(rng: Generator) -> bytes:
        return whole(with_bytes(body, rng))

    def instruction(rng: Generator) -> bytes:
        changed, at = bytearray(body), places[rng.integers(len(places))][1]
        changed[at] = codes[rng.integers(len(codes))] if rng.random() < 0.5 else rng.integers(256)
        return whole(bytes(changed))

    def structure(rng: Generator) -> bytes:
        """Bytes of the instructions and their arguments rather than of the arrays, which are most of the file."""
        changed = bytearray(body)
        for _ in range(rng.integers(1, 4)):
            at = places[rng.integers(len(places))][1] + rng.integers(1, 10)
            changed[min(at, len(changed) - 1)] = rng.integers(256)
        return whole(bytes(changed))

    def numbers(rng: Generator) -> bytes:
        return whole(with_numbers(body, rng))

    def moved(rng: Generator) -> bytes:
        first, second = sorted(places[each][1] for each in rng.integers(len(places), size=2))
        size = int(rng.integers(1, 200))
        return whole(body[:second] + body[first : first + size] + body[second:])

    def cut(rng: Generator) -> bytes:
        return whole(body[: rng.integers(len(body))])

    def described(rng: Generator) -> bytes:
        return whole(body, json.loads(with_bytes(json.dumps(card).encode(), rng, printable=True).decode()))

    def described_or_cut(rng: Generator) -> bytes:
        try:
            return described(rng)
        except ValueError:
            return with_bytes(content, rng)

    return [some_bytes, numbers, instruction, structure, numbers, moved, described_or_cut, cut]


def skops_changes(content: bytes) -> list[Callable[[Generator], bytes]]:
    """Return the kinds of changes of a skops file."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    def packed(changed: dict[str, bytes]) -> bytes:
        result = BytesIO()
        with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, part in changed.items():
                archive.writestr(name, part)
        return result.getvalue()

    def schema(rng: Generator) -> bytes:
        return packed(parts | {"schema.json": with_bytes(parts["schema.json"], rng, printable=True)})

    def array(rng: Generator) -> bytes:
        name = str(rng.choice([each for each in parts if each.endswith(".npy")]))
        change = with_numbers if rng.random() < 0.5 else with_bytes
        return packed(parts | {name: change(parts[name], rng)})

    def archive_bytes(rng: Generator) -> bytes:
        return with_bytes(content, rng)

    return [schema, array, array, archive_bytes]


def with_bytes(content: bytes, rng: Generator, printable: bool = False) -> bytes:
    """Replace one to eight bytes."""
    changed = bytearray(content)
    for at in rng.integers(len(changed), size=rng.integers(1, 9)):
        changed[at] = rng.integers(32, 127) if printable else rng.integers(256)
    return bytes(changed)


def with_numbers(content: bytes, rng: Generator) -> bytes:
    """Replace one to fifty numbers of eight or four bytes by extreme ones."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 51)):
        extreme = EXTREMES[rng.integers(len(EXTREMES))]
        if rng.random() < 0.3:
            extreme = struct.pack("<f", struct.unpack("<d", extreme)[0] % 1e30 if rng.random() < 0.5 else np.nan)
        at = int(rng.integers(len(changed) - 8))
        changed[at : at + len(extreme)] = extreme
    return bytes(changed)


if __name__ == "__main__":
    main()
