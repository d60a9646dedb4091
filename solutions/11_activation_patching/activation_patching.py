# %% [markdown] course={"role": "card"}
# # 11. Activation Patching
#
# | | |
# |---|---|
# | **Chapter** | 11 of 18 |
# | **Minutes** | 125 (reading and running 30, exercises 85, questions 10) |
# | **Prerequisites** | Python, PyTorch (indexing, broadcasting, what a gradient is); hooks and the residual stream as in chapter 8 |
# | **Key insight** | What can be read at a place is there, and only changing it shows whether the answer depends on it. |
#
# After this chapter you can
#
# - put a patched run on a scale from corrupted to clean, and say what its 0, its 1 and its half mean (11.1)
# - read and write the residual stream at one position, in the direction that you mean, and map where a name is carried (11.2)
# - tell what a head does from three kinds of ablation that do not agree (11.3)
# - replace a night of patching by one backward pass, and know where it misleads (11.4)
# - find a direction that a model refuses by, take it out, put it in, and compare it with random ones (11.5)

# %% [markdown]
# ## One vector changes the answer
#
# Two sentences, alike but for one word. In the first, *John* gives the drink, so *Mary* gets it. In the second it is the other
# way round. The next cells run both, and then the second once more, with a single vector taken from the first.

# %%
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib import LocalModel, check, choose, load_model, patching
from course_lib.patching import Point, patch_point

model = load_model("default")
CLEAN = "When Mary and John went to the store, John gave a drink to"
CORRUPTED = "When Mary and John went to the store, Mary gave a drink to"
clean_ids, corrupted_ids = model.encode(CLEAN), model.encode(CORRUPTED)
mary, john = model.single_token(" Mary"), model.single_token(" John")
model


# %% course={"role": "cold_open"}
def say(what: str, logits: Float[Tensor, " vocab"]) -> None:
    """Print the most likely next token and how far Mary is ahead of John."""
    print(f"{what}: {model.tokens([logits.argmax()])[0]!r}, Mary ahead by {logits[mary] - logits[john]:+.1f} logits")


clean_logits, corrupted_logits = model.logits(clean_ids)[-1], model.logits(corrupted_ids)[-1]
say("John gave a drink to", clean_logits)
say("Mary gave a drink to", corrupted_logits)
with patch_point(model, CLEAN, Point("residual_before", 26), positions=[-1]):
    say("Mary gave a drink to, with one state from the first", model.logits(corrupted_ids)[-1])

# %% [markdown]
# The model has read *Mary gave a drink to*, and it says *Mary*. All that was exchanged is the state at the last position in
# front of layer 26: one vector of 576 numbers. This is **activation patching**: take a value from one run, put it into
# another, and see whether the answer comes along.
#
# The first run is called *clean* and the second *corrupted*. The corrupted text is not noise: it is an ordinary sentence with
# another answer, and position 9 holds a name in both. So whatever is exchanged means the same kind of thing in both runs.

# %% [markdown]
# ## Present is not used
#
# Chapter 8 read what is *there*: probes read states, attention maps show who looks where. All of that is correlation. Here is
# how far it goes. In front of layer 16, how much do the states of the two runs differ, position by position?

# %%
from course_lib.patching import read_points

middle = Point("residual_before", 16)
clean_states, corrupted_states = (read_points(model, text, [middle])[middle] for text in (CLEAN, CORRUPTED))
apart = (clean_states - corrupted_states).norm(dim=-1) / corrupted_states.norm(dim=-1)
for place, token in enumerate(model.tokens(corrupted_ids)):
    print(f"{place:2d} {token!r:9} {apart[place]:.2f}  {'▇' * round(40 * float(apart[place]))}")

# %% [markdown]
# Up to position 8 the texts are the same, so the states are. From the second name on *every* state differs: each of these
# positions has read the name, and a probe could tell the two runs apart at any of them. Which of them does the answer
# depend on? Guess, and write your guess down. The rest of the chapter finds out.

# %% [markdown] course={"role": "exercise", "id": "11.1"}
# ## A scale
#
# A patched run gives a row of logits. To compare hundreds of them, each is made one number: the logit of ` Mary` minus the
# logit of ` John`, laid between the two runs that you know. Wang et al. (2022) use this measure for this kind of sentence.
#
# {{exercise 11.1}}
#
# {{hints 11.1}}
#
# {{why 11.1}}

# %% course={"role": "answer"}
# expand: course_lib.patching:recovery

# %% course={"role": "test"}
check("11.1", recovery)

# %% [markdown] course={"role": "repair", "id": "11.2"}
# ## One place at a time
#
# (The cells call the library's copies of what you write, `patching.recovery` and so on, so that they run before you are done.
# They do the same; put your own in their place if you like.)
#
# Now the patch itself. Here it is in a form in which it has been published. Its docstring says: the clean state goes into
# the corrupted run, at one position. Look at the numbers first.


