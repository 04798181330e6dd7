from featser.reporting import comparison_text
from featser.reporting.words import SYNTHETIC_MEANING, UAR_DEFINITION


def tables(text):
    """Ranking tables."""
    return [part for part in text.split("\n\n") if part.startswith(("| rank", "|  rank"))]


def rows(text):
    """Rows of all tables, without the spaces that line them up."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]


def test_the_definition_of_uar_is_there_once(several):
    assert comparison_text(several).count(UAR_DEFINITION) == 1


def test_every_leaky_row_and_heading_is_stamped(several):
    text = comparison_text(several)
    (heading,) = [line for line in text.splitlines() if line.startswith("## emodb, random")]
    assert heading.endswith("LEAKY")
    table = tables(text)[-1]
    assert [row[0] for row in rows(table)[2:]] == ["LEAKY", "LEAKY"]
    assert "**" not in table


def test_each_honest_table_has_one_winner(several):
    found = [[row[1] for row in rows(table) if row[0] == "1"] for table in tables(comparison_text(several))]
    assert found == [["**svm**"], ["**svm**"], ["**svm**"], ["**svm**"], []]


def test_a_leaking_score_promises_nothing(several):
    leaky = comparison_text(several).split("## emodb, random")[1]
    assert "score holds for one clip" not in leaky


def test_parameters_and_features_of_a_row_can_be_seen(several):
    found = [row[:5] for row in rows(comparison_text(several))]
    assert ["1", "**svm**", "classic", "**0.764**", "[0.701, 0.812]"] in found
    assert ["2", "xgb", "wide", "0.730", "[0.701, 0.812]"] in found
    assert ["3", "svm (C=321.0)", "classic", "0.700", "[0.701, 0.812]"] in found


def test_tables_line_up_as_plain_text(several):
    for part in comparison_text(several).split("\n\n"):
        if part.startswith("|"):
            assert len({len(line) for line in part.splitlines()}) == 1


def test_the_comparison_with_the_best_stands_beside_the_score(crowd):
    table = rows(comparison_text(crowd))
    assert table[0][5:8] == ["to best", "lower for", "p"]
    assert [row[6] for row in table[2:6]] == ["-", "3 of 10", "10 of 10", "10 of 10"]
    assert "a has the highest UAR, 0.810. Not clearly lower (p > 0.05): b." in comparison_text(crowd)


def test_probabilities_have_a_table_of_their_own(make_run):
    table = rows(comparison_text([make_run()]))
    (titles,) = [row for row in table if "Brier" in row]
    row = dict(zip(titles, table[-1], strict=True))
    assert (row["macro-P"], row["Brier"], row["surest half"]) == ("0.780", "0.346", "0.900")
    assert (row["set size"], row["covered"], row["columns"]) == ("1.46", "0.892", "891")


def test_enrolments_are_sorted_by_number_and_never_share_a_table(make_run):
    runs = [make_run(normalise=f"enrolment:{count}") for count in (20, 5)]
    text = comparison_text(runs)
    assert text.index("normalisation enrolment:5\n") < text.index("normalisation enrolment:20\n")
    assert "each clip is normalised by 5 other unlabelled clips of its speaker: the score applies" in text


def test_synthetic_voices_are_called_so(several):
    assert SYNTHETIC_MEANING in comparison_text(several)


def test_names_cannot_break_the_table(make_run):
    text = comparison_text([make_run(pipeline="a|b\n<script>*x*", features="__f__")])
    assert r"a\|b" + "\N{REPLACEMENT CHARACTER}" + r"&lt;script>\*x\*" in text
    assert r"\__f_\_" in text


def test_the_alarm_is_there(make_run):
    classes = ["anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"]
    text = comparison_text([make_run(uar=0.93, classes=classes, confusion=[[1] * 7] * 7)])
    assert "- **svm on classic (0.930) is above 0.87, the highest published UAR" in text
