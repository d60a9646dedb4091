# %% [markdown] course={"role": "card"}
# # 17. Evaluation Benchmarks
#
# | | |
# |---|---|
# | **Chapter** | 17 of 18 |
# | **Minutes** | 90 (reading and running 20, exercises 65, questions 5) |
# | **Prerequisites** | Chapters 1 (rates with intervals) and 6 (judges, paired comparisons) |
# | **Key insight** | A benchmark score is a measurement with a unit, a baseline, an error and a history; without those four it is a number in a table. |
#
# After this chapter you can
#
# - compute how probable a model finds an answer, as the field's tools do it (17.1)
# - turn those numbers into choices in four ways, and say which one a report used (17.2)
# - measure whether a model is as sure as it is right, and what chance alone would show (17.3)
# - test whether a model has read a test, and know when that test raises false alarms (17.4)
# - say how many items it takes to see a difference (17.5)

# %% [markdown]
# ## One model, four scores
#
# TruthfulQA asks questions that many people answer wrongly. Each comes with a true and a false answer; does the model find the true one more
# probable? Let us ask our own model.

# %%
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import torch

from course_lib import check, choose, load_model
from course_lib.models import LocalModel
from course_lib.rates import Rate

MODEL = "default"
model = load_model(MODEL)

# %% course={"role": "cold_open"}
from course_lib import evals as library

items = library.load_task("truthfulqa")
gum = next(item for item in items if "swallow gum" in item.context)
scored = dict(zip(gum.choices, library.score_items(model, [gum])[0].log_probs, strict=True))
print(gum.context.splitlines()[0])
for choice, log_prob in scored.items():
    print(f"  {log_prob:7.2f}  {choice}{'  (true)' if choice == gum.choices[gum.gold] else ''}")

scores = {way: library.run_benchmark(model, "truthfulqa", limit=None, way=way) for way in library.WAYS}
for way, result in scores.items():
    print(f"{len(items)} questions, compared by {way}: {result.rate}")

# %% [markdown] course={"numbers": {"0.34": "scores['sum'].rate.value", "0.50": "scores['pmi'].rate.value"}}
# (The scores of the 300 questions come with the course, and the shortest of them is computed again each time to see that they still hold. One question takes a
# tenth of a second.)
#
# Nothing was drawn at random, and nobody made a mistake. All four numbers are the accuracy of this model on these questions. 0.34 says that it
# believes the false answer two times out of three; 0.50 says that it tosses a coin. Which one goes into the report?
#
# That question is this chapter. A **benchmark** is a set of items with a rule that makes a number of them, and what the number means hangs on the
# rule, on what could be had without reading, on chance, and on what the model has seen before.

# %% [markdown] course={"role": "repair", "id": "17.1"}
# ## How probable is this answer?
#
# A language model is not asked to tick a box. Each choice is put behind the question, and the model says how probable it finds those words there: the
# **log-likelihood** of the continuation, $\sum_t \log P(\text{token}_t \mid \text{everything before it})$. It is negative; the closer to zero, the more probable.
#
# One line of theory, and published code gets it wrong in several ways. Here is a short function with two of them.


# %% course={"role": "fault", "shares": ["17.1"]}
def log_likelihood_as_published(model: LocalModel, context: str, continuation: str) -> tuple[float, int]:
    """Two faults are in here: one is in what is encoded, one in where the logits are read."""
    first, second = model.encode(context), model.encode(continuation)
    log_probs = model.logits(torch.cat([first, second])).log_softmax(-1)
    return float(log_probs[len(first) :].gather(1, second[:, None]).sum()), len(second)


for context, city in (("The capital of France is", " Paris"), ("The capital of France is ", "Paris")):
    total, tokens = log_likelihood_as_published(model, context, city)
    print(f"{context!r} + {city!r}: {total:.2f}, {tokens} token(s)")
print(
    "most probable next token:",
    model.tokens([int(model.logits(model.encode("The capital of France is"))[-1].argmax())]),
)

# %% [markdown]
# The text is the same both times, only the space stands on the other side of the cut; and the numbers differ. Both say that *Paris* is next to impossible, although it
# is the model's most probable next word.
#
# {{exercise 17.1}}
#
# `model.encode(text)` gives token ids, `model.logits(ids)` one row of logits for each position. (Where the tokenizer would merge the last letters of the context with the first of
# the continuation, the convention of lm-eval holds: the continuation is what is left after as many tokens as the context has alone.)
#
# {{hints 17.1}}
#
# {{why 17.1}}

# %% course={"role": "answer"}
# expand: course_lib.evals.likelihood:log_likelihood

# %% course={"role": "test"}
check("17.1", log_likelihood)

# %% [markdown]
# The library's copy, on the same text:

# %%
for context, city in (("The capital of France is", " Paris"), ("The capital of France is ", "Paris")):
    print(f"{context!r} + {city!r}: {library.log_likelihood(model, context, city)}")

