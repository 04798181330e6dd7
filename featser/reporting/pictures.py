"""The pictures of the page as SVG files of their own."""

import re
from collections.abc import Sequence

from markupsafe import Markup

from featser.evaluation import Run
from featser.reporting import heat
from featser.reporting.curves import cost_plot, own_reliability_plot, risk_plot
from featser.reporting.drawing import recall_plot, speakers_plot
from featser.reporting.groups import Group, comparison, distinctions
from featser.reporting.ladder import ladder_picture, ladders
from featser.reporting.study_pictures import study_picture
from featser.studies import Study

_STYLE = (
    "text{fill:#1a1f24;font:12px system-ui,sans-serif}text.tick,text.name{fill:#5a636d;font-size:11px}"
    "text.middle{text-anchor:middle}text.end{text-anchor:end}"
    "text.name,text.halo{paint-order:stroke;stroke:#fff;stroke-width:4px}line.grid{stroke:#dfe3e6}"
    "line.chance,polyline.chance{stroke:#5a636d;stroke-dasharray:3 3}polyline{fill:none}.pooled{stroke:#1c5d8c}"
    ".range{fill:#a9c8de}.bar{fill:#5c92b8}.curve{stroke:#1c5d8c;stroke-width:1.5}circle{fill:#5c92b8}"
    "circle.dot,circle.end{fill:#1c5d8c}circle.inflated{fill:#a8201a}circle.at-chance{fill:#5a636d}"
    ".whisker{opacity:.6;stroke-width:1.5}.s0{stroke:#1c5d8c}.s1{stroke:#c2571a}.s2{stroke:#4c8c3f}.s3{stroke:#8d5bb5}"
    '.s4{stroke:#b0892a}.s5{stroke:#5a636d}text[class^="s"]{stroke:none}circle[class^="s"]{fill:#fff;stroke-width:2}'
)


def pictures(runs: Sequence[Run], studies: Sequence[Study] = ()) -> dict[str, str]:
    """Draw the ladders, the costs of each comparison, the pictures of its best run, and those of studies.

    Parameters
    ----------
    runs : sequence of Run
        in any order; the pictures do not depend on it
    studies : sequence of Study, optional
        for the ladders, and with pictures of their own; they are numbered as on the page

    Returns
    -------
    dict of str to str
        file name -> SVG document
    """
    groups, apart = comparison(runs), distinctions(runs)
    drawn = {f"{ladder.corpus}-ladder": ladder_picture(ladder) for ladder in ladders(groups, runs, studies)}
    for group in groups:
        if not group.leaky:
            drawn |= {f"{group.runs[0].run}-{name}": each for name, each in _of_best(group).items()}
        if len(group.runs) > 1 and not group.leaky and group.one_machine:
            drawn[f"{group.runs[0].run}-cost"] = cost_plot(group, apart)
    for number, study in enumerate(studies, start=1):
        drawn[f"study-{number}-{study.name}"] = study_picture(study)
    return {
        f"{re.sub(r'[^A-Za-z0-9_.+-]', '_', name)}.svg": _document(each) for name, each in sorted(drawn.items()) if each
    }


def _of_best(group: Group) -> dict[str, Markup]:
    run = group.runs[0]
    drawn = {"recall": recall_plot(run, group.chance)}
    if run.uar_by_speaker:
        drawn["speakers"] = speakers_plot(run, group.chance)
    if run.reliability and run.risk_coverage:
        drawn |= {"calibration": own_reliability_plot(run), "abstention": risk_plot(run)}
    return drawn


def _document(drawn: Markup) -> str:
    """Make a picture of the page independent of the page."""
    start, end = str(drawn).split(">", 1)
    shades = heat.style() if re.search(r'class="r\d', end) else ""
    return f'{start} xmlns="http://www.w3.org/2000/svg"><style>{_STYLE}{shades}</style>{end}\n'
