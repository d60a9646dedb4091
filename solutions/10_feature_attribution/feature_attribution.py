# %% [markdown] course={"role": "card"}
# # 10. Feature Attribution
#
# | | |
# |---|---|
# | **Chapter** | 10 of 18 |
# | **Minutes** | 130 (reading and running 30, exercises 85, questions 15) |
# | **Prerequisites** | Python, a little PyTorch (indexing a tensor, what a gradient is); chapter 8 helps, and is not needed |
# | **Key insight** | Every attribution method gives a convincing picture, so a picture is worth as much as the test that it has passed. |
#
# After this chapter you can
#
# - take a gradient with respect to the words of a prompt, and tell when it is the gradient of nothing (10.1)
# - compute integrated gradients together with the error that says whether to believe them (10.2)
# - share an effect fairly among words that cover for each other (10.3)
# - put any attribution to the test by deleting what it points at (10.4)
# - find out whether a method looks at what the model has learnt (10.5)

# %% [markdown]
# ## Which word was it?
#
# You ask the model on your machine a question, and want to know which words of the prompt its answer rests on. There are
# many methods for that. The next two cells ask five of them about the same answer, and print the token that each puts first.

# %%
import math
from collections.abc import Sequence
from math import comb, factorial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib import LocalModel, check, choose, load_model
from course_lib import attribution as library

MODEL = "default"
model = load_model(MODEL)
PROMPT, ANSWER = "The capital of France is", " Paris"
ids, paris = model.encode(PROMPT), model.single_token(ANSWER)
model

# %% course={"role": "cold_open"}
from course_lib.attention import attention_weights
from course_lib.attribution import (
    compare,
    given_scores,
    gradient_x_input,
    integrated_gradients,
    removal_attribution,
    saliency,
)

methods = (removal_attribution, integrated_gradients, gradient_x_input, saliency)
results = [method(model, PROMPT, ANSWER) for method in methods]
looked_at = attention_weights(model, ids)[:, :, -1].mean(dim=(0, 1))
results.append(given_scores(results[0], looked_at.tolist(), "attention, mean", unit="shares", signed=False))
print(f"{PROMPT} →{model.generate(PROMPT, max_new_tokens=1)}\n")
for result in results:
    print(f"{result.method:38s} puts first: {result.top(1)[0][1]!r}")

# %% [markdown]
# One model, one prompt, one answer, and the methods do not agree. Here are all their scores. Each column is on its own scale: compare patterns,
# not numbers.

# %%
from course_lib.figures import comparison_map

comparison_map(
    compare(*results, names=["removal", "integrated gradients", "gradient × input", "saliency", "attention"])
)

# %% [markdown]
# Each column alone would have made a nice figure for a report. In this chapter you build these methods, find out what each
# of them promises, and then do what is rarely done: test which of them keep their promise *on this model*.

# %% [markdown] course={"role": "repair", "id": "10.1"}
# ## Gradients: how steeply does the answer rise?
#
# A model does not read words but *embeddings*, here a vector of 576 numbers for each token. So ask for the gradient: in which
# direction, and how steeply, does the log probability of the answer rise when a token's embedding is moved a little? One forward
# and one backward pass answer that for all tokens at once (Simonyan, Vedaldi and Zisserman 2014).
#
# Here is the idea in a form in which it is often published. Two faults are in it. Run it.


# %% course={"role": "fault", "shares": ["10.1"]}
def gradient_as_published(prompt: str) -> Tensor | None:
    """Two faults are in here."""
    token_ids = model.encode(prompt)[None]
    embeddings = model.model.get_input_embeddings()(token_ids).requires_grad_()
    logits = model.model(input_ids=token_ids).logits
    try:
        logits.sum().backward()
    except RuntimeError as error:
        print("PyTorch says:", error)
    return embeddings.grad


print("gradient:", gradient_as_published(PROMPT))

# %% [markdown]
# None. A gradient belongs to a tensor *from which the result was computed*. These embeddings were looked up and then not
# used: the network was given the token ids and looked its own up. In this course the weights ask for no gradients, so PyTorch
# can say that there is nothing to differentiate. With an ordinary model, whose weights do ask, it says nothing at all, and you
# hold a None.
#
# Suppose that this is mended. The second fault is quieter. What is differentiated is `logits.sum()`. See what it does:


# %% course={"role": "fault", "shares": ["10.1"]}
def gradient_of_everything(prompt: str, answer: str) -> list[float]:
    """The embeddings are in the graph now; one fault is left."""
    embeddings = model.model.get_input_embeddings()(model.encode(prompt)).requires_grad_()
    logits = model.model(inputs_embeds=embeddings[None]).logits
    (gradient,) = torch.autograd.grad(logits.sum(), embeddings)
    return (gradient * embeddings).sum(dim=-1).tolist()


for answer in (" Paris", " Rome"):
    print(f"{answer:6s}", [f"{score:.0f}" for score in gradient_of_everything(PROMPT, answer)])

# %% [markdown]
# The same numbers for both answers, and large ones. Of course: the answer does not occur in the sum. It is a gradient of all
# 49,152 logits at all positions, and explains none of them.
#
# {{exercise 10.1}}
#
# Write the function that was meant. *Gradient × input* multiplies the gradient at each token with the token's embedding: to first
# order, what it would cost to set the embedding to zero (Shrikumar et al. 2016).
#
# {{hints 10.1}}
#
# {{why 10.1}}

# %% course={"role": "answer"}
# expand: course_lib.attribution:gradient_scores

# %% course={"role": "test"}
check("10.1", gradient_scores)

# %% [markdown]
# (From here on the cells call the library's copy of what you write, `library.gradient_scores` and so on, so that they run before you
# are done. It does the same; put your own in its place if you like.)
#
# Now the answer matters. And there is another question about the same gradient: its *length*, called saliency, says how
# sensitive the answer is to a token, without a sign.

# %%
for answer in (" Paris", " Rome"):
    scores = library.gradient_scores(model, ids, model.single_token(answer))
    print(f"{answer:6s}", "  ".join(f"{t}{s:+.2f}" for t, s in zip(model.tokens(ids), scores.tolist(), strict=True)))

# %% [markdown]
# A warning before you trust them: a gradient says what a *small step* does. Taking a word away is a big one, and between
# here and there the function may turn more than once.

# %% [markdown] course={"role": "repair", "id": "10.2"}
# ## Integrated gradients: the whole way, not one step
#
# So walk the whole way. Start at a *baseline*, a text that says nothing, go in a straight line to the prompt, and add up the
# gradients on the way (Sundararajan, Taly and Yan 2017). What makes this attractive is **completeness**: the scores add up to the
# change of the log probability from the baseline to the prompt. Every nat is accounted for.
#
# A straight line, but in which space? This is how it is sometimes written: half-way between a baseline token and each token
# of the prompt.


# %% course={"role": "fault", "shares": ["10.2"]}
def halfway_as_published(token_ids: Int[Tensor, " position"], baseline_id: int) -> Int[Tensor, " position"]:
    """One fault is in here."""
    return ((token_ids + baseline_id) / 2).long()


print(model.tokens(halfway_as_published(ids, baseline_id=0)))

# %% [markdown]
# Those are not half-way words. Token ids are numbers in a catalogue: the word half-way between two numbers has nothing to do with
# either. And no gradient flows through an integer. The path has to run between *embeddings*.
#
# {{exercise 10.2}}
#
# Return the scores *and* the error of completeness. The baseline comes as embeddings, a row for each position. (A row that is
# the prompt's own embedding does not move at all: that is how a token is held fixed.)
#
# {{hints 10.2}}
#
# {{why 10.2}}

# %% course={"role": "answer"}
# expand: course_lib.attribution:integrated_scores

# %% course={"role": "test"}
check("10.2", integrated_scores)

# %% [markdown]
# ### The trap
#
# The usual settings are 50 steps, and a baseline of zeros or of an end-of-text token at *every* position. Here they are, with a third
# baseline, the mean of all embeddings. Look at the last column, the error as a share of the change. (The library's function does
# what yours does, in batches.)

# %%
from course_lib.render import text_table

trap = {}
for hold, held in (((), "nothing"), ((0,), "first token")):
    for baseline in ("zero", "end_of_text", "mean"):
        run = integrated_gradients(
            model, PROMPT, ANSWER, baseline=baseline, hold=hold, nodes="midpoint", steps=50, max_steps=50
        )
        change, error = run.settings["change"][0], run.settings["completeness_error"][0]
        trap[held, baseline] = {"held": held, "baseline": baseline, "sum": change + error, "change": change}
        trap[held, baseline]["error %"] = round(100 * abs(error / change))
print(text_table(list(trap.values()), title=f"{PROMPT} →{ANSWER}, 50 steps; nats"))

# %% [markdown]
# With nothing held, the scores miss what they have to add up to by a large part of it, or by several times as much. With the first token held it depends on the
# baseline. A program that does not print the sum shows you coloured words all the same.
#
# Why? Walk along the path yourself, and look at the log probability. First with nothing held, then with the first token
# standing still.