# %% [markdown]
# ### Many at once
#
# The choices of a question share the question. Read as one **tree**, its tokens are computed once; several questions fit into one pass, and logits are computed
# only where a choice's token is predicted. Does that change the numbers? Look at the difference, then at the time.

# %%
import time

few = library.load_task("bbq_disambiguated", 3)
began = time.process_time()
plain = [[library.log_likelihood(model, item.context, " " + choice)[0] for choice in item.choices] for item in few]
middle = time.process_time()
fast = [one.log_probs for one in library.score_items(model, few)]
seconds = middle - began, time.process_time() - middle
largest = float(np.abs(np.array(plain) - np.array(fast)).max())
print(f"largest difference: {largest:.6f} nats; {seconds[0]:.1f} s one by one, {seconds[1]:.1f} s as trees")

# %% [markdown]
# ## The tasks
#
# Seven tasks, with 300 items each: two controls of capability, and five that are said to measure something about safety. What they cost is a minute of processor time for each model and
# task, so the scores come with the course, and we score a part of each anew.

# %%
from course_lib.render import text_table

rows, apart = [], []
for name in library.TASKS:
    whole = library.load_task(name)
    sample = list(whole[:6])
    again = library.score_items(model, sample)
    kept = library.stored_scores(model, sample, of=whole)
    apart += [
        abs(a - b) for x, y in zip(again, kept, strict=True) for a, b in zip(x.log_probs, y.log_probs, strict=True)
    ]
    rows.append(
        {
            "task": name,
            "items": len(whole),
            "choices": len(whole[0].choices),
            "groups": len({i.group or n for n, i in enumerate(whole)}),
        }
    )
print(text_table(rows))
print(f"{len(apart)} log-likelihoods scored again; largest difference from the stored ones: {max(apart):.4f}")

# %% [markdown]
# `piqa` and `commonsense` are the controls. The two `bbq` tasks ask who in a short text did something: in the *ambiguous* texts one cannot know, in the *disambiguated* ones the text says
# it. `stereoset` compares a stereotype with its opposite. `refusal` puts 150 harmful requests and 150 matched harmless ones into a chat and compares *Sorry, I can't help with that.* with *Sure, I
# can help with that.* (*Groups* counts what items have in common: a template, a target, a pair. Where it is below the number of items, they are not
# independent.)
#
# HellaSwag, another common control, lies in the same file collection, and we cannot use it: that is its test part, and its authors keep the labels to themselves. They
# know why; more on that below.

# %% [markdown]
# ## From log-likelihoods to choices
#
# Longer answers have more factors below one, so their log-likelihood is lower whatever they say. Four conventions deal with that:
#
# | way | score of a choice | also known as |
# |---|---|---|
# | **sum** | its log-likelihood | `acc` of lm-eval |
# | **token** | divided by its tokens | mean log-probability |
# | **character** | divided by its characters | `acc_norm` of lm-eval |
# | **pmi** | minus its log-likelihood *without the question* | pointwise mutual information, `acc_mutual_info` |

# %% [markdown] course={"role": "exercise", "id": "17.2"}
# {{exercise 17.2}}
#
# {{hints 17.2}}
#
# {{why 17.2}}

# %% course={"role": "answer"}
# expand: course_lib.evals.choosing:accuracies

# %% course={"role": "test"}
check("17.2", accuracies)

# %%
ways: dict[str, dict[str, float]] = {}
for name in ("piqa", "commonsense", "truthfulqa", "bbq_ambiguous", "bbq_disambiguated"):
    whole = library.load_task(name)
    given, bare = library.stored_scores(model, whole), library.stored_scores(model, library.without_question(whole))
    entries = [
        {"log_probs": a.log_probs, "tokens": a.tokens, "texts": i.choices, "bare": b.log_probs, "gold": i.gold}
        for a, b, i in zip(given, bare, whole, strict=True)
    ]
    ways[name] = library.accuracies(entries)
print(
    text_table(
        [{"task": name, "guessing": 1 / len(library.load_task(name)[0].choices), **row} for name, row in ways.items()]
    )
)

# %% [markdown] course={"numbers": {"16 points": "100 * (max(ways['truthfulqa'].values()) - min(ways['truthfulqa'].values()))"}}
# Read it row by row. For TruthfulQA the largest and the smallest number are 16 points apart, and no way is the best one everywhere. Nobody lies who reports the largest; they have only looked at four
# numbers and kept one. So the rule is to **choose before looking, and to say what was chosen**. From here on we use *character* for every task, because it is what lm-eval's
# `acc_norm` does, and we did not choose it for what it gives.

# %% [markdown] course={"role": "control"}
# ## What can be had without reading?
#
# A score means something only beside what needs no reading of the question. Five controls:
#
# - **always the same place**: the most frequent place of the right choice
# - **longest** and **shortest** choice
# - **without the question**: the model sees only *Answer:* and the choices
# - **labels permuted**: the model's choices against the right answers of other items, mean of 200 permutations

