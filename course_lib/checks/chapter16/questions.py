"""Chapter 16, check your understanding: five questions about spans, skeletons, logs, streams and evasions."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "16.Q1",
        "A filter computes `confidence = 1 - score`, where the score says how unsafe a text is, and blocks "
        "unsafe texts if the confidence is at least 0.3. "
        "Which texts are blocked?",
        (
            Choice("a", "Those with a score from 0.3 on.", "Unsafe begins at 0.5, and the confidence has a say too."),
            Choice("b", "Those with a score from 0.5 to 0.7.",
                "Yes. Above 0.7 the “confidence” is below 0.3: the surer the classifier, the safer the text "
                "from the filter.", right=True),
            Choice("c", "Those with a score from 0.7 on.", "There the computed confidence is below 0.3, and nothing is blocked."),
            Choice("d", "None.", "With a limit above 0.5 none would be. With 0.3 the borderline ones are, which "
            "is why nobody notices."),
        ),
    ),
    Question(
        "16.Q2",
        "Why does this filter not run its patterns for card numbers over the skeleton of UTS #39?",
        (
            Choice("a", "Because the skeleton is too slow.", "It takes a fraction of a millisecond."),
            Choice("b", "Because card numbers hold no letters.", "The problem is what the table makes of digits."),
            Choice("c", "Because the table maps digits to letters of the same shape, and the pattern looks for digits.",
                "Yes. 0 becomes O and 1 becomes l. Skeletons are for comparing with skeletons.", right=True),
            Choice("d", "Because the skeleton removes spaces.", "It does not. It removes characters that are not seen."),
        ),
    ),
    Question(
        "16.Q3",
        "A finder reports *Dr Ana Nowak* where the label is *Ana Nowak*. What do the two rules say?",
        (
            Choice("a", "Exact: a miss and a false alarm. Overlap: found.",
                "Yes. For a redaction it is good enough; for a table of names it is not.", right=True),
            Choice("b", "Both: found.", "The exact rule compares both ends."),
            Choice("c", "Both: a miss.", "They share characters and the kind."),
            Choice("d", "Exact: a miss, but no false alarm.", "What was reported is right or it is not: by the "
            "exact rule it is not."),
        ),
    ),
    Question(
        "16.Q4",
        "A log keeps SHA-256 of each telephone number that was withheld, with a random salt that stands in the "
        "same log. What does a thief of the log learn?",
        (
            Choice("a", "Nothing: SHA-256 cannot be reversed.", "It need not be reversed. All numbers can be tried."),
            Choice("b", "Which entries are the same number, and no more.", "With a salt for each entry not even "
            "that, but there is more."),
            Choice("c", "Nothing, thanks to the salt.", "The salt lies in the log. It stops tables made beforehand, not trying."),
            Choice("d", "The numbers: there are few enough to try them all, salt included.",
                "Yes. What helps is a secret that is not in the log: HMAC with a key.", right=True),
        ),
    ),
    Question(
        "16.Q5",
        "A streaming filter holds back at most 128 visible characters. What follows?",
        (
            Choice("a", "It misses everything that is longer than that.", "It finds long things too; it may "
            "miss them. The limit is about what lies whole in a window."),
            Choice("b", "What it has shown can still turn out to be part of a finding of the whole text.",
                "The filter of the whole text looks at the same windows, so that cannot happen."),
            Choice("c", "The reader waits a little for the first words, and never sees the beginning of something withheld.",
                "Yes. How long the wait is depends on how fast the model writes.", right=True),
            Choice("d", "It needs the whole text in the end anyway.", "The last windows need the end. All others do not."),
        ),
    ),
)  # fmt: skip
