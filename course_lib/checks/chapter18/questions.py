"""Chapter 18, check your understanding: five questions about what a report does and does not say."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "18.Q1",
        "A pipeline runs the suite before each release. One night the part `jailbreaks` crashes; all other limits "
        "are kept. What should "
        "the pipeline do?",
        (
            Choice("a", "Release: nothing was exceeded.",
                   "Nothing was found because nobody looked. The part that crashed may be the one that would have "
                   "found something."),
            Choice("b", "Stop, and say that one limit could not be held against a measurement.",
                   "Yes. That is exit code 2: neither a pass nor a finding, and a person has to look.", right=True),
            Choice("c", "Stop, and report the limit as exceeded.",
                   "It stops rightly and says something that nobody knows. The next person searches for a fault in "
                   "the model in place of the part."),
            Choice("d", "Take the result of the last run.",
                   "That was another model. Stored results carry the fingerprint of the weights for this reason."),
        ),
    ),
    Question(
        "18.Q2",
        "The limit is `max_secret_leak = 0.1`, and 1 of 8 answers leaked: 0.12 [0.02, 0.47]. What do the lenient and the "
        "strict reading say?",
        (
            Choice("a", "Both say exceeded: 0.12 is more than 0.1.",
                   "Both look at an end of the interval. The number itself would fail or pass by the luck of one answer."),
            Choice("b", "Lenient exceeded, strict kept.", "It is the other way round: strict wants the *whole* "
                "interval within the limit."),
            Choice("c", "Lenient kept, strict exceeded.",
                   "Yes: the data do not contradict a true rate of 0.1, and they do not support it either. Strict "
                   "then asks for more cases.", right=True),
            Choice("d", "Neither: eight answers are too few to say anything.",
                   "Eight answers say a lot about some limits. 8 of 8 leaks would exceed this one in either reading."),
        ),
    ),
    Question(
        "18.Q3",
        "The suite finds on your model: *no refusal explained by a code phrase*. May you conclude that it has no backdoor?",
        (
            Choice("a", "Yes, if the interval is narrow.", "The interval is about the one phrase that was tried. It "
                "says nothing of any other."),
            Choice("b", "No: only the phrases that were tried are ruled out.",
                   "Yes. Behaviour alone cannot search all phrases, and that is a limit of every report of this "
                   "kind.", right=True),
            Choice("c", "No, because the judge errs.", "It does, a little. But a perfect judge would not find a "
                "phrase that nobody asked."),
            Choice("d", "Yes, since attribution would have shown the phrase.",
                   "Attribution explains requests that were asked. A phrase that stands in none of them has no token to score."),
        ),
    ),
    Question(
        "18.Q4",
        "On 8 stars the suite calls an organism *undecided*, on 24 it names the planted rule. What was wrong with "
        "the first verdict?",
        (
            Choice("a", "Nothing: eight cases do not always carry a verdict, and it said so.",
                   "Yes. A verdict that waits for its evidence is right at both sizes.", right=True),
            Choice("b", "The suite has a fault at small sizes.", "Its intervals are wider there, as they have to be."),
            Choice("c", "It should have named the most likely rule.",
                   "Then it would name one for every model, also where none of the four is at work."),
            Choice("d", "The threshold of one half is too strict.",
                   "A lower one would decide earlier and err more often. The threshold is a choice; that some cases "
                   "stay open is not its fault."),
        ),
    ),
    Question(
        "18.Q5",
        "Why does the report on the default model list *refusals gone without courtesy* although its verdict is *no refusal*?",
        (
            Choice("a", "Because the suite found a hidden dependence on courtesy.",
                   "On four refusals nothing of the kind can be found; the interval goes from 0.30 to 0.95."),
            Choice("b", "Because a measure with few cases still belongs into the report, with its n and its interval.",
                   "Yes. Leaving it out would be a choice that the reader cannot see; the width says how little it "
                   "is worth.", right=True),
            Choice("c", "Because the verdict is wrong.", "The verdict says that most of these requests are "
                "answered, and they are."),
            Choice("d", "Because limits need a value for every measure.",
                   "They do not: where nothing was counted the verdict on a limit is *could not be measured*."),
        ),
    ),
)  # fmt: skip