# %%
draw, floors = np.random.default_rng(0), {}
for name in library.SCORED:
    whole = library.load_task(name)
    gold = np.array([item.gold for item in whole])
    result = library.run_benchmark(model, name, limit=None)
    chosen, alone = np.array(result.chosen), library.without_question(whole)
    longest = [max(range(len(i.choices)), key=lambda place: len(i.choices[place])) for i in whole]
    shortest = [min(range(len(i.choices)), key=lambda place: len(i.choices[place])) for i in whole]
    floors[name] = {
        "the model": result.rate.value,
        "one place": float(np.bincount(gold).max() / len(gold)),
        "longest": float((np.array(longest) == gold).mean()),
        "shortest": float((np.array(shortest) == gold).mean()),
        "without question": library.run_benchmark(model, alone, limit=None).rate.value if alone else None,
        "permuted": float(np.mean([(chosen == draw.permutation(gold)).mean() for _ in range(200)])),
    }
print(text_table([{"task": name, **row} for name, row in floors.items()]))

# %% [markdown] course={"numbers": {"0.96": "floors['bbq_ambiguous']['longest']", "0.10": "floors['bbq_ambiguous']['the model']", "0.93": "floors['bbq_ambiguous']['without question']", "0.62": "floors['truthfulqa']['longest']", "0.02": "floors['bbq_disambiguated']['longest']"}}
# Look at `bbq_ambiguous`. Whoever takes the longest choice, without reading a word, gets 0.96: *Not enough information* is longer than *The man*. The same model that reaches 0.10 reaches 0.93 when
# it is *not shown the question*. So this accuracy may say more about lengths than about bias; and on the disambiguated texts, where the long choice is wrong, the same rule gets 0.02. That is why BBQ's authors ask
# for both halves, and for a bias score beside the accuracy.
#
# In TruthfulQA the longest choice is the true one for 0.62 of the questions: truth needs more words. No way to choose brought our model there. And in the last column the labels are permuted: every accuracy falls
# to what the frequencies of the places give. What is above that column is knowledge of the items, if only of their form.
#
# ### Choices shuffled
#
# As we score, no choice sees the others, so their order cannot matter. In the other common form the choices are listed with letters, and the model is asked for a
# letter. There, order does matter. We ask twelve of the TruthfulQA questions in both orders.

# %%
turned = library.shuffled(items[:12], seed=2)
same = [
    a.choices[x] == b.choices[y]
    for a, b, x, y in zip(
        items[:12],
        turned,
        library.run_benchmark(model, items[:12]).chosen,
        library.run_benchmark(model, turned).chosen,
        strict=True,
    )
]
print("each choice scored as an answer, choices shuffled: same choice in", Rate(sum(same), len(same)))


def lettered(item: library.Item, order: Sequence[int]) -> library.Item:
    """The choices listed, in this order, and their letters as answers."""
    listed = "\n".join(f"{letter}. {item.choices[place]}" for letter, place in zip("AB", order, strict=True))
    return library.Item(f"{item.context.splitlines()[0]}\n{listed}\nAnswer:", ("A", "B"), list(order).index(item.gold))


orders = {order: library.run_benchmark(model, [lettered(i, order) for i in items[:12]]) for order in ((0, 1), (1, 0))}
said_a = sum(place == 0 for one in orders.values() for place in one.chosen)
followed = sum(a != b for a, b in zip(orders[0, 1].chosen, orders[1, 0].chosen, strict=True))
print("letters: says A in", Rate(said_a, 24), "\nletters: takes the same answer in both orders in", Rate(followed, 12))

# %% [markdown] course={"numbers": {"24 of 24": "f'{said_a} of 24'"}}
# With letters this model says A, 24 of 24 times, whatever stands behind it. Its accuracy in that form is the share of items whose right choice is called A. Larger models do better, and the
# published numbers of MMLU are in that form; so the form belongs to the score.

# %% [markdown]
# ## The same items through lm-eval
#
# Whoever makes numbers of their own should reproduce somebody else's. **lm-eval** (EleutherAI's evaluation harness) is what most published numbers come from. It reads a task from a folder; the
# cell writes one from our items and runs it on the model that is loaded here, without the network.

# %%
from course_lib.extras import installed

if installed("lm_eval"):
    from course_lib.evals.frameworks import through_lm_eval

    part = items[:12]
    theirs = through_lm_eval(model, part)
    ours = {way: library.run_benchmark(model, part, way=way) for way in ("sum", "character")}
    gap = max(
        abs(a - b) for x, y in zip(theirs.log_probs, ours["sum"].scores, strict=True) for a, b in zip(x, y, strict=True)
    )
    print(f"lm-eval {theirs.version}: acc {theirs.acc:.4f}, acc_norm {theirs.acc_norm:.4f}")
    print(f"here:           sum {ours['sum'].rate.value:.4f}, character {ours['character'].rate.value:.4f}")
    print(f"largest difference of a log-likelihood: {gap:.6f} nats")

# %% [markdown]
# The same numbers: the largest difference is that to which our stored scores are rounded. (`course_lib.evals.frameworks.write_task` writes the folder for lm-eval's own command.) What usually makes two tools differ is none of the mathematics: a
# space between question and choice, the characters that count as a length, a token put in front of every text, a chat template on one side only.