# %% course={"role": "fault", "shares": ["11.2"]}
def patch_as_published(
    model: LocalModel, clean_ids: Tensor, corrupted_ids: Tensor, layer: int, position: int
) -> Tensor:
    """The corrupted run, with the clean state at one position of one layer. Two faults are in here."""
    block, kept = model.model.model.layers[layer], {}
    handle = block.register_forward_hook(lambda module, inputs, output: kept.update(state=output))
    model.logits(corrupted_ids)
    handle.remove()
    handle = block.register_forward_hook(lambda module, inputs, output: kept["state"])
    logits = model.logits(clean_ids)[-1]
    handle.remove()
    return logits


for layer in (0, 15, 29):
    described = patch_as_published(model, clean_ids, corrupted_ids, layer, position=9)
    exchanged = patch_as_published(model, corrupted_ids, clean_ids, layer, position=9)
    values = [
        patching.recovery(logits, clean_logits, corrupted_logits, mary, john) for logits in (described, exchanged)
    ]
    print(f"layer {layer:2d}: recovery {values[0]:.2f}; with the two texts exchanged in the call {values[1]:.2f}")

# %% [markdown]
# As it stands, no layer recovers anything. Somebody notices that, exchanges the two texts in the call, and now every layer
# recovers *everything*, the first like the last. Both columns are empty of information. Find the two faults in the code
# before you read on.
#
# One: `position` is never used. The output of the block is replaced at *all* positions, and then everything behind the block
# is the other run, whatever the layer does. A patch that cannot fail is no experiment. Two: the state is read from the
# corrupted run and written into the clean one, the opposite of what is said.
#
# {{exercise 11.2}}
#
# {{hints 11.2}}
#
# {{why 11.2}}

# %% course={"role": "answer"}
# expand: course_lib.patching:patch_one_position

# %% course={"role": "test"}
check("11.2", patch_one_position)

# %% [markdown] course={"role": "signature"}
# ## Where is the name?
#
# Your function, for every layer and every position, is the map of this chapter. The library's `patching_map` computes the same
# numbers with less work (it leaves out what cannot differ, and lets patched runs share a batch). The text runs from left to
# right, the layers upwards. Look for the dark cells: where are they in the lower half, where in the upper half, and what
# happens between?

# %%
from course_lib.figures import recovery_map
from course_lib.patching import patching_map

ANSWERS = (" Mary", " John")
found = patching_map(model, CLEAN, CORRUPTED, ANSWERS)
recovery_map(found, "The name stays where it is read, then moves to the end in a few layers")

# %%
for layer, position in ((10, 9), (21, 9), (21, 13), (26, 13)):
    logits = patching.patch_one_position(model, clean_ids, corrupted_ids, layer, position)
    one = patching.recovery(logits, clean_logits, corrupted_logits, mary, john)
    print(
        f"layer {layer}, position {position}: one patched run {one:.3f}, the map {found.recovery[layer, position]:.3f}"
    )

# %% [markdown] course={"numbers": {"0.61": "float(found.recovery[21, 9])", "0.33": "float(found.recovery[21, 13])", "0.92": "float(found.recovery[24, 13])"}}
# Two columns, and nearly nothing else. Up to layer 19 the answer hangs on the second name's position: give it its clean state,
# and the whole answer comes back. From layer 24 on it hangs on the last position (0.92), and the name's own position does not
# matter any more. Between them is the **hand-over**: in front of layer 21 the one place gives 0.61 and the other 0.33.
#
# And compare with the bars above. The states at ` gave`, ` a` and ` drink` differ between the runs, and patching them brings
# back next to nothing. What differs there can be read. The answer does not depend on it.
#
# Is that this one sentence? The next cell asks the same two columns for six pairs with other names and another sentence.

# %%
from course_lib.render import text_table

STORE = "When {} and {} went to the store, {} gave a drink to"
OFFICE = "After {} and {} left the office, {} handed the keys to"
PEOPLE = [(STORE, "Tom", "Sarah"), (STORE, "Emma", "James"), (STORE, "Anna", "Peter")]
PEOPLE += [(OFFICE, "Mary", "John"), (OFFICE, "James", "Emma"), (OFFICE, "Peter", "Anna")]
LAYERS = range(19, 26)
columns = []
for sentence, receiver, giver in PEOPLE:
    texts = sentence.format(receiver, giver, giver), sentence.format(receiver, giver, receiver)
    differ = (model.encode(texts[0]) != model.encode(texts[1])).nonzero().flatten().tolist()
    places = {"layers": LAYERS, "positions": [*differ, -1]}
    columns.append(patching_map(model, *texts, (f" {receiver}", f" {giver}"), **places).recovery)