# %%
from course_lib.attribution.baselines import baseline_embeddings

embedded = model.model.get_input_embeddings()(ids)
mean_baseline = baseline_embeddings(model, "mean", len(ids))
alphas = torch.linspace(0, 1, 11)


@torch.no_grad()
def along(start: Float[Tensor, "position d_model"]) -> Float[Tensor, " step"]:
    """Log probability of the answer on the straight line from `start` to the prompt."""
    rows = start + alphas[:, None, None] * (embedded - start)
    out = model.model(inputs_embeds=rows, output_hidden_states=True)
    sink = out.hidden_states[20][:, 0].norm(dim=-1)
    print("size of the state at the first position:", [round(size) for size in sink.tolist()])
    return out.logits[:, -1].log_softmax(-1)[:, paris]


held_baseline = torch.cat([embedded[:1], mean_baseline[1:]])
walks = {"nothing held": along(mean_baseline), "first token held": along(held_baseline)}
for name, walk in walks.items():
    print(f"{name:17s}", "  ".join(f"{value:6.1f}" for value in walk.tolist()))

# %% [markdown]
# With nothing held, the log probability goes down and up again on the way; with the first token held it climbs steadily. Many heads rest on the
# first token when they have nothing to do: the **attention sink**. Its state is a hundred times larger than the others', and in the first walk it
# moves by thousands. That is the likely cause of the turns, and a sum over 50 places misses turns that are sharper than its steps. Hold the first
# token, take a baseline that lies where words lie, and the error is small. That is what the library does by default; it adds
# steps where the path turns until the scores add up, and when they do not, it says so:

# %%
SENTENCE = "When Mary and John went to the store, John gave a drink to"
long_one = integrated_gradients(model, SENTENCE, " Mary", max_steps=32)
print(integrated_gradients(model, PROMPT, ANSWER).notes[0])
print(long_one.notes[0])

# %% [markdown]
# Holding the first token is no cure for everything: on a longer sentence 32 steps can be too few. **An attribution by integrated
# gradients without its completeness error is no evidence.** Ask for it in every tool that you use.

# %% [markdown] course={"role": "exercise", "id": "10.3"}
# ## Shapley values: fair shares
#
# Gradients move embeddings to places where no word lives. The other family of methods stays among words: take some away and ask again.
# Taking them away one at a time has a blind spot, though. When two words say the same thing, each covers for the other.
#
# Shapley's answer (1953): let the units enter one after the other, note what each adds when it enters, and average over all orders. For
# that you need the value of every *coalition*: of each set of units that can be present. Four units make 16.
#
# {{exercise 10.3}}
#
# {{hints 10.3}}
#
# {{why 10.3}}

# %% course={"role": "answer"}
# expand: course_lib.attribution:shapley_from_table

# %% course={"role": "test"}
check("10.3", shapley_from_table)

# %% [markdown]
# Now on a prompt in which something is said twice. The units are the three sentences in the middle; what stands before and behind them always
# stays. The library asks all eight parts once, and your function reads its table.

# %%
from course_lib.attribution import coalition_table
from course_lib.attribution.units import unit_spans

TWICE = "Here is a note. Anna lives in Paris. Her home is in Paris. She has a red car. The city where Anna lives is"
sentences = unit_spans(model.tokens(model.encode(TWICE)), "sentence")
told = coalition_table(model, TWICE, ANSWER, units=sentences[1:-1])
shares = library.shapley_from_table(told.values)
print(f"log probability of{ANSWER} with all three {told.values[-1]:.2f}, with none {told.values[0]:.2f} nats\n")
for unit, alone, share in zip(told.units, told.removal(), shares, strict=True):
    print(f"left out {alone:+.2f}   Shapley {share:+.2f}  {unit}")
print(f"\nleft out, added up: {told.removal().sum():.2f}; Shapley values: {shares.sum():.2f}")

# %% [markdown] course={"numbers": {"4.47": "shares.sum().item()", "0.67": "told.removal().sum().item()"}}
# The three sentences together raise ` Paris` by 4.47 nats. Left out one at a time they account for 0.67 of them: the two that say the same
# cover for each other. The Shapley values give each of the two about half, little to the car, and add up to the whole change, exactly.
#
# The price is two to the power of the number of units. For many units, orders are drawn at random, and every score gets an interval:

# %%
from course_lib.attribution import shapley_values