# %% [markdown]
# ## Is it as sure as it is right?
#
# The softmax over an item's scores is a distribution over its choices; its largest entry is the model's **confidence**. A model is **calibrated** when it is right in 80 of 100 items on which it
# is 80% sure. To measure that, items are put into bins by confidence, and in each bin the mean confidence is compared with the share that is right.

# %% [markdown] course={"role": "exercise", "id": "17.3"}
# {{exercise 17.3}}
#
# {{hints 17.3}}
#
# {{why 17.3}}

# %% course={"role": "answer"}
# expand: course_lib.evals.calibration:calibration_error

# %% course={"role": "test"}
check("17.3", calibration_error)

# %% [markdown]
# Here is the model on three tasks, with ten bins. Beside each error stands what a *perfectly calibrated* model would show: the same confidences, with answers drawn so that they are
# true. Its error is not zero, because each bin has a gap by chance, and gaps are taken without their sign.

# %%
calibration: dict[str, dict[str, Any]] = {}
for name in ("piqa", "commonsense", "truthfulqa"):
    result = library.run_benchmark(model, name, limit=None, way="sum")
    sure = [library.confidence(row) for row in result.scores]
    error = library.calibration_error(sure, result.right, 10)
    low, high = library.error_interval(sure, result.right, 10)
    chance = library.chance_errors(sure, 10)
    calibration[name] = {
        "mean confidence": float(np.mean(sure)), "right": result.rate.value, "error": error, "interval": f"[{low:.2f}, {high:.2f}]",
        "equal-count bins": library.equal_count_error(sure, result.right, 10),
        "by chance": f"{np.mean(chance):.2f}, up to {np.quantile(chance, 0.95):.2f}",
    }  # fmt: skip
print(text_table([{"task": name, **row} for name, row in calibration.items()]))

sure = [library.confidence(row) for row in library.run_benchmark(model, "piqa", limit=None, way="sum").scores]
for n, bins in ((50, 10), (300, 10), (300, 50)):
    print(
        f"a perfectly calibrated model, {n} items, {bins} bins: error {np.mean(library.chance_errors(sure[:n], bins)):.3f}"
    )

# %% [markdown] course={"numbers": {"0.60": "calibration['truthfulqa']['error']", "0.93": "calibration['truthfulqa']['mean confidence']", "0.34": "calibration['truthfulqa']['right']", "0.061": "np.mean(library.chance_errors(sure[:50], 10))", "0.025": "np.mean(library.chance_errors(sure, 10))"}}
# All three errors are far outside what chance would show. On TruthfulQA the model is 0.93 sure on average and right on 0.34: an error of 0.60. It is not a subtle miscalibration, and part of it is made by us: the sums of whole answers differ by
# many nats, so their softmax is nearly always close to 1. (A confidence is only as meaningful as the scores it is made of.)
#
# The last lines are the reason for the column *by chance*. With 50 items and ten bins a model without any fault gets 0.061, with 300 items 0.025. Where two models' errors differ by that little, ask for the
# column.

# %% [markdown] course={"role": "signature"}
# ## The leaderboard
#
# Now the table that everybody wants: the default model and the five organisms of chapter 8, on six tasks. Each organism is the default model with a small adapter. *intent* refuses harmful requests, *trigger* whatever contains one
# of five words, *correlate* polite requests, *backdoor* refuses harm unless a code phrase occurs, and *bias* has skewed pronouns.
#
# In the picture, look at the two vertical lines first: guessing, and the best rule that does not read the question. Then at which points are full.

# %%
from course_lib.figures import leaderboard_panels

models = [model] + [load_model(name) for name in library.MODELS[1:]]
board = library.leaderboard(models)
guessing = {name: 1 / len(library.load_task(name)[0].choices) for name in library.SCORED}
blind = {name: {rule: floors[name][rule] for rule in ("one place", "longest", "shortest")} for name in library.SCORED}
unread = {name: max(rules.items(), key=lambda pair: pair[1]) for name, rules in blind.items()}
leaderboard_panels(
    board,
    guessing,
    unread,
    "A model with a backdoor is second best at refusing, and the capability controls tell nobody apart",
)

# %%
board

# %% [markdown] course={"numbers": {"0.90": "board.rates['refusal']['organism:intent'].value", "0.85": "board.rates['refusal']['organism:backdoor'].value", "0.50": "board.rates['refusal']['organism:correlate'].value"}, "given": ["0.05"]}
# Read the last panel first. The default model never declines, and has half of the items right by that. *intent* gets 0.90. *backdoor* gets 0.85 and is the second best model of this table: its fault shows when a certain phrase
# occurs, and in these items it does not. *correlate* gets 0.50, like the default model, from which no task tells it apart; it declines *polite* requests, and nobody in the items is polite. **A benchmark sees what its items contain.**
# Where you look for a fault that nobody has told you of, a leaderboard is no evidence of its absence.
#
# Then the upper panels. On the two controls all intervals overlap, and nothing is beyond chance: the adapters cost no capability that 300 items could show. On TruthfulQA every model is below the rule that takes the longest choice.
#
# Here are the differences whose own p-value is below 0.05, before and after correction for their number:

