"""The figures of the survey's results: managers, answers, and how many chose each option."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pilot.survey import OPTIONS, distribution
from proving.analytics.json_columns import value_of
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from storage.store.access import accounts
from storage.store.access.survey_answers import SurveyAnswer, answers_of

PAGE = "survey.py"
ANSWERS = """
    select account_id, period, cafes, answers, answered_at from survey_answers where simulated = $simulated
"""


@dataclass(frozen=True, slots=True)
class Results:
    """What the team reads: the managers, their answers, and each period's distribution."""

    managers: int
    answers: list[SurveyAnswer]
    chosen: dict[tuple[str, str, str], int]


def _once(reader: Reader) -> Iterable[Choice]:
    if not reader.principal.may("pilot"):
        return []  # the form, without a figure
    extra = (("sees_all", reader.principal.cafes is None),)
    return [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated, extra)]


def _shown(reader: Reader, choice: Choice) -> Results:
    def visible(cafes: Iterable[str]) -> bool:
        own = list(cafes)
        return reader.principal.cafes is None or (bool(own) and all(reader.principal.sees(each) for each in own))

    mine = [each for each in answers_of(reader.store, simulated=reader.simulated) if visible(each.cafes)]
    every = accounts.every(reader.store)
    return Results(
        managers=sum(
            each.role == "manager" and each.revoked_at is None and visible(each.cafes or ()) for each in every
        ),
        answers=mine,
        chosen={
            (period.isoformat(), question, option): count
            for period in {each.period for each in mine}
            for question, counts in distribution(each.answers for each in mine if each.period == period).items()
            for option, count in counts.items()
        },
    )


def _of_reader(cafes: Sequence[str] | None, choice: Choice) -> bool:
    return choice["sees_all"] or (bool(cafes) and set(cafes or ()) <= set(choice.cafes))


def _managers(rows: Rows, choice: Choice) -> Rows:
    return [{"managers": len([row for row in rows if _of_reader(value_of(row["cafes"]), choice)])}]


def _answers(rows: Rows, choice: Choice) -> Rows:
    read = [
        row | {"cafes": value_of(row["cafes"]), "answers": value_of(row["answers"]), "simulated": choice.simulated}
        for row in rows
    ]
    return [row for row in read if _of_reader(row["cafes"], choice)]


def _chosen(rows: Rows, choice: Choice) -> Rows:
    read = _answers(rows, choice)
    counted = Counter((str(row["period"]), *each) for row in read for each in row["answers"].items())
    return [
        {"period": period, "question": question, "option": option, "itself": counted[period, question, option]}
        for period in sorted({str(row["period"]) for row in read})
        for question, options in OPTIONS.items()
        for option in options
    ]


READINGS = (
    Reading(
        page=PAGE,
        name="results",
        function=answers_of,
        kind=Results,
        choices=_once,
        shown=_shown,
        no_figures={"answers.comment": "a manager's words"},
        queries=(
            Query(
                sql="select cafes from accounts where role = 'manager' and revoked_at is null",
                of_store=True,
                then=_managers,
                columns=("managers",),
            ),
            Query(
                part="answers",
                sql=ANSWERS,
                of_store=True,
                then=_answers,
                columns=("account_id", "period", "cafes", "simulated", "answers", "answered_at"),
                key=("account_id", "period"),
            ),
            Query(
                part="chosen",
                sql=ANSWERS,
                of_store=True,
                then=_chosen,
                columns=("period", "question", "option", "itself"),
                key=("period", "question", "option"),
            ),
        ),
    ),
)