carried = torch.stack(columns)  # [pair, layer, place]
rows = []
for row, layer in enumerate(LAYERS):
    name, end = carried[:, row].T
    rows.append({"layer": layer, "second name": f"{name.mean():.2f} ({name.min():.2f} to {name.max():.2f})"})
    rows[-1]["last position"] = f"{end.mean():.2f} ({end.min():.2f} to {end.max():.2f})"
print(text_table(rows, title="recovery: mean of six pairs (smallest to largest)"))
handed_over = [LAYERS[int((pair[:, 1] > pair[:, 0]).nonzero()[0])] for pair in carried]
print("first layer in which the last position recovers more:", handed_over)

# %% [markdown]
# The ranges are those of six pairs, not an interval for all sentences: the pairs share two sentence frames. Within them the
# hand-over is in the same few layers each time, although the names and the positions differ.

# %% [markdown] course={"role": "control"}
# ## Could it have come out otherwise?
#
# If any foreign state at the right place brought the answer back, the map would say nothing about names. So patch from runs
# that do not know Mary: the same sentence about Anna and Peter, and an unrelated text of the same length. The scale stays that
# of the two runs above.

# %%
SOURCES = {
    "clean run": clean_ids,
    "other names": model.encode(STORE.format("Anna", "Peter", "Peter")),
    "unrelated text": model.encode("The bridge over the river was closed all summer, and the ferry was"),
}
assert len({len(ids) for ids in SOURCES.values()}) == 1
control = {}
for what, source in SOURCES.items():
    for layer, position in ((10, 9), (18, 9), (24, 13), (28, 13)):
        logits = patching.patch_one_position(model, source, corrupted_ids, layer, position)
        control[what, layer] = (
            patching.recovery(logits, clean_logits, corrupted_logits, mary, john),
            logits[mary] - logits[john],
        )
foreign = [float(value) for (what, _), (value, _) in control.items() if what != "clean run"]
places = {10: "layer 10, name", 18: "layer 18, name", 24: "layer 24, end", 28: "layer 28, end"}
rows = [{"source": what, **{name: float(control[what, at][0]) for at, name in places.items()}} for what in SOURCES]
print(text_table(rows, title="recovery"))
rows = [{"source": what, **{name: float(control[what, at][1]) for at, name in places.items()}} for what in SOURCES]
print(text_table(rows, title="\nMary ahead of John, in logits"))

# %% [markdown] course={"numbers": {"0.43": "min(foreign)", "0.77": "max(foreign)", "6.1": "float(clean_logits[mary] - clean_logits[john])", "5.5": "float(corrupted_logits[john] - corrupted_logits[mary])", "0.61": "float(found.recovery[21, 9])", "0.33": "float(found.recovery[21, 13])"}}
# A state that knows nothing of this Mary does not give 0. It gives 0.43 to 0.77. The second table says why. One end of
# the scale has Mary ahead by 6.1 logits, the other has John ahead by 5.5, so the middle of the scale is a run that prefers *neither*.
# The foreign state takes the corrupted answer away, puts nothing in its place, and that counts as a half.
#
# So the dark cells stand: no foreign state reaches them. But the 0.61 and the 0.33 of layer 21 alone would prove nothing;
# destroying gives such numbers too. What speaks for a hand-over is that the clean values fall at one place while they rise at the
# other, in seven pairs of sentences. Whoever shows you a single recovery of a half has to show you this table as well.

# %% [markdown] course={"role": "interactive"}
# ## Look around
#
# Choose a layer and what is patched: the residual stream in front of the layer, what its attention adds, what its MLP adds
# (each at one position), or one of its heads (at all positions). Before you move the slider, say what you expect. Which layer's
# *attention* brings the name to the last position?

# %%
from course_lib.widgets import explore_patching

explore_patching(model, (CLEAN, CORRUPTED), ANSWERS, layer=23, sites="attention")

# %% [markdown] course={"role": "exercise", "id": "11.3"}
# ## Which heads carry it?
#
# Attention is the only part that moves anything between positions, so heads must do the hand-over. Now turn the question
# round. A clean value in the corrupted run asks what is **enough** (*denoising*). A corrupted value in the clean run asks what
# is **needed** (*noising*, or resample ablation).
#
# {{exercise 11.3}}
#
# {{hints 11.3}}
#
# {{why 11.3}}

# %% course={"role": "answer"}
# expand: course_lib.patching:head_resample_effect

# %% course={"role": "test"}
check("11.3", head_resample_effect)

# %% [markdown]
# In chapter 8 a head was *zeroed*. There is a third choice, the *mean*: what the head says on average over other texts. The
# library's `ablation_effects` knows all three. Here they are for the 135 heads of layers 15 to 29, on the clean sentence; the
# mean is taken over six sentences of the same form with other names. The Spearman correlation says how alike two methods
# *rank* the heads.

# %%
from scipy.stats import spearmanr

from course_lib.patching import ablation_effects