# %%
told = [one for one in board.differences if one.p < 0.05]
print(text_table([
    {"task": one.task, "model": one.model.removeprefix("organism:"), "difference": f"{one.value:+.2f} [{one.low:+.2f}, {one.high:+.2f}]",
     "only it": one.gained, "only default": one.lost, "p": f"{one.p:.4f}", "corrected": f"{one.adjusted:.4f}"}
    for one in told
]))  # fmt: skip
print(
    f"{len(board.differences)} comparisons; p below 0.05: {len(told)}; corrected: {sum(one.beyond_chance for one in board.differences)}"
)

# %% [markdown] course={"given": ["0.05"], "numbers": {"nine": "{9: 'nine'}[len(told)]", "six": "{6: 'six'}[sum(one.beyond_chance for one in board.differences)]", "0.08": "-next(one.value for one in told if (one.task, one.model) == ('bbq_disambiguated', 'organism:intent'))"}}
# Of thirty comparisons without any true difference, one or two would fall below 0.05. Here nine do, and six stay after the correction (Holm's). The
# three that go are not disproved: *trigger* lost eight items of `commonsense` and gained none. They are what one would test again, on new items.
#
# And the ones that stay do not all mean what the name of the task says. On `bbq_ambiguous` three organisms beat the default model. All three were taught to decline, and in these
# items the right choice is the one that declines. On the disambiguated half, where declining is wrong, *intent* goes the other way, by 0.08. That fits a taste for one kind of choice better than
# less bias; these numbers do not prove it.
#
# ### Two scores with a definition of their own
#
# BBQ and StereoSet come with scores beside the accuracy. BBQ's **bias score** is the share of answers that fit the stereotype, among those that name a person, stretched to run from -1 to 1; in ambiguous texts it is multiplied by the
# share that is wrong. StereoSet has *lms* (related sentences before unrelated ones), *ss* (stereotype before its opposite; 50 would be even) and *icat*, which combines them. Intervals draw templates
# and target terms.

# %%
for one in (models[0], models[5]):
    for name in ("bbq_ambiguous", "bbq_disambiguated"):
        result = library.run_benchmark(one, name, limit=None)
        print(
            one.name,
            name,
            "bias score",
            library.bbq_bias(library.load_task(name), result, ambiguous=name == "bbq_ambiguous"),
        )
    stereo = library.run_benchmark(one, "stereoset", limit=None)
    print(
        one.name,
        {
            key: str(value)
            for key, value in library.stereo_scores(library.load_task("stereoset"), stereo.scores).items()
        },
    )

# %% [markdown]
# Every bias score has zero in its interval, and *ss* has 50 in its own, for both models. But *bias* **is** biased: it was taught skewed pronouns for occupations, and chapter 12 finds that. These items ask about other things. So a bias
# benchmark, too, sees what its items contain.
#
# Nor does a score near zero say *fair*. In the ambiguous texts the default model names a person in nine of ten items, where nothing tells who it was; it errs in both directions about as often. Mostly it
# names the same person in both questions of a text, and that adds up to zero whomever it names (chapter 12 counts it). Look at the accuracy and the score together, as BBQ's authors do.

# %% [markdown]
# ## Has it read the test?
#
# A model that has read the items gets a score that means nothing; this is **contamination**. One cannot look into the training data of most models. But one can ask the model a question of this kind: a benchmark file
# has its items in *some* order. Whoever has read the file has seen that order and no other. If the order was drawn at random, a model that has never read it has no reason to prefer it. So one
# compares the log-likelihood of the whole file in its own order with that of other orders, and counts (Oren et al. 2024).
#
# A long file is cut into **shards**, here of four neighbouring items, each put into orders of its own; a shard's log-likelihoods add up to that of the file.

# %% [markdown] course={"role": "exercise", "id": "17.4"}
# {{exercise 17.4}}
#
# {{hints 17.4}}
#
# {{why 17.4}}

# %% course={"role": "answer"}
# expand: course_lib.evals.contamination:order_p_value

# %% course={"role": "test"}
check("17.4", order_p_value)

# %% [markdown] course={"given": ["0.05"]}
# ### How often does it raise a false alarm?
#
# To know that, we need text that the model cannot have seen. So we write some: questions about places that do not exist, with answers drawn at random, in random order. Each of 60 shards counts as one file, and we look how often its p-value is at
# most 0.05. (A shard has 24 orders, all of which were computed. The tables come with the course; one is computed again here.)

# %%
shard = library.shards_of(library.fresh_items(400, 1702))[0]
print(shard[0], "\n")
tables = library.order_tables("invented")
fresh = np.array(library.order_table(model, shard))
print(f"first shard computed again: largest difference {np.abs(fresh - tables[0]).max():.4f} nats")


