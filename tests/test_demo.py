"""The demo: the whole story on synthetic voices."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from outcomes import Outcome

from featser import demo
from featser.bundle import load_model

WITH_NETWORK = (*demo.MODELS, *(["cnn"] if find_spec("torch") else []))


@pytest.mark.parametrize("names", [("svm",), pytest.param(WITH_NETWORK, marks=pytest.mark.slow)], ids=["one", "all"])
def test_the_demo_tells_the_whole_story_and_names_a_command_that_works(
    run_featser: Callable[..., Outcome], tmp_path: Path, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if names == ("svm",):
        monkeypatch.setattr(demo, "MODELS", names)
        monkeypatch.setattr(demo, "find_spec", lambda _: None)
    outcome = run_featser("demo", "--out", tmp_path / "demo")
    assert outcome.exit_code == 0
    for name in names:
        assert name in outcome.stdout
        assert load_model(tmp_path / "demo" / "models" / f"{name}.joblib").normalise == "speaker"
    assert "synthetic" in outcome.stdout.lower()
    assert "Synthetic voices" in outcome.stderr
    page = tmp_path / "demo" / "reports" / "index.html"
    assert str(page) in outcome.stdout
    assert "Synthetic voices: these scores say nothing about human speech." in page.read_text(encoding="utf-8")
    command = next(line for line in outcome.stdout.splitlines() if line.startswith("Try it: ")).split()[3:]
    tried = run_featser(*command)
    assert tried.exit_code == 0
    assert "UAR" in tried.stdout
