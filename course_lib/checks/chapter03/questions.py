"""Chapter 3, check your understanding: five questions about what a scan says."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "3.Q1",
        "A scan of a folder raises no alarm. What do you know?",
        (
            Choice(
                "a",
                "The model is safe to use.",
                "Weights can be trained to misbehave, and no check of the form sees it.",
            ),
            Choice(
                "b",
                "Nothing: scanners can be evaded.",
                "Too little. Each check rules something out: a name that is not there is not imported.",
            ),
            Choice(
                "c",
                "These checks found nothing of what they look for, in the files that they read.",
                "Yes. So write down which checks those were, and which files they could not read.",
                right=True,
            ),
            Choice(
                "d",
                "The files are those that the publisher meant.",
                "That is what a hash says, and only if it did not come from the same place as the file.",
            ),
        ),
    ),
    Question(
        "3.Q2",
        "A pickle imports nothing but names from `builtins`, and your allowlist holds `builtins.bytearray`. "
        "What follows?",
        (
            Choice(
                "a",
                "Nothing yet: the other names have to be compared one by one.",
                "Yes. The same module holds `bytearray` and `eval`.",
                right=True,
            ),
            Choice(
                "b",
                "It can be loaded.",
                "`builtins` holds `eval` and `getattr` too; with either a file can do anything.",
            ),
            Choice(
                "c",
                "It must not be loaded, since `builtins` is dangerous.",
                "Then no old pickle with a `bytearray` in it could ever be loaded, and people would switch the "
                "check off.",
            ),
            Choice(
                "d",
                "It depends on the protocol.",
                "The protocol decides by which instruction a name is fetched, not what the name does.",
            ),
        ),
    ),
    Question(
        "3.Q3",
        "A chat template adds a sentence only if the user's message holds a certain word. Which of these finds "
        "it for certain?",
        (
            Choice(
                "a",
                "Chatting with the model for an hour.",
                "Only if the word happens to come up, and then you would have to notice what the answer rests on.",
            ),
            Choice(
                "b",
                "Rendering the template with a list of suspicious words.",
                "It finds the words on the list. The one that was chosen need not be suspicious at all.",
            ),
            Choice(
                "c",
                "Comparing the template's hash with that of last week.",
                "It tells that something changed since, not what, and nothing if it stood there last week.",
            ),
            Choice(
                "d",
                "Reading the conditions and texts in its syntax tree.",
                "Yes, as long as the sentence stands there as it is. If it is put together while rendering, the "
                "condition still stands there.",
                right=True,
            ),
        ),
    ),
    Question(
        "3.Q4",
        "A safetensors file has a perfect header. One weight was changed. Which check notices?",
        (
            Choice(
                "a",
                "The sizes and places of the tensors.",
                "They are as before; the check does not read a single weight.",
            ),
            Choice(
                "b",
                "A hash from somebody other than whoever gave you the file.",
                "Yes. If hash and file come from the same place, whoever changed one changes the other.",
                right=True,
            ),
            Choice("c", "Loading it with `weights_only=True`.", "That is about code. A number is a number."),
            Choice(
                "d", "None, without running the model.", "A hash needs no run. What it needs is a source of its own."
            ),
        ),
    ),
    Question(
        "3.Q5",
        "The cheapest way to your goal costs 60, the second one 70. A defence raises the first to 500. What has "
        "it gained?",
        (
            Choice("a", "440.", "Nobody takes the way at 500 any more. What does the way cost that is taken now?"),
            Choice(
                "b",
                "10: the second way is now the cheapest.",
                "Yes. And before you pay for it, ask whether both ways share a step that is cheaper to defend.",
                right=True,
            ),
            Choice(
                "c", "Nothing, there is always another way.", "The other way is dearer by 10, and that is something."
            ),
            Choice(
                "d",
                "It cannot be said without likelihoods.",
                "How likely an attack is, no; what the cheapest way costs before and after, yes.",
            ),
        ),
    ),
)