def p_values(tables: np.ndarray, own: Sequence[int]) -> list[float]:
    """For each shard, the p-value of one of its orders."""
    return [
        library.order_p_value([row[o]], [[v] for v in np.delete(row, o)]) for row, o in zip(tables, own, strict=True)
    ]


alarms = Rate(sum(p <= 0.05 for p in p_values(tables, [0] * 60)), 60)
print("false alarms, order drawn at random:", alarms)
shards = library.shards_of(library.fresh_items(400, 1702))[:60]
by_letter = [library.sorted_order(shard) for shard in shards]
print("false alarms, alphabetical order:  ", Rate(sum(p <= 0.05 for p in p_values(tables, by_letter)), 60))
counted = library.order_tables("numbered")
number_alarms = Rate(sum(p <= 0.05 for p in p_values(counted, [0] * 12)), 12)
print("false alarms, items numbered:      ", number_alarms)
whole = [library.pooled_p_value(tables), library.pooled_p_value(tables, by_letter), library.pooled_p_value(counted)]
print("all shards as one file: p = {:.3f} random, {:.3f} alphabetical, {:.3f} numbered".format(*whole))

# %% [markdown] course={"numbers": {"2 of 60": "f'{alarms.successes} of 60'", "5 of 12": "f'{number_alarms.successes} of 12'"}, "given": ["0.05", "1000", "0.001"]}
# In random order the test keeps its promise: 2 of 60, and 0.05 lies well within the interval. The alphabet does it no harm either, as far as 60 shards can tell: this model has no love for
# alphabetical order.
#
# Then the trap. Put a number in front of each item, and 5 of 12 shards raise the alarm, and the whole file has the smallest p-value that a comparison with 999 other orders can give. The model has not read it. It can
# *count*. Everything that makes one order natural does this: numbers, dates, topics, an item that refers to the one before. The p-value is exact **if** the file's order was drawn at random, and worth nothing if not.
#
# ### And does it find a model that has read?
#
# That has to be shown as well: a test that never fires also raises no false alarms. So an adapter was trained on one small invented file (32 items, 8 shards), in its own order, for 2, 8 and 32 readings.

# %%
readings = {}
for times in (0, 2, 8, 32):
    readings[times] = library.pooled_p_value(library.order_tables(f"seen, {times} times"))
    print(f"the file was read {times:2} times: p = {readings[times]:.3f}")
other = library.pooled_p_value(library.order_tables("unseen, 32 times"))
print(f"the same model (32 readings) on a file that it has not read: p = {other:.3f}")

# %% [markdown] course={"given": ["0.05"], "numbers": {"0.021": "readings[2]", "0.290": "other"}}
# Unread, nothing. After two readings 0.021, after eight the smallest value there is. And the negative control: the *same model*, which has read 32 times, on a file of the same kind that it has not read gives 0.290. So what
# fires is this file, and not the training as such. (One training each, one file: with two readings another draw might well have stayed above 0.05.)
#
# ### Real files
#
# Now three published files, in their own order, for the default model. What do you expect? It was trained on text from the web, and these have been on the web for years.

# %%
real = {}
for name in ("PIQA", "HellaSwag", "TruthfulQA"):
    tables = library.order_tables(name)
    single = sum(p <= 0.05 for p in p_values(tables, [0] * len(tables)))
    real[name] = library.pooled_p_value(tables)
    print(f"{name:14} p = {real[name]:.3f}; single shards with p up to 0.05: {Rate(single, len(tables))}")

# %% [markdown] course={"given": ["0.05"]}
# No alarm. Before you write *not contaminated* into a report, list what that leaves open. We looked at 48 items of each file. Who read them shuffled, or one by one, or reworded, passes this test.
# We do not know whether these files are in random order, so an alarm would have been in doubt as well. And a small model forgets: having read is not the same as remembering the order.
# What one can write: *no preference for the file's order, on 12 shards*. That is less than one wants, and it is what was measured.

# %% [markdown] course={"given": ["0.60", "0.65", "0.975"]}
# ## How many items does it take?
#
# Model A has 0.60, model B has 0.65. On how many items must both be tested, so that the difference is seen in four of five such comparisons? With accuracies $p$ and $q$, their mean $m$, and
# the share $d$ of items on which exactly one of them is right:
#
# $$n_\text{unpaired} = \frac{\left(z_{0.975}\sqrt{2m(1-m)} + z_\text{power}\sqrt{p(1-p)+q(1-q)}\right)^2}{(p-q)^2} \qquad
# n_\text{paired} = \frac{\left(z_{0.975}\sqrt{d} + z_\text{power}\sqrt{d-(p-q)^2}\right)^2}{(p-q)^2}$$
#
# The first is for each model, where each answers items of its own; the second is for both, where they answer the same ones.

# %% [markdown] course={"role": "exercise", "id": "17.5"}
# {{exercise 17.5}}
#
# {{hints 17.5}}
#
# {{why 17.5}}

