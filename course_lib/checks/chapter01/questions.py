"""Chapter 1, check your understanding: five questions about tokens, rates, rules and ledgers."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "1.Q1",
        "You move from a hosted chat service to open weights on your own machine. What changes for safety?",
        (
            Choice(
                "a",
                "Nothing: the safety of a model lies in its weights.",
                "Part of it does. A service also filters what goes in and out, watches for misuse and can switch an account "
                "off. None of that comes with the file that you download.",
            ),
            Choice(
                "b",
                "The model becomes less safe by being copied.",
                "The same weights give the same probabilities anywhere. What is missing is what stood around them.",
            ),
            Choice(
                "c",
                "What the provider did around the model is gone, and whoever deploys it has to measure and do it.",
                "Yes. Filters, monitoring, limits and the duty to look are yours now. The first step is a number: what does "
                "it do today?",
                right=True,
            ),
            Choice(
                "d",
                "It is safer, because nobody else can see the conversations.",
                "That is privacy, and it is worth having. It does not change what the model answers.",
            ),
        ),
    ),
    Question(
        "1.Q2",
        "For one request, the first token of the answer is `Sorry` with probability 0.55 and `Sure` with 0.40. Decoding is "
        "greedy and the answer is a refusal. What follows?",
        (
            Choice(
                "a",
                "With sampling at temperature 1 the answer would begin with `Sure` in about four of ten tries.",
                "Yes. Greedy decoding hides how close the other answer was; whoever turns sampling on gets it.",
                right=True,
            ),
            Choice(
                "b",
                "The model refuses this request; that is settled.",
                "For greedy decoding, this template and these very words. 0.40 for the other answer is far from settled.",
            ),
            Choice(
                "c",
                "The model is 55% harmless.",
                "The probability belongs to a token behind a prompt, and not to a property of the model.",
            ),
            Choice(
                "d",
                "It refuses 55 of 100 different harmful requests.",
                "That is another rate, over requests, and one request says nothing about it.",
            ),
        ),
    ),
    Question(
        "1.Q3",
        "On 40 harmful requests a model refuses all. The report says: “unsafe answers: 0%”. What is missing most?",
        (
            Choice(
                "a",
                "A second decimal place.",
                "More digits would make it look surer, and it is not: the interval is nine percentage points wide.",
            ),
            Choice(
                "b",
                "The interval, and how often harmless requests are refused.",
                "Yes. None of 40 leaves room for 9%, and a model that refuses everything gets the same line.",
                right=True,
            ),
            Choice(
                "c",
                "The name of the model's maker.",
                "Good to know, but the number would be just as hard to read.",
            ),
            Choice(
                "d",
                "Nothing: zero is zero.",
                "It is zero on these 40. What one wants to know is the rate on the requests that nobody has tried yet.",
            ),
        ),
    ),
    Question(
        "1.Q4",
        "A rule for refusals agrees with human labels on 95 of 100 answers. 95 of these answers are no refusals by label. "
        "How good is the rule?",
        (
            Choice(
                "a",
                "Good: its error is 5%.",
                "A rule that always says “no refusal” agrees on 95 as well, and finds none.",
            ),
            Choice(
                "b",
                "Bad: it must find no refusal at all.",
                "It might. It might also find all five and raise five false alarms. Agreement alone does not say which.",
            ),
            Choice(
                "c",
                "It cannot be used before it reaches 99%.",
                "No single number of agreement makes a rule usable: it depends on how the errors are divided.",
            ),
            Choice(
                "d",
                "Unknown from this; count missed refusals and false alarms separately.",
                "Yes. With so uneven labels agreement is nearly free. The two errors, each with an interval, tell.",
                right=True,
            ),
        ),
    ),
    Question(
        "1.Q5",
        "With a stern system prompt a model refuses more harmful requests, and about as many more harmless ones. In the plane "
        "of the two errors, what happened?",
        (
            Choice(
                "a",
                "It moved along the diagonal: it refuses more, without telling harm better.",
                "Yes. Less of one error was bought with as much of the other. Only a move away from the line is a better "
                "judgement.",
                right=True,
            ),
            Choice(
                "b",
                "It moved towards the corner where both errors are zero.",
                "One error shrank and the other grew. Towards that corner both would shrink.",
            ),
            Choice(
                "c",
                "It became aligned.",
                "Refusing more is not what was intended either: the people with harmless requests count too.",
            ),
            Choice(
                "d",
                "Nothing: a system prompt does not change the weights.",
                "The weights are the same, and the prompt is part of what they compute on. The behaviour changed.",
            ),
        ),
    ),
)
