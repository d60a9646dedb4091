"""Chapter 17, check your understanding: five questions about scores, baselines, calibration, contamination and "
"differences."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "17.Q1",
        "Two reports give the same model 0.34 and 0.50 on the same questions. Both made no mistake. What is the "
        "likeliest reason?",
        (
            Choice(
                "a",
                "Sampling: the answers were drawn with another seed.",
                "Log-likelihoods are not drawn; they come out the same.",
            ),
            Choice(
                "b",
                "They compared choices of unequal length in different ways.",
                "Yes. Sum, per token, per character and pmi give different choices from the same numbers.",
                right=True,
            ),
            Choice("c", "One of them used a larger batch.", "That changes the fifth digit of a log-likelihood."),
            Choice(
                "d", "The interval of one of them was wrong.", "An interval says nothing about where its middle lies."
            ),
        ),
    ),
    Question(
        "17.Q2",
        "On a bias benchmark a model reaches 0.90. A rule that takes the longest choice, without reading, reaches "
        "0.96. What follows?",
        (
            Choice(
                "a",
                "The model is nearly as good as it can be.",
                "Better would be at least what needs no reading at all.",
            ),
            Choice(
                "b",
                "The rule is a better model.",
                "On anything else it would fail. It uses a regularity of these items.",
            ),
            Choice(
                "c",
                "The accuracy alone does not show that the model reads the question.",
                "Yes. Something in the form of the choices gives the answer away; look at what changes when the "
                "content does.",
                right=True,
            ),
            Choice(
                "d",
                "Longer choices have to be cut.",
                "Then other regularities would show. The baseline belongs into the report.",
            ),
        ),
    ),
    Question(
        "17.Q3",
        "A model is perfectly calibrated. What does its expected calibration error come to on 50 items with 20 bins?",
        (
            Choice(
                "a",
                "0",
                "Only with infinitely many items. Each bin has a gap by chance, and gaps are taken without sign.",
            ),
            Choice(
                "b",
                "Well above 0; how much, one can find out by drawing answers from its confidences.",
                "Yes. That distribution is what an observed error has to be compared with.",
                right=True,
            ),
            Choice("c", "1 - its accuracy", "Accuracy and calibration are two things."),
            Choice("d", "It cannot be computed.", "It can; it means little."),
        ),
    ),
    Question(
        "17.Q4",
        "The order test gives p = 0.001 for a benchmark file whose questions are sorted by topic. What may you say?",
        (
            Choice(
                "a",
                "The model was trained on the file.",
                "A sorted order is more probable to a model that never saw it.",
            ),
            Choice(
                "b",
                "The model was not trained on the file.",
                "A small p-value is no evidence of that, whatever its cause.",
            ),
            Choice(
                "c",
                "Its order is not like a random one to this model; whether it was read or just sorted, the test "
                "cannot tell.",
                "Yes. The p-value is exact only if the file's order was drawn at random.",
                right=True,
            ),
            Choice("d", "One in a thousand questions was seen.", "A p-value is no share of questions."),
        ),
    ),
    Question(
        "17.Q5",
        "On 300 items model A has 0.60 [0.54, 0.65] and model B 0.65 [0.59, 0.70]. The intervals overlap. Is B better?",
        (
            Choice(
                "a",
                "No: overlapping intervals mean no difference.",
                "They are about each rate alone. The same items were asked: look at the pairs.",
            ),
            Choice("b", "Yes: 0.65 is more than 0.60.", "By 15 items of 300, which may be chance."),
            Choice(
                "c",
                "That depends on how many items only one of them has right.",
                "Yes. 16 against 1 would settle it, 70 against 55 would not.",
                right=True,
            ),
            Choice(
                "d",
                "That cannot be found out with fewer than a thousand items.",
                "Paired, a few hundred can be enough.",
            ),
        ),
    ),
)