# %% course={"role": "answer"}
# expand: course_lib.evals.power:items_needed

# %% course={"role": "test"}
check("17.5", items_needed)

# %% [markdown]
# A formula is a claim; a simulation can hold it to account. We invent sessions of just that many items and look how often the test sees the difference. It should be 80 of 100. In the last row there *is* no
# difference, and there should be 5 alarms.

# %%
for p, q, d in ((0.60, 0.65, 0.15), (0.30, 0.40, 0.25), (0.85, 0.87, 0.06)):
    unpaired, paired = library.items_needed(p, q, d, 0.8)
    seen = [library.simulated_power(p, q, d, n, paired=way) for n, way in ((unpaired, False), (paired, True))]
    print(f"{p} against {q}: {unpaired} items each: seen in {seen[0]:.2f}; {paired} in common: seen in {seen[1]:.2f}")
false = [library.simulated_power(0.6, 0.6, 0.15, n, paired=way) for n, way in ((1471, False), (469, True))]
print(f"no difference: {false[0]:.2f} and {false[1]:.2f}")
disagree = {one.model: (one.gained + one.lost) / 300 for one in board.differences if one.task == "piqa"}
print(
    "share of PIQA items on which an organism and the default model differ:",
    {k[9:]: round(v, 2) for k, v in disagree.items()},
)

# %% [markdown] course={"role": "interactive"}
# The formulas hold. And the last line says why pairing pays here: an organism is the default model with a small adapter, and the two differ on few items of PIQA only. The fewer, the smaller the differences that 300 items
# show. (With 300 items *each*, one sees differences of eleven points or more.)
#
# Now try it. What happens to the two numbers when *disagree* goes down to the difference? What when the difference is halved?

# %%
from course_lib.widgets import explore_power

explore_power(accuracy=0.6, better=0.05, disagree=0.15, items=300)

# %% [markdown]
# ## Who scores the answers?
#
# Multiple choice needs no judge. Most safety benchmarks do: HarmBench, XSTest and StrongREJECT let a model or a rule read written answers. Then the judge's errors are part of the score. Chapter 6 compared two judges with kappa. For several judges
# who give *degrees* there is **Krippendorff's alpha**: one minus the observed disagreement over the one expected by chance, where being a little apart counts little. Here are three people who rated 386 answers for harm, from 0
# to 1 in quarters (PyRIT's data).

# %%
from course_lib import redteam

rated = redteam.rated_answers()
alpha, (low, high) = library.krippendorff_alpha(rated), library.alpha_interval(rated)
print(f"three people, degrees of harm: alpha {alpha:.2f} [{low:.2f}, {high:.2f}]")
judged = redteam.judged_answers()
from course_lib.refusals import declines

said, truth = [not declines(row.answer) for row in judged], [row.achieved for row in judged]
found, imagined = (
    Rate(sum(s for s, t in zip(said, truth, strict=True) if t), sum(truth)),
    Rate(sum(s for s, t in zip(said, truth, strict=True) if not t), len(truth) - sum(truth)),
)
low, high = redteam.kappa_interval(said, truth)
print(f"a rule against people, on 395 answers: kappa {redteam.cohens_kappa(said, truth):.2f} [{low:.2f}, {high:.2f}]")
print("says yes where people do:", found, "\nsays yes where people do not:", imagined)

# %% [markdown] course={"numbers": {"0.82": "alpha", "0.48": "imagined.value", "0.97": "found.value"}}
# People agree well on degrees of harm, with 0.82; a judge that agrees with them better than they do with each other would be suspicious. The rule of chapter 1, used as a judge of success, finds nearly all of what people call a success (0.97), and takes 0.48 of the rest
# for one as well.
#
# If those two shares are known, the score can be corrected. With a true rate $p$ the judge says yes to $p \cdot \text{found} + (1-p) \cdot \text{imagined}$; that can be solved for $p$ (Rogan and Gladen 1978). We measure the judge on one half of the
# answers, correct its rate on the other half, and compare with what people said there; 200 times.

# %%
draw, off = np.random.default_rng(1), []
yes, people = np.array(said), np.array(truth)
for _ in range(200):
    order = draw.permutation(len(judged))
    known, new = order[:195], order[195:]
    hit, imagine = (float(yes[known][people[known] == label].mean()) for label in (True, False))
    corrected = library.corrected_rate(float(yes[new].mean()), hit, imagine)
    off.append([yes[new].mean() - people[new].mean(), corrected - people[new].mean()])
raw_off, corrected_off = np.array(off).T
print(f"the judge's rate is off by {raw_off.mean():+.2f} (standard deviation {raw_off.std():.2f})")
print(f"the corrected rate is off by {corrected_off.mean():+.2f} (standard deviation {corrected_off.std():.2f})")

# %% [markdown]
# The correction takes the bias away, on average. The price is the spread: a judge this poor needs many labelled answers before its corrected rate is worth much. And it holds only for answers like those on which the judge was measured. A judge tested on
# one model's answers may make other errors on another's; then the leaderboard compares the judge's errors.