sampled = shapley_values(model, SENTENCE, " Mary", units="word", exact_up_to=6, permutations=8)
for word, score, low, high in zip(
    sampled.tokens, sampled.scores[0].tolist(), *sampled.intervals[:, 0].tolist(), strict=True
):
    print(f"{word:8s} {score:+.2f} [{low:+.2f}, {high:+.2f}]")
print(sampled.notes[0])

# %% [markdown] course={"role": "exercise", "id": "10.4"}
# ## Is it true? Delete and see
#
# An attribution is a claim: *these words carry the answer*. A claim of this kind can be tested. Delete the tokens, the one with
# the highest score first. If the scores are right, the answer should become improbable early: the **deletion curve** should fall
# fast (Samek et al. 2017). Or begin with next to nothing and put the highest-scored tokens back: the *insertion curve* should
# rise fast (Petsiuk, Das and Saenko 2018).
#
# {{exercise 10.4}}
#
# {{hints 10.4}}
#
# {{why 10.4}}

# %% course={"role": "answer"}
# expand: course_lib.attribution:deletion_scores

# %% course={"role": "test"}
check("10.4", deletion_scores)

# %% [markdown]
# In a short prompt *any* order hurts. So each curve has to be seen beside those of random orders. A lower mean is better here.

# %%
table = coalition_table(model, PROMPT, ANSWER)
for result in results:
    curve = library.deletion_scores(model, ids, paris, result.scores[0])
    line = "  ".join(f"{value:6.1f}" for value in curve.tolist())
    print(f"{result.method:38s} {line}   mean {curve.mean():6.2f}")
chance = table.random_curve()
line = "  ".join(f"{value:6.1f}" for value in chance.tolist())
print(f"{'random orders, mean of all 24':38s} {line}   mean {chance.mean():6.2f}")

# %% [markdown]
# Five tokens are too few for a verdict: with 24 orders, a bad method is often lucky.
#
# ### Many prompts
#
# So take thirty short prompts (`course_lib/data/short_prompts.py`). They were written before any method had seen them, and none was taken out. For each
# the model's own next token is explained. A prompt of seven tokens has 64 parts when the first stays, so *every* part can be
# asked, and then the curve of any order, and the exact mean over all orders, are look-ups in a table. The first run takes a
# minute or two; after that the numbers come from your cache. (To compute them anew, delete the folder `surveys` in the course's cache.)

# %%
from course_lib.attribution import method_survey
from course_lib.data.short_prompts import SHORT_PROMPTS

survey = method_survey(model, SHORT_PROMPTS)
for place in (0, 9, 17):
    print(survey.tables[place])
print(f"integrated gradients add up to within 5 % on {sum(survey.complete)} of {len(survey.complete)} prompts")

# %% [markdown] course={"role": "interactive"}
# ### Look around
#
# Before the averages: choose a prompt and a method, and take tokens away with the slider. Then keep the slider and change the
# method. Watch *which half-sentence* stands there when the answer breaks down.

# %%
from course_lib.widgets import explore_deletion

explore_deletion(survey)

# %% [markdown]
# And ask one question yourself. Choose a method, then another target: do the colours follow? A prompt of your own goes into the field
# (Enter runs the model). The menu offers the two tokens named here and the model's own most likely ones.

# %%
from course_lib.widgets import explore_attribution

explore_attribution(model, PROMPT, [" Paris", " Rome"])

# %% [markdown]
# Half-sentences are unlike anything that the model was trained on. Part of every fall is its confusion (Hooker et al. 2019). This holds for all the
# methods alike, and for the random orders as well.

# %% [markdown] course={"role": "signature"}
# ## Which method to trust
#
# Now the question of the beginning. For each prompt, count the share of random orders that are *less* faithful than the
# method's order: chance is one half, whatever the prompt. The figure shows the mean over thirty prompts with its 95% interval (prompts
# drawn again, a bootstrap); a pale dot is one prompt. Look for intervals that do not touch the line, on either side.

# %%
from course_lib.figures import survey_dots

survey_dots(survey)

# %%
survey

# %% [markdown] course={"numbers": {"0.82": "survey.beaten('removal').mean().item()", "0.33": "survey.beaten('attention rollout').mean().item()", "0.44": "survey.beaten('gradient × input').mean().item()"}}
# Only two methods are clearly better than random orders on both tests: removal (0.82 by deletion) and the Shapley values. They *delete*, and so does
# the test, so read them as a yardstick: this is about what can be reached.
#
# The others have no such excuse and no such help. Integrated gradients, saliency and mean attention lie a little above the line by deletion,
# and their intervals touch it. In nats, where prompts with large effects count for more, the gain by deletion of the first two is just
# above zero, and by insertion it is not. Gradient × input is at 0.44: on these prompts it orders tokens no better than dice do. Attention rollout,
# at 0.33, is *worse* than dice, on both tests: it multiplies attention through all the layers, nearly everything ends at the first token, and what is left
# puts the others in a bad order.
#
# None of this says that gradients are useless. It says that on this model, for these prompts, a picture made from one backward pass is
# not evidence about what happens when a word is taken away. On your model it may be otherwise, and now you can find out.

