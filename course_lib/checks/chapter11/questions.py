"""Chapter 11, check your understanding: five questions about what an intervention shows."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "11.Q1",
        "A tool patches the output of a block at all positions. In each of 30 layers the recovery is 1. What does that show?",
        (
            Choice(
                "a",
                "Every layer carries the name.",
                "It would look the same whatever the layers do: behind the patch the run *is* the clean run.",
            ),
            Choice(
                "b",
                "The name is carried redundantly, so every layer is enough.",
                "Redundancy is a real thing, but here it was not tested: all positions of one layer are everything that the "
                "later layers see.",
            ),
            Choice(
                "c",
                "Nothing about the layers: the whole run was exchanged.",
                "Yes. A patch that cannot fail is no evidence. Exchange one position, and most places give 0.",
                right=True,
            ),
            Choice(
                "d",
                "The hook is broken and nothing was patched.",
                "Then the recovery would be 0 everywhere, the value of the corrupted run.",
            ),
        ),
    ),
    Question(
        "11.Q2",
        "You patch the last position late in the network with the state of an *unrelated* text, and recovery is about a half. "
        "What has happened?",
        (
            Choice(
                "a",
                "The answer was destroyed, and a logit difference near zero lies half way between the two ends.",
                "Yes. Where the ends lie on both sides of zero, no answer at all counts as half of the clean one. Hence the "
                "control.",
                right=True,
            ),
            Choice(
                "b",
                "The unrelated text carries half of the name.",
                "It has neither name. Ask what the logit difference is when the model prefers neither.",
            ),
            Choice(
                "c",
                "The network found the right answer by another route.",
                "Then the recovery would be near 1. Look at the logit difference itself.",
            ),
            Choice(
                "d",
                "Recovery has to be clipped, then it would be 0.",
                "A half is between 0 and 1; clipping leaves it as it is, and hides other findings.",
            ),
        ),
    ),
    Question(
        "11.Q3",
        "The states at ` gave` differ clearly between the two runs, and patching them does nothing. Which reading fits both?",
        (
            Choice(
                "a",
                "The states differ by numerical noise.",
                "Both runs are deterministic, and the difference is a tenth of the state's length, not a rounding error.",
            ),
            Choice(
                "b",
                "The patch was made in the wrong direction.",
                "With the other direction the numbers would be 1 at most places, not 0.",
            ),
            Choice(
                "c",
                "Patching is too weak a method for verbs.",
                "The method is the same at each position; at the name, the same patch brings back the whole answer.",
            ),
            Choice(
                "d",
                "The name is there and can be read, and nothing that decides this answer reads it from there.",
                "Yes: present is not used. That is the step from correlation to cause.",
                right=True,
            ),
        ),
    ),
    Question(
        "11.Q4",
        "A head has a large effect when it is zeroed and none under resampling from the text with the other name. Why?",
        (
            Choice(
                "a",
                "It does something that both texts need alike, and nothing that tells the two names apart.",
                "Yes. Resampling puts in what it says about the other text, which is then the same.",
                right=True,
            ),
            Choice(
                "b",
                "Resampling replaces fewer positions.",
                "It replaces all positions, as zeroing does.",
            ),
            Choice(
                "c",
                "One of the two results must be an error.",
                "Both can be right: they answer different questions.",
            ),
            Choice(
                "d",
                "Zeroing is the more sensitive method, so its number is to be believed.",
                "It is further from anything that the model has seen, so part of its effect is surprise.",
            ),
        ),
    ),
    Question(
        "11.Q5",
        "You add a direction at one layer and refusals rise. What has to stand beside it before you call it *the refusal "
        "direction*?",
        (
            Choice(
                "a",
                "A longer push, to see whether refusals rise further.",
                "A push that is long enough breaks any model in any direction.",
            ),
            Choice(
                "b",
                "A probe that reads harm along it.",
                "That would say again that it can be read. The claim is about what the model does.",
            ),
            Choice(
                "c",
                "Random directions of the same norm, and what taking the direction out does to harmful and to harmless requests.",
                "Yes: the first separates direction from size; the second tests whether the model needs it, not only whether "
                "it is enough.",
                right=True,
            ),
            Choice(
                "d",
                "Its norm.",
                "Needed for the control, and no control by itself.",
            ),
        ),
    ),
)