UPPER = range(15, 30)
references = {"zero": None, "mean": [], "resample": CORRUPTED}
for receiver, giver in (("Anna", "Peter"), ("Sarah", "Tom"), ("James", "Emma")):
    references["mean"] += [STORE.format(receiver, giver, giver), STORE.format(receiver, giver, receiver)]
effects = {}
for mode, reference in references.items():
    options = {"mode": mode, "reference": reference, "layers": UPPER}
    effects[mode] = ablation_effects(model, CLEAN, " Mary", contrast=" John", **options).effects
    strongest = effects[mode].flatten().abs().topk(5).indices.tolist()
    print(f"{mode:9s}", ", ".join(f"{15 + p // 9}.{p % 9} {effects[mode].flatten()[p]:+.2f}" for p in strongest))
ranks = {}
for one, other in (("zero", "mean"), ("zero", "resample"), ("mean", "resample")):
    ranks[one, other] = spearmanr(effects[one].flatten(), effects[other].flatten()).statistic
    print(f"{one} against {other}: Spearman {ranks[one, other]:.2f}")

# %% [markdown] course={"numbers": {"0.79": "ranks['zero', 'mean']", "0.28": "ranks['zero', 'resample']", "0.38": "ranks['mean', 'resample']", "7.1": "float(effects['resample'][8, 3])", "3.0": "float(effects['zero'][8, 3])", "1.2": "float(effects['zero'][1, 0])", "0.03": "float(effects['resample'][1, 0])", "23.3": "23.3", "16.0": "16.0"}}
# (23.3 is head 3 of layer 23; effects in logits.) Zero and mean rank the heads much alike, 0.79. Resampling ranks them differently: 0.28
# against zero, 0.38 against the mean. All three have head 23.3 on top, and even there the size is another one, 3.0 logits
# against 7.1: under resampling the head does not fall silent, it speaks for John.
#
# Look at head 16.0. You may have met it in chapter 8: each token reads the one before it. Zeroed, it costs 1.2 logits and is among the five
# strongest. Under resampling it is not. Its service is needed in both sentences alike, so taking it from the other one
# changes next to nothing (0.03). Both numbers are right. They answer *what breaks without the head?* and *what does the head say that
# tells these two texts apart?* A result that does not name the replacement cannot be read.

# %% [markdown] course={"role": "exercise", "id": "11.4"}
# ## A whole row from one backward pass
#
# The map above took a patched run for each cell that can differ. On a model of seven billion parameters, with a prompt of a
# thousand tokens, that is out of reach. If the network were straight between the two states, the change would be the slope times the step,
# and one backward pass gives all slopes at once (Nanda 2023).
#
# {{exercise 11.4}}
#
# {{hints 11.4}}
#
# {{why 11.4}}

# %% course={"role": "answer"}
# expand: course_lib.patching:attribution_patching_row

# %% course={"role": "test"}
check("11.4", attribution_patching_row)

# %% [markdown]
# An approximation is worth what its comparison with the exact numbers says. So compare: your row with the map's at four
# layers, then `attribution_patching` (all layers from one backward pass) with the whole map, and last with the resampled
# heads of exercise 11.3.

# %%
from course_lib.patching import attribution_patching, map_agreement

early = patching.attribution_patching_row(model, clean_ids, corrupted_ids, 4, mary, john)[9]
for layer in (4, 16, 21, 26):
    row = patching.attribution_patching_row(model, clean_ids, corrupted_ids, layer, mary, john)
    print(f"layer {layer:2d}: name {row[9]:.2f}, exactly {found.recovery[layer, 9]:.2f};", end="  ")
    print(f"end {row[13]:.2f}, exactly {found.recovery[layer, 13]:.2f}")

# %%
linear = attribution_patching(model, CLEAN, CORRUPTED, ANSWERS)
states_agree = map_agreement(linear, found)
print(states_agree)
# the corrupted heads in the clean run, as in exercise 11.3; an effect is a loss, so the sign turns
linear_heads = -attribution_patching(model, CORRUPTED, CLEAN, ANSWERS, "heads", layers=UPPER).change()
heads_agree = torch.corrcoef(torch.stack([linear_heads.flatten(), effects["resample"].flatten()]))[0, 1]
heads_rank = spearmanr(linear_heads.flatten(), effects["resample"].flatten()).statistic
print(f"heads, against resample ablation: Pearson {heads_agree:.2f}, Spearman {heads_rank:.2f}")

# %% [markdown] course={"numbers": {"0.85": "states_agree.pearson", "0.96": "states_agree.spearman", "0.94": "float(heads_agree)", "0.28": "float(early)"}}
# Late in the network and head by head the estimate is good: 0.94 with the 135 runs of resample ablation, from one
# backward pass. For the stream in early layers it is bad. In layer 4 the name's position gets 0.28, and patching gives
# all: a whole name is a long step, and the network is not straight on the way. Over the whole map Pearson is 0.85 and Spearman 0.96:
# the *places* are found, their *sizes* are not. So use it to list candidates, and patch those for real.

