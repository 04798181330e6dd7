from featser.report import comparison_text
from featser.report.words import ALARM, SYNTHETIC_MEANING, UAR_DEFINITION


def tables(text):
    return [part for part in text.split("\n\n") if part.startswith("|")]


def test_the_definition_of_uar_is_there_once(several):
    assert comparison_text(several).count(UAR_DEFINITION) == 1


def test_every_leaky_row_and_heading_is_stamped(several):
    text = comparison_text(several)
    (heading,) = [line for line in text.splitlines() if line.startswith("## emodb, random")]
    assert heading.endswith("LEAKY")
    table = tables(text)[-1]
    rows = table.splitlines()[2:]
    assert all(row.startswith("| LEAKY |") for row in rows)
    assert "**" not in table


def test_each_honest_table_has_one_winner(several):
    assert [table.count("| 1 | **") for table in tables(comparison_text(several))] == [1, 1, 1, 1, 0]


def test_a_leaking_score_promises_nothing(several):
    leaky = comparison_text(several).split("## emodb, random")[1]
    assert "score holds for one clip" not in leaky


def test_parameters_and_features_of_a_row_can_be_seen(several):
    text = comparison_text(several)
    assert "| 1 | **svm (C=10.0)** | classic | **0.764** | [0.701, 0.812] |" in text
    assert "| 2 | xgb | wide |" in text
    assert "| 3 | svm (C=1.0) | classic |" in text


def test_synthetic_voices_are_called_so(several):
    assert SYNTHETIC_MEANING in comparison_text(several)


def test_names_cannot_break_the_table(make_run):
    text = comparison_text([make_run(pipeline="a|b\n<script>*x*", features="__f__")])
    assert r"a\|b" + "\N{REPLACEMENT CHARACTER}" + r"&lt;script>\*x\*" in text
    assert r"\__f_\_" in text


def test_the_alarm_is_there(make_run):
    classes = ["anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"]
    assert ALARM in comparison_text([make_run(uar=0.93, classes=classes, confusion=[[1] * 7] * 7)])
