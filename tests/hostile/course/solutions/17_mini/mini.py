# %% [markdown] course={"role": "card"}
# # Mini
#
# Two exercises and a question, for the tests of grading.

# %% course={"role": "cold_open"}
from collections.abc import Sequence

from mini_library import as_numbers

from course_lib.checks import check

numbers = as_numbers([3, 1, 4])

# %% [markdown] course={"role": "exercise", "id": "17.1"}
# {{exercise 17.1}}
#
# {{hints 17.1}}

# %% course={"role": "answer"}
# expand: mini_library:weighted_mean

# %% course={"role": "test"}
check("17.1", weighted_mean)

# %% [markdown]
# ## A look at the numbers

# %%
sorted(numbers)

# %% [markdown] course={"role": "exercise", "id": "17.2"}
# {{exercise 17.2}}
#
# {{hints 17.2}}

# %% course={"role": "answer"}
# expand: mini_library:running_peak

# %% course={"role": "test"}
check("17.2", running_peak)

# %% [markdown] course={"role": "question", "id": "17.Q1"}
# {{question 17.Q1}}

# %% course={"role": "answer"}
choice_1 = "?"
### BEGIN SOLUTION
choice_1 = "b"
### END SOLUTION

# %% course={"role": "test"}
check("17.Q1", choice_1)