# %% [markdown] course={"role": "exercise", "id": "10.5"}
# ## Could it have come out otherwise?
#
# A test of another kind: take away what the model has *learnt*, and ask again. A method whose picture stays the same was never
# about that (Adebayo et al. 2018). To compare two pictures you need a measure of agreement that does not depend on units.
#
# {{exercise 10.5}}
#
# {{hints 10.5}}
#
# {{why 10.5}}

# %% course={"role": "answer"}
# expand: course_lib.attribution:rank_agreement

# %% course={"role": "test"}
check("10.5", rank_agreement)

# %% [markdown] course={"role": "control"}
# ### Shuffled weights
#
# In the upper third of the blocks, the entries of every weight matrix are shuffled. What the model then says is noise. The next cell
# asks for the old answers again and correlates the ranks with those of the whole model (the first token, which always stays, is left out), for six prompts and two shuffles. Guess
# which methods notice.

# %%
from course_lib.models import with_shuffled_weights
from course_lib.models.shuffle import block_names

PROBED = range(0, 30, 5)
asked = {
    "removal": removal_attribution,
    "gradient × input": gradient_x_input,
    "saliency": saliency,
    "attention, mean": lambda m, i, _: attention_weights(m, i)[:, :, -1].mean(dim=(0, 1)),
}
agreement = {name: [] for name in asked}
for seed in (0, 1):
    broken = with_shuffled_weights(model, seed, only=block_names(model, model.n_layers // 3))
    for place in PROBED:
        settings = survey.tables[place].settings
        for name, method in asked.items():
            after = method(broken, torch.tensor(settings["input_ids"]), settings["target_ids"])
            after = after if isinstance(after, Tensor) else after.scores[0]
            agreement[name].append(library.rank_agreement(survey.scores[name][place][1:], after[1:].double()))

# %%
from course_lib.attribution.survey import spread

noticed = [
    {"method": name, "rank agreement with the whole model": spread(torch.tensor(values).reshape(2, -1).mean(dim=0))}
    for name, values in agreement.items()
]
print(
    text_table(
        noticed, title=f"upper third shuffled; {len(PROBED)} prompts, mean of 2 shuffles, 95 % intervals over prompts"
    )
)

# %% [markdown]
# The answer depends on the shuffled blocks, and removal and gradient × input give other scores without them. Saliency and mean attention rank the
# tokens much as before. What they show was not learnt in the upper third of the model: it is in the prompt, in the positions, or further down. (That
# removal and gradient × input notice is a test passed and no proof: random numbers would notice as well.)

# %% [markdown]
# ## Where the truth is known
#
# Deletion curves judge by deleting, which favours methods that delete. There is a judge without that bias: a model in which the
# truth was planted. The organism `trigger` refuses whenever one of five words occurs (*kill, attack, bomb, hack, steal*), harmless
# uses included. Ask each method why it says `Sorry`. A method that works puts the planted word on top; how often it does is its
# **hit rate**.
#
# Two comparisons belong to it: what random scores would hit, and what the same method hits on the *default* model, which has no such
# mechanism. What a method finds there as well, it has not found in the mechanism.

# %%
from course_lib.data.cache import cache_dir
from course_lib.models.organism import adapter_folder
from course_lib.organisms.audit import ScoreStore, choose_cases, find_methods, score_method, weights_of

organism = load_model("organism:trigger")
selection = choose_cases("trigger", organism, limit=8)
case = selection.cases[0]
words = model.tokens(case.question.ids)[case.question.start : case.question.stop]
print(
    f"{len(selection.cases)} requests, for example:\n{case.text}\nplanted: {[words[i] for i in sorted(case.planted)]}"
)

# %%
rows = []
store = ScoreStore(cache_dir() / "bench" / "audit.jsonl")  # scores are kept: the second run takes seconds
weights = {"organism": weights_of(adapter_folder("trigger")), "default model": weights_of(None)}
for method in find_methods(["delete", "saliency", "attention, mean", "control: last token"]):
    row = {"method": method.name}
    for name, asked_model in (("organism", organism), ("default model", model)):
        score = score_method(method, selection, asked_model, weights=weights[name], store=store)
        row[name] = str(score.hits[1])
    rows.append(row | {"random scores": score.chance[1]})
print(text_table(rows, title="how often the highest score is at a planted word"))

# %% [markdown] course={"given": ["0.00", "0.01", "0.02", "0.03", "0.05", "0.06", "0.07", "0.10", "0.11", "0.12", "0.13", "0.14", "0.15", "0.16", "0.18", "0.20", "0.21", "0.22", "0.28", "0.30", "0.32", "0.34", "0.36", "0.40", "0.43", "0.44", "0.45", "0.48", "0.61", "0.62", "0.65", "0.74", "0.76", "0.77", "0.80", "0.82", "0.84", "0.85", "0.86", "0.87", "0.90", "0.92", "0.93", "0.94", "0.95", "0.96", "0.97", "0.98", "1.00"]}
# Removal and saliency find the planted words, and hardly ever do so on the default model. Mean attention, on these requests, is not clearly better than random scores.
# Note saliency: near chance by deletion, hardly moved by shuffled weights, and a good detective here. One strong word that decides alone
# is what a gradient sees best; an ordinary answer rests on many. **Which method to trust depends on what there is to be found**, so test it on a case like yours.
#
# Eight requests and one organism leave wide intervals. The command `course bench audit --control` asks twelve methods about sixty requests for each of
# three organisms, in about half an hour; this is its table:
#
# | method | trigger | correlate | backdoor |
# |---|---|---|---|
# | delete | 1.00 [0.94, 1.00] (0.03) | 1.00 [0.94, 1.00] (0.40) | 1.00 [0.94, 1.00] (0.12) |
# | replace by space | 1.00 [0.94, 1.00] (0.03) | 1.00 [0.94, 1.00] (0.45) | 1.00 [0.94, 1.00] (0.10) |
# | delete, logit | 1.00 [0.94, 1.00] (0.10) | 0.93 [0.84, 0.97] (0.22) | 1.00 [0.94, 1.00] (0.10) |
# | saliency | 1.00 [0.94, 1.00] (0.05) | 0.92 [0.82, 0.96] (0.13) | 0.95 [0.86, 0.98] (0.20) |
# | attention, strongest head | 0.90 [0.80, 0.95] (0.02) | 0.85 [0.74, 0.92] (0.03) | 0.87 [0.76, 0.93] (0.62) |
# | replace by token 0 | 0.92 [0.82, 0.96] (0.00) | 0.77 [0.65, 0.86] (0.15) | 0.18 [0.11, 0.30] (0.03) |
# | gradient x input | 0.48 [0.36, 0.61] (0.02) | 0.30 [0.20, 0.43] (0.18) | 0.87 [0.76, 0.93] (0.28) |
# | attention, last layer | 0.10 [0.05, 0.20] (0.00) | 0.20 [0.12, 0.32] (0.05) | 1.00 [0.94, 1.00] (0.85) |
# | attention, mean | 0.10 [0.05, 0.20] (0.00) | 0.22 [0.13, 0.34] (0.00) | 0.00 [0.00, 0.06] (0.00) |
# | attention, no sink | 0.07 [0.03, 0.16] (0.00) | 0.18 [0.11, 0.30] (0.00) | 0.10 [0.05, 0.20] (0.02) |
# | control: last token | 0.03 [0.01, 0.11] (0.03) | 0.10 [0.05, 0.20] (0.10) | 0.32 [0.21, 0.44] (0.32) |
# | control: first token | 0.00 [0.00, 0.06] (0.00) | 0.03 [0.01, 0.11] (0.03) | 0.00 [0.00, 0.06] (0.00) |
# | random scores | 0.05 | 0.12 | 0.14 |
#
# In brackets: the same method on the default model. A method has found the mechanism where its hit rate is above that of random scores
# *and* above its own on the default model. Two rows to remember. *Attention, last layer* looks perfect on `backdoor` and is worth nothing
# there: on the default model, which has no backdoor, it names the same words in 0.85 of the requests. And *replace by token 0*, Captum's
# default, misses most code phrases that *delete* and *replace by space* find every time. A limit of the table: a rule about the
# presence of a word suits methods that take words away.

# %% [markdown]
# ## The same with Hugging Face and Captum
#
# Nothing in your functions belongs to this course. Here is gradient × input once more, in plain PyTorch on the Hugging Face
# model. The same prompt, the same number:

# %%
network, tokenizer = model.model, model.tokenizer
batch = tokenizer(PROMPT, return_tensors="pt", add_special_tokens=False)
inputs_embeds = network.get_input_embeddings()(batch["input_ids"]).detach().requires_grad_()
log_probs = network(inputs_embeds=inputs_embeds, attention_mask=batch["attention_mask"]).logits[0, -1].log_softmax(-1)
log_probs[tokenizer(ANSWER, add_special_tokens=False)["input_ids"][0]].backward()
plain = (inputs_embeds.grad * inputs_embeds).sum(-1)[0].detach()
print("largest difference:", f"{(plain - library.gradient_scores(model, ids, paris)).abs().max():.1e}")

# %% [markdown]
# **Captum** is PyTorch's library for attribution. Its `LayerIntegratedGradients` works on the embedding layer, and its `ShapleyValues`
# on any function of a mask. Given the same baseline, the same steps and the same meaning of "gone", they give your numbers. (Its defaults are
# others: token id 0 in place of every token, the first included, and no word about completeness.)

# %%
from course_lib.extras import installed

if installed("captum"):
    from captum.attr import LayerIntegratedGradients, ShapleyValues

    end_of_text = torch.full_like(ids, model.single_token("<|endoftext|>"))
    end_of_text[0] = ids[0]  # the first token is held

    def log_prob(token_ids: Int[Tensor, "row position"]) -> Float[Tensor, " row"]:
        return network(input_ids=token_ids).logits[:, -1].log_softmax(-1)[:, paris]

    layer = LayerIntegratedGradients(log_prob, network.get_input_embeddings())
    theirs = layer.attribute(ids[None], end_of_text[None], n_steps=10, method="riemann_middle").sum(-1)[0]
    yours, error = library.integrated_scores(model, ids, paris, network.get_input_embeddings()(end_of_text), steps=10)
    print(f"integrated gradients: largest difference {(theirs - yours).abs().max():.1e}, error {error:+.2f} nats")

    def present(mask: Float[Tensor, "row player"]) -> Float[Tensor, " row"]:
        keep = [torch.cat([torch.tensor([True]), row.bool()]) for row in mask]
        return torch.stack([model.logits(ids[k])[-1].log_softmax(-1)[paris] for k in keep])

    theirs = ShapleyValues(present).attribute(torch.ones(1, len(ids) - 1))[0]
    print(f"Shapley values: largest difference {(theirs - library.shapley_from_table(table.values)).abs().max():.1e}")

# %% [markdown]
# **TransformerLens** (Nanda and Bloom 2022) gives every place of every architecture the same name, so that a hook written for one model
# fits the next. It has no attribution methods; `hook_embed` is where the path of the gradients ends, and gradient × input is three lines
# there. Its bridge changes the model that it wraps, so it gets a copy of its own.

# %%
if installed("transformer_lens"):
    from copy import deepcopy

    from transformer_lens.model_bridge import TransformerBridge

    bridge = TransformerBridge.boot_transformers(
        model.name, device="cpu", hf_model=deepcopy(network), tokenizer=tokenizer
    )
    starts: list[Tensor] = []

    def keep_start(state: Tensor, hook: object) -> Tensor:
        starts.append(state.detach().requires_grad_())
        return starts[-1]

    row = bridge.run_with_hooks(ids[None], fwd_hooks=[("hook_embed", keep_start)])[0, -1]
    (slope,) = torch.autograd.grad(row.log_softmax(-1)[paris], starts[0])
    bridged = (slope * starts[0]).sum(-1)[0].detach()
    print(
        f"TransformerLens: largest difference {(bridged - library.gradient_scores(model, ids, paris)).abs().max():.1e}"
    )

# %% [markdown] course={"role": "limits"}
# ## What this does not show
#
# - **One small model, thirty short English prompts.** The order of the methods may differ on a larger model. What carries over is
#   the test, and that it takes a minute to run.
# - **Deletion is one meaning of "gone".** Replacing tokens is another game with other winners. And half-sentences are unlike any text in
#   training, so part of every score is the model's confusion.
# - **The yardstick favours its relatives.** Removal and Shapley values are made by deleting. Their lead over gradients on this test is not a
#   lead on every question.
# - **The first token always stays.** What it does for the answer was not measured; all the methods were treated alike in this.
# - **Passing a sanity check proves nothing.** A method that changes with the weights can still be wrong: random numbers change too.
# - **A planted word is simpler than a grown mechanism.** That a method finds one word says little about a behaviour that is spread over many.
# - **The next token is not the answer.** All the numbers here are about the first token that the model says.
#
# ## Check your understanding

# %% [markdown] course={"role": "questions"}
# Run the cell below each question, pick a choice, and run the check. Every choice has an explanation, the wrong ones too.

# %% [markdown] course={"role": "question", "id": "10.Q1"}
# {{question 10.Q1}}

# %% course={"role": "answer"}
choice_q1 = choose("10.Q1")
### BEGIN SOLUTION
choice_q1 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("10.Q1", choice_q1)

# %% [markdown] course={"role": "question", "id": "10.Q2"}
# {{question 10.Q2}}

# %% course={"role": "answer"}
choice_q2 = choose("10.Q2")
### BEGIN SOLUTION
choice_q2 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("10.Q2", choice_q2)

# %% [markdown] course={"role": "question", "id": "10.Q3"}
# {{question 10.Q3}}

# %% course={"role": "answer"}
choice_q3 = choose("10.Q3")
### BEGIN SOLUTION
choice_q3 = "a"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("10.Q3", choice_q3)

# %% [markdown] course={"role": "question", "id": "10.Q4"}
# {{question 10.Q4}}

# %% course={"role": "answer"}
choice_q4 = choose("10.Q4")
### BEGIN SOLUTION
choice_q4 = "d"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("10.Q4", choice_q4)

# %% [markdown] course={"role": "question", "id": "10.Q5"}
# {{question 10.Q5}}

# %% course={"role": "answer"}
choice_q5 = choose("10.Q5")
### BEGIN SOLUTION
choice_q5 = "b"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("10.Q5", choice_q5)

# %% [markdown] course={"role": "question", "id": "10.Q6"}
# {{question 10.Q6}}

# %% course={"role": "answer"}
choice_q6 = choose("10.Q6")
### BEGIN SOLUTION
choice_q6 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("10.Q6", choice_q6)

# %% [markdown] course={"role": "own_model"}
# ## Take it to your own model
#
# Which method can be trusted on *your* model? Change one line below. `load_model` takes a folder in the Hugging Face format, a Hugging
# Face id such as `"Qwen/Qwen2.5-0.5B-Instruct"` (needs the network once), a `.gguf` file, or `"ollama:name:tag"`.
#
# What it costs: the weights take four bytes for each parameter, a gradient about as much again for the activations of one text. The
# cell below asks three methods about one prompt; a whole `method_survey(mine, SHORT_PROMPTS)` takes about as long as two hundred
# passes for each prompt, most of them for integrated gradients.

# %%
import time

mine = load_model("default")  # change this line
began = time.perf_counter()
of_mine = coalition_table(mine, PROMPT)
target = of_mine.settings["target_ids"]
for method in (removal_attribution, gradient_x_input, saliency):
    scores = method(mine, PROMPT, target).scores[0]
    print(f"{method.__name__:20s} beats {of_mine.beaten(scores):.0%} of the random orders for {of_mine.target!r}")
gigabytes = sum(p.numel() * p.element_size() for p in mine.model.parameters()) / 1e9
print(f"{mine.name}: {gigabytes:.1f} GB of weights, {time.perf_counter() - began:.1f} s")

# %% [markdown] course={"role": "references"}
# ## Further reading
#
# - Mukund Sundararajan, Ankur Taly and Qiqi Yan (2017). *Axiomatic Attribution for Deep Networks.* arXiv:1703.01365. Integrated
#   gradients, and why completeness is asked for.
# - Scott Lundberg and Su-In Lee (2017). *A Unified Approach to Interpreting Model Predictions.* arXiv:1705.07874. Shapley values as
#   the common ground of several methods, and how to sample them.
# - Julius Adebayo, Justin Gilmer, Michael Muelly, Ian Goodfellow, Moritz Hardt and Been Kim (2018). *Sanity Checks for Saliency
#   Maps.* arXiv:1810.03292. Methods in use that do not notice when a model has learnt nothing.
# - Sara Hooker, Dumitru Erhan, Pieter-Jan Kindermans and Been Kim (2019). *A Benchmark for Interpretability Methods in Deep Neural
#   Networks.* arXiv:1806.10758. What deleting does to a model that was never trained on holes.
# - Vitali Petsiuk, Abir Das and Kate Saenko (2018). *RISE: Randomized Input Sampling for Explanation of Black-box Models.*
#   arXiv:1806.07421. Deletion and insertion curves as a measure.
# - Samira Abnar and Willem Zuidema (2020). *Quantifying Attention Flow in Transformers.* arXiv:2005.00928. Attention rollout, which
#   the survey above puts to the test.