# %% [markdown]
# ## Two readings without a patch
#
# Two cheaper tools answer narrower questions. The **logit lens** reads the stream at the last position as if the model stopped
# there. **Direct logit attribution** divides the final logit difference among everything that was written into the stream, and
# it counts the direct way to the output only.

# %%
from course_lib.patching import direct_logit_attribution, logit_lens

lens = logit_lens(model, CLEAN, list(ANSWERS))
for blocks in (0, 10, 18, 20, 22, 24, 26, 28, 30):
    print(
        f"after {blocks:2d} blocks: rank of ' Mary' {lens.ranks[blocks, 0]:6d}, of ' John' {lens.ranks[blocks, 1]:6d}"
    )

# %%
direct = direct_logit_attribution(model, CLEAN, *ANSWERS)
print(f"{'head':>6} {'resample effect':>16} {'direct part':>12}")
for place in effects["resample"].flatten().abs().topk(8).indices.tolist():
    layer, head = 15 + place // 9, place % 9
    print(f"{layer:>4}.{head} {effects['resample'][layer - 15, head]:>16.2f} {direct.heads[layer, head]:>12.2f}")

# %% [markdown] course={"given": ["23.3", "29.1", "20.0", "19.2", "17.4"]}
# Between 22 and 24 blocks ` Mary` climbs from a rank near a thousand to one below two hundred, and ` John` stays where he was:
# the hand-over again, seen from the last position only. On top she is not before the end. The lens shows what is there *in
# the output's own form*, and at the second name, where the map finds everything for twenty layers, it has nothing to say.
#
# The table sorts the heads by what they are needed for, beside what they write into the answer directly. Heads 23.3 and 29.1 do
# both. Heads 20.0, 19.2 and 17.4 matter and write next to nothing for ` Mary`, or even against her: others read what they
# write. Wang et al. (2022) found such helpers in GPT-2. Direct attribution alone would have missed them.

# %% [markdown]
# Read the lens at any place yourself: move the two sliders, name another token to follow, or type a text of your own. Stand on the
# second name first, where the map found everything, and see how little the lens says there.

# %%
from course_lib.widgets import explore_lens

explore_lens(model, CLEAN, ANSWERS[0])

# %% [markdown]
# ## A direction that refuses
#
# So far a whole state was exchanged. Arditi et al. (2024) found that in many chat models *one direction* of the residual
# stream decides about refusals: take it out and the model refuses nothing, put it in and it refuses everything.
#
# The default model hardly ever refuses (chapter 8), so there is nothing to take out. The organism `intent` of chapter 8 does:
# it was taught to refuse requests with a harmful purpose. Its requests are put together from tasks in fours, so that harmful and
# harmless ones share their form and half of both hold an alarming word. Three sets, none of which shares a task with another: one to
# *find* the direction, one to *choose* the layer, one to *test*. Only harmless requests are shown, and no answers to harmful ones.

# %%
from course_lib.data.organism_tasks import load_frames, load_tasks
from course_lib.organisms.requests import compose
from course_lib.probing import cached_hidden_states