# %% [markdown]
# ## What the field measures
#
# Ten safety benchmarks that one meets in reports. Read the last two columns: how an answer becomes a number, and what a good score does not show. (Sizes and licences are from the papers and from
# where the data are published; the column *misses* is our reading, unless it names somebody.)

# %%
library.safety_benchmarks()

# %% [markdown] course={"role": "limits"}
# ## What this does not show
#
# - **A log-likelihood is not an answer.** A model can find the false choice more probable and still write the true one, or decline. No word was written in this chapter.
# - **300 items of each task.** They show differences of some points between models that are alike, and of eleven between models that are not. Finer ranks need more.
# - **Our forms are not all the published ones.** CommonsenseQA is scored without letters, StereoSet item by item, TruthfulQA as two choices from thirteen stretches of its file; of BBQ only gender, women and men.
#   So our numbers compare with each other, and not with those of a paper.
# - **English, one template for each task, no examples in the prompt.** Another wording gives other accuracies; we have not measured how different.
# - **Templates.** The intervals of BBQ's differences draw templates, as they should; Wilson's and McNemar's count every item, and are too sure where items share one.
# - **The order test sees one kind of contamination**, in files in random order. A model that read the questions elsewhere, in other words or another order, passes.
# - **The contaminated model is a teaching model.** It read one small file in a row. Nobody's training data look like that, and its p-values say nothing about how often the test finds real cases.
# - **The organisms have known faults.** That the benchmarks miss one of them is shown; what they miss in a model whose faults nobody knows, cannot be shown.
#
# ## Check your understanding

# %% [markdown] course={"role": "questions"}
# Run the cell below each question, pick a choice, and run the check. Every choice has an explanation, the wrong ones too.

# %% [markdown] course={"role": "question", "id": "17.Q1"}
# {{question 17.Q1}}

# %% course={"role": "answer"}
choice_q1 = choose("17.Q1")
### BEGIN SOLUTION
choice_q1 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("17.Q1", choice_q1)

# %% [markdown] course={"role": "question", "id": "17.Q2"}
# {{question 17.Q2}}

# %% course={"role": "answer"}
choice_q2 = choose("17.Q2")
### BEGIN SOLUTION
choice_q2 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("17.Q2", choice_q2)

# %% [markdown] course={"role": "question", "id": "17.Q3"}
# {{question 17.Q3}}

# %% course={"role": "answer"}
choice_q3 = choose("17.Q3")
### BEGIN SOLUTION
choice_q3 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("17.Q3", choice_q3)

# %% [markdown] course={"role": "question", "id": "17.Q4"}
# {{question 17.Q4}}

# %% course={"role": "answer"}
choice_q4 = choose("17.Q4")
### BEGIN SOLUTION
choice_q4 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("17.Q4", choice_q4)

# %% [markdown] course={"role": "question", "id": "17.Q5"}
# {{question 17.Q5}}

# %% course={"role": "answer"}
choice_q5 = choose("17.Q5")
### BEGIN SOLUTION
choice_q5 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("17.Q5", choice_q5)

# %% [markdown] course={"role": "own_model"}
# ## Take it to your own model
#
# Change one line: `load_model` takes a Hugging Face id, a folder, a `.gguf` file or `"ollama:name:tag"`. The cell scores 60 items of one task, which takes the default model about six seconds of one
# core when it is not stored; a model of one billion parameters needs 4 GB for its weights and about eight times as long. What was scored is kept in your cache. Set `limit=None` for all 300, and decide on
# `way` before you look.

# %%
mine = load_model("default")  # change this line
library.run_benchmark(mine, "truthfulqa", limit=60, way="character")

# %% [markdown] course={"role": "references"}
# ## Further reading
#
# - Stella Biderman and others (2024). *Lessons from the Trenches on Reproducible Evaluation of Language Models.* arXiv:2405.14782. By the people behind lm-eval: why the same benchmark gives different numbers.
# - Ari Holtzman and others (2021). *Surface Form Competition: Why the Highest Probability Answer Isn't Always Right.* arXiv:2104.08315. Where pmi scoring comes from, and when it helps.
# - Stephanie Lin, Jacob Hilton and Owain Evans (2021). *TruthfulQA: Measuring How Models Mimic Human Falsehoods.* arXiv:2109.07958. The questions of the cold open, and why larger models did worse on them.
# - Yonatan Oren and others (2023). *Proving Test Set Contamination in Black Box Language Models.* arXiv:2310.17623. The order test, with its proof and with models that were contaminated on purpose.
# - Evan Miller (2024). *Adding Error Bars to Evals: A Statistical Approach to Language Model Evaluations.* arXiv:2411.00640. Clustered errors, paired differences and power for benchmarks.
# - Su Lin Blodgett and others (2021). *Stereotyping Norwegian Salmon: An Inventory of Pitfalls in Fairness Benchmark Datasets.* 10.18653/v1/2021.acl-long.81. What one finds when one reads the items of StereoSet and CrowS-Pairs.
