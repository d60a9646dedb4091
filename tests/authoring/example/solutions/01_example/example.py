# %% [markdown] course={"role": "card"}
# # Scores
#
# | | |
# |---|---|
# | **Chapter** | 1 of 18 |
# | **Minutes** | 30 |
# | **Prerequisites** | none |
# | **Key insight** | A mean hides what it is the mean of. |
#
# After this chapter you can
#
# - compute a mean (1.1)
# - see a jump (1.2)
# - count what is above a threshold, and what equals it (1.1, 1.3)

# %% course={"role": "cold_open"}
from collections.abc import Sequence

from example_course import check, load_model

model = load_model("default")
model.generate("hello")

# %% [markdown]
# ## Three numbers
#
# A list of scores is all that is needed.

# %%
scores = [1.0, 2.0, 6.0]
sum(scores)

# %% [markdown] course={"role": "exercise", "id": "1.1"}
# {{exercise 1.1}}
#
# {{hints 1.1}}
#
# {{why 1.1}}

# %% course={"role": "answer"}
# expand: example_course:mean_score

# %% course={"role": "test"}
check("1.1", mean_score)

# %% [markdown] course={"role": "exercise", "id": "1.2"}
# {{exercise 1.2}}
#
# {{hints 1.2}}
#
# {{why 1.2}}

# %% course={"role": "answer"}
# expand: example_course:largest_gap

# %% course={"role": "test"}
check("1.2", largest_gap)

# %% [markdown]
# ## A published version


# %% course={"role": "fault", "shares": ["1.3"]}
def published_share(scores: Sequence[float], threshold: float) -> float:
    above = [score for score in scores if score >= threshold]
    return len(above) / len(scores)


published_share(scores, 2)

# %% [markdown] course={"role": "repair", "id": "1.3"}
# {{exercise 1.3}}

# %% [markdown]
# {{hints 1.3}}
#
# {{why 1.3}}

# %% course={"role": "answer"}
# expand: example_course:share_above

# %% course={"role": "test"}
check("1.3", share_above)

# %% [markdown] course={"role": "signature", "numbers": {"0.33": "sum(s > 2 for s in scores) / len(scores)"}}
# ## One number
#
# The share above 2 is 0.33.

# %%
published_share(scores, 2.5)

# %% [markdown] course={"role": "control"}
# ## Could it be otherwise?

# %%
published_share(scores, 100)

# %% [markdown] course={"role": "limits"}
# ## What this does not show
#
# - three scores are few
# - a threshold is a choice

# %% [markdown]
# ![Three bars of height one, two and six](bars.svg)

# %% course={"role": "interactive"}
list(reversed(scores))

# %% [markdown] course={"role": "questions"}
# ## Check your understanding

# %% [markdown] course={"role": "question", "id": "1.Q1"}
# {{question 1.Q1}}

# %% course={"role": "answer"}
choice_1 = "?"
### BEGIN SOLUTION
choice_1 = "b"
### END SOLUTION

# %% course={"role": "test"}
check("1.Q1", choice_1)

# %% [markdown] course={"role": "question", "id": "1.Q2"}
# {{question 1.Q2}}

# %% course={"role": "answer"}
choice_2 = "?"
### BEGIN SOLUTION
choice_2 = "b"
### END SOLUTION

# %% course={"role": "test"}
check("1.Q2", choice_2)

# %% [markdown] course={"role": "question", "id": "1.Q3"}
# {{question 1.Q3}}

# %% course={"role": "answer"}
choice_3 = "?"
### BEGIN SOLUTION
choice_3 = "b"
### END SOLUTION

# %% course={"role": "test"}
check("1.Q3", choice_3)

# %% [markdown] course={"role": "question", "id": "1.Q4"}
# {{question 1.Q4}}

# %% course={"role": "answer"}
choice_4 = "?"
### BEGIN SOLUTION
choice_4 = "b"
### END SOLUTION

# %% course={"role": "test"}
check("1.Q4", choice_4)

# %% [markdown]
# ## In your own words
#
# Two lists have the same mean. What can still be different, and how would you notice? Two or three sentences. (4 points,
# marked by a person)

# %% [markdown] course={"role": "written", "id": "1.W1", "points": 4}
# The spread can differ: one list may hold a single large value and the other none. A plot of the scores, or the largest
# gap of 1.2, shows it.

# %% [markdown] course={"role": "own_model"}
# ## Take it to your own model

# %%
other = load_model("default")  # change this line
other.generate("hello")

# %% [markdown] course={"role": "references"}
# ## Further reading
#
# - Sarthak Jain and Byron C. Wallace (2019). *Attention is not Explanation.* arXiv:1902.10186. Shows that quite
#   different attention can give the same answer.
# - Guangxuan Xiao and others (2023). *Efficient Streaming Language Models with Attention Sinks.* arXiv:2309.17453.
#   Names the first token's pull.
# - John Hewitt and Percy Liang (2019). *Designing and Interpreting Probes with Control Tasks.* arXiv:1909.03368.
#   Asks what a probe would find in noise.