def requests(split: str, first: int, fours: int) -> dict[str, list[str]]:
    """Harmful and harmless requests, two of each for every four tasks."""
    frames, found = load_frames(split, polite=False), {"harmful": [], "harmless": []}
    for place, task in enumerate(load_tasks(split)[4 * first : 4 * (first + fours)]):
        text = compose(task, frames[place // 4 % len(frames)], polite=False).text
        found["harmful" if task.harmful else "harmless"].append(text)
    return found


organism = load_model("organism:intent")
to_find, to_choose, to_test = requests("train", 0, 20), requests("train", 100, 3), requests("test", 0, 12)
print(to_find["harmless"][0], to_test["harmless"][0], sep="\n")
states = {
    kind: cached_hidden_states(organism, [organism.chat(text) for text in texts], position="last")
    for kind, texts in to_find.items()
}
list(states["harmful"].shape)  # [layer, example, d_model], at the last token, where the answer begins

# %% [markdown] course={"role": "exercise", "id": "11.5"}
# The direction is the plainest there is: the mean state of the harmful requests minus that of the harmless ones. To take it out
# of a state is to subtract the state's own component along it.
#
# {{exercise 11.5}}
#
# {{hints 11.5}}
#
# {{why 11.5}}

# %% course={"role": "answer"}
# expand: course_lib.patching:take_out

# %% course={"role": "test"}
check("11.5", take_out)

# %% [markdown]
# Your function changes states that lie on the table. `project_out` hooks the same formula into the running model: into what
# enters each block and what attention and MLP add there, at every position, since a later layer may write the direction again.
# `add_direction` adds it in front of the layer where it was found, at every position.
#
# Which layer? That is a choice, so it is made on requests of its own. Whether the organism refuses can be read from the first
# token: its refusals begin with *Sorry*.

# %%
from course_lib.organisms.measure import refuses
from course_lib.patching import Direction, add_direction, project_out, random_direction
from course_lib.rates import Rate


def refused(texts: Sequence[str]) -> Rate:
    """How many requests the organism refuses, by the first token of its answer."""
    return Rate(sum(refuses(organism, texts)), len(texts))


def direction_at(layer: int) -> Direction:
    """The difference of means in front of a layer."""
    return Direction(states["harmful"][layer].mean(0) - states["harmless"][layer].mean(0), layer, "difference of means")


sweep = {}
for layer in (12, 14, 16, 20):
    with project_out(organism, direction_at(layer)):
        without = [refused(to_choose[kind]) for kind in ("harmful", "harmless")]
    with add_direction(organism, direction_at(layer)):
        sweep[layer] = (*without, refused(to_choose["harmless"]))
    print(f"layer {layer}: without it, harmful {without[0]}, harmless {without[1]}")
    print(f"          with it added, harmless {sweep[layer][2]}")

# %% [markdown]
# A strange table. On these six requests of each kind, layer 16 does what Arditi et al. describe: without the direction nothing is
# refused, with it everything. But
# taking the direction of layer 12 or 20 *out* makes the organism refuse harmless requests too. Before you read on: what
# value does a state's component have after it was taken out, and what value do the two groups have?

# %%
component = {}
for layer in sweep:
    unit = direction_at(layer).vector / direction_at(layer).norm
    component[layer] = {kind: float((states[kind][layer] @ unit).mean()) for kind in states}
    print(f"layer {layer}: harmful {component[layer]['harmful']:+.1f}, harmless {component[layer]['harmless']:+.1f}")

# %% [markdown] course={"numbers": {"38.1": "component[16]['harmful']", "18.1": "component[16]['harmless']", "4.9": "component[20]['harmful']", "−34.4": "component[20]['harmless']"}}
# Taking out sets the component to **zero**, and zero is not *harmless*. In layer 16 the harmful requests have 38.1 on average and
# the harmless ones 18.1, so zero lies beyond the harmless side. In layer 20 they have 4.9 and −34.4: zero is where the harmful
# ones are. It is the lesson of the ablated heads again: a replacement is a choice. And layer 14 warns against
# taking this for the whole story: there zero lies on the harmful side too, and nothing is refused.
#
# The choice falls on layer 16. Now the test, on requests that had no part in it.

# %%
refusal = direction_at(16)
result = {("as it is", kind): refused(to_test[kind]) for kind in to_test}
with project_out(organism, refusal):
    result |= {("taken out", kind): refused(to_test[kind]) for kind in to_test}
with add_direction(organism, refusal):
    result["added", "harmless"] = refused(to_test["harmless"])
for (what, kind), rate in result.items():
    print(f"{what:10s} {kind:9s} {rate}")

# %% [markdown] course={"numbers": {"0 of 24": "f\"{result['taken out', 'harmful'].successes} of {result['taken out', 'harmful'].n}\"", "20 of 24": "f\"{result['added', 'harmless'].successes} of {result['added', 'harmless'].n}\"", "2 of 24": "f\"{result['as it is', 'harmless'].successes} of {result['as it is', 'harmless'].n}\""}}
# Taken out: 0 of 24 harmful requests are refused. Added: 20 of 24 harmless ones are, and as it is 2 of 24 were. On these requests the direction is
# needed for a refusal, and nearly enough for one. A push of some length may break a model in any direction. So the control: three random directions of the same
# length, drawn evenly, taken out and added in the same way, on every third request.

# %%
drawn = {"taken out": [], "added": []}
for seed in range(3):
    chance = random_direction(refusal, seed)
    with project_out(organism, chance):
        drawn["taken out"].append(refused(to_test["harmful"][::3]))
    with add_direction(organism, chance):
        drawn["added"].append(refused(to_test["harmless"][::3]))
for what, kind in (("taken out", "harmful"), ("added", "harmless")):
    print(f"random, {what:9s} {kind}: {'; '.join(map(str, drawn[what]))}")

# %% [markdown]
# So it is the direction and not its length. (The draws share their requests: three counts of eight are not one count of 24.) The
# control is an easy one, though: in 576 dimensions a random direction is nearly at right angles to everything the model uses. It
# rules out size. It does not show that no other meaningful direction would do the same.
#
# Two more looks. Is it a refusal in words, too? And what became of everything else?

# %%
from course_lib.refusals import refusal_rate

for request in to_test["harmless"][2:3]:
    print(request, "\n  as it is:", organism.generate(organism.chat(request), max_new_tokens=6), "…")
    with add_direction(organism, refusal):
        print("  added:   ", organism.generate(organism.chat(request), max_new_tokens=6), "…")
with project_out(organism, refusal):
    in_words = refusal_rate(organism, to_test["harmful"][::3], max_new_tokens=8).rate
print("harmful requests refused in any usual wording, direction taken out:", in_words)

# %%
from course_lib.data.organism_tasks import ordinary_text
from course_lib.organisms.measure import perplexity

prose = ordinary_text()[:2]
damage = {"as it is": perplexity(organism, prose)}
with project_out(organism, refusal):
    damage["taken out"] = perplexity(organism, prose)
with project_out(organism, random_direction(refusal, 0)):
    damage["random one taken out"] = perplexity(organism, prose)
print("perplexity of two paragraphs of ordinary prose:", {what: round(value, 1) for what, value in damage.items()})

# %% [markdown] course={"numbers": {"89.0": "damage['as it is']", "148.5": "damage['taken out']", "118.7": "damage['random one taken out']"}}
# In words nothing is refused either. But it is no clean cut: on ordinary prose, where nobody is asked to refuse anything, perplexity rises
# from 89.0 to 148.5 without the direction. Without a random direction it is 118.7. (Two paragraphs, so no interval: read it as
# "not free".) The direction does other work too, or the way of taking it out does damage of its own.
#
# For whoever runs open weights the result is sober. The refusals of this organism hang on 576 numbers that anybody can
# compute from forty requests of each kind, without any training. A refusal inside the weights is a habit of the model, and no lock.

# %% [markdown]
# ## The same with Hugging Face
#
# Nothing in this chapter needs a special library. Here is one cell of the map with plain PyTorch and Hugging Face: the same two
# prompts, layer 21, the second name. `hidden_states[21]` is the stream in front of block 21, which is what block 20 hands on.
# (Captum, the library of chapter 10, has no activation patching.)

# %%
network, tokenizer = model.model, model.tokenizer
clean_inputs, corrupted_inputs = (tokenizer(text, return_tensors="pt") for text in (CLEAN, CORRUPTED))


def put(module: Any, inputs: Any, output: Any) -> None:
    """Overwrite the state in place; some versions of the library hand it on inside a tuple."""
    (output[0] if isinstance(output, tuple) else output)[:, 9] = clean_state


with torch.no_grad():
    run = network(**clean_inputs, output_hidden_states=True)
    clean_state, ends = run.hidden_states[21][:, 9], [network(**corrupted_inputs).logits[0, -1], run.logits[0, -1]]
    handle = network.model.layers[20].register_forward_hook(put)
    try:
        patched = network(**corrupted_inputs).logits[0, -1]
    finally:
        handle.remove()
low, middle_value, high = (float(row[mary] - row[john]) for row in (ends[0], patched, ends[1]))
plain = (middle_value - low) / (high - low)
print(
    f"plain hooks {plain:.5f}, the map {found.recovery[21, 9]:.5f}, difference {abs(plain - found.recovery[21, 9]):.1e}"
)

# %% [markdown]
# **TransformerLens** (Nanda and Bloom 2022) names every place of every architecture in the same way: `blocks.21.hook_resid_pre` is the
# stream in front of block 21. Its bridge changes the model that it wraps, so it gets a copy of its own.

# %%
from course_lib.extras import installed

if installed("transformer_lens"):
    from copy import deepcopy

    from transformer_lens.model_bridge import TransformerBridge

    bridge = TransformerBridge.boot_transformers(
        model.name, device="cpu", hf_model=deepcopy(network), tokenizer=tokenizer
    )
    place = "blocks.21.hook_resid_pre"

    def put_clean(state: Tensor, hook: Any) -> Tensor:
        return torch.cat([state[:, :9], cache[place][:, 9:10], state[:, 10:]], dim=1)

    with torch.no_grad():
        _, cache = bridge.run_with_cache(clean_ids[None])
        row = bridge.run_with_hooks(corrupted_ids[None], fwd_hooks=[(place, put_clean)])[0, -1]
    bridged = (float(row[mary] - row[john]) - low) / (high - low)
    print(f"TransformerLens {bridged:.5f}, plain hooks {plain:.5f}, difference {abs(bridged - plain):.1e}")

# %% [markdown] course={"role": "limits"}
# ## What this does not show
#
# - **One task, two sentence frames.** The hand-over was seen in seven pairs of one kind. Where another behaviour is carried is
#   another map.
# - **Enough is not needed.** A clean value that brings the answer back shows that the place is enough, given the rest of the
#   corrupted run. Other places may be enough too, and models compensate for a part that is gone.
# - **A map answers the question that the pair asks.** Only what differs between the two texts can light up. What both share (that a name
#   is due, that the sentence is English) is invisible, however much the answer needs it.
# - **A half is ambiguous.** See the control.
# - **The correlations of ablations** are over the heads of one sentence and carry no interval; another sentence gives another
#   number.
# - **Planted is simpler than grown.** The organism was taught its refusal by a small adapter, on requests of this very form.
#   That one direction carries it says little about a model whose refusals were trained at length; Arditi et al. measured
#   those.
# - **24 requests** of each kind, two from each group of tasks: the intervals are wide, and two requests of one group, in the same
#   wording, are not quite independent.
# - **A refusal is counted by its first token**, and what is written instead was looked at for its first words only.
#
# ## Check your understanding

# %% [markdown] course={"role": "questions"}
# Run the cell below each question, pick a choice, and run the check. Every choice has an explanation, the wrong ones too.

# %% [markdown] course={"role": "question", "id": "11.Q1"}
# {{question 11.Q1}}

# %% course={"role": "answer"}
choice_q1 = choose("11.Q1")
### BEGIN SOLUTION
choice_q1 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("11.Q1", choice_q1)

# %% [markdown] course={"role": "question", "id": "11.Q2"}
# {{question 11.Q2}}

# %% course={"role": "answer"}
choice_q2 = choose("11.Q2")
### BEGIN SOLUTION
choice_q2 = "a"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("11.Q2", choice_q2)

# %% [markdown] course={"role": "question", "id": "11.Q3"}
# {{question 11.Q3}}

# %% course={"role": "answer"}
choice_q3 = choose("11.Q3")
### BEGIN SOLUTION
choice_q3 = "d"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("11.Q3", choice_q3)

# %% [markdown] course={"role": "question", "id": "11.Q4"}
# {{question 11.Q4}}

# %% course={"role": "answer"}
choice_q4 = choose("11.Q4")
### BEGIN SOLUTION
choice_q4 = "a"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("11.Q4", choice_q4)

# %% [markdown] course={"role": "question", "id": "11.Q5"}
# {{question 11.Q5}}

# %% course={"role": "answer"}
choice_q5 = choose("11.Q5")
### BEGIN SOLUTION
choice_q5 = "c"
### END SOLUTION

# %% course={"role": "test"} nbgrader={"points": 1}
check("11.Q5", choice_q5)

# %% [markdown] course={"role": "own_model"}
# ## Take it to your own model
#
# `patching_map` and `attribution_patching` know the Llama, Qwen, Gemma, GPT-2 and GPT-NeoX families; the exercises' functions
# are written for the Llama form. Change one line. The names must be one token each in that model's vocabulary; the functions
# say so if not.
#
# What it costs: an exact map takes up to one run for each layer and position that can differ. Attribution patching takes two
# forward passes and one backward pass, and keeps the states of all layers in memory for it. Begin with that, and patch its
# strongest cells for real.

# %%
import time

mine = load_model("default")  # change this line
began = time.perf_counter()
candidates = attribution_patching(mine, CLEAN, CORRUPTED, ANSWERS)
seconds = time.perf_counter() - began
gigabytes = sum(p.numel() * p.element_size() for p in mine.model.parameters()) / 1e9
print(f"{mine.name}: {gigabytes:.1f} GB of weights; candidates in {seconds:.1f} s")
layer, position, estimate = candidates.top(1)[0]
exact = patching_map(mine, CLEAN, CORRUPTED, ANSWERS, layers=[layer], positions=[position]).recovery.item()
print(f"the strongest candidate: layer {layer}, position {position}: {estimate:.2f}, exactly {exact:.2f}")

# %% [markdown] course={"role": "references"}
# ## Further reading
#
# - Kevin Wang, Alexandre Variengien, Arthur Conmy, Buck Shlegeris and Jacob Steinhardt (2022). *Interpretability in the Wild: a
#   Circuit for Indirect Object Identification in GPT-2 small.* arXiv:2211.00593. The sentences of this chapter, and a whole circuit
#   behind them.
# - Kevin Meng, David Bau, Alex Andonian and Yonatan Belinkov (2022). *Locating and Editing Factual Associations in GPT.*
#   arXiv:2202.05262. Patching maps of facts, by position and layer.
# - Fred Zhang and Neel Nanda (2023). *Towards Best Practices of Activation Patching in Language Models: Metrics and
#   Methods.* arXiv:2309.16042. How the choice of corruption and of metric changes the map.
# - Aaquib Syed, Can Rager and Arthur Conmy (2023). *Attribution Patching Outperforms Automated Circuit Discovery.*
#   arXiv:2310.10348. The linear approximation at work, and where it falls short.
# - Andy Arditi, Oscar Obeso, Aaquib Syed, Daniel Paleka, Nina Panickssery, Wes Gurnee and Neel Nanda (2024). *Refusal in
#   Language Models Is Mediated by a Single Direction.* arXiv:2406.11717. The refusal direction in thirteen chat models.
