"""Chapter 13, check your understanding: six questions on what a metric asks, what it hides, and what cannot be had."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "13.Q1",
        "A model answers *no* to every request for a loan, whoever asks. Which metric objects?",
        (
            Choice(
                "a",
                "Demographic parity: nobody gets anything.",
                "All selection rates are 0, so the gap is 0: it is satisfied.",
            ),
            Choice("b", "Equalised odds.", "Both rates are 0 in every group. It is satisfied, too."),
            Choice(
                "c",
                "None of the gaps; disparate impact and predictive parity do not exist.",
                "Yes. The gaps are 0 and the other two have nothing below the line. Fairness between groups is "
                "no measure of use: put accuracy beside it.",
                right=True,
            ),
            Choice(
                "d",
                "Disparate impact, because 0 is below 0.8.",
                "It is 0 divided by 0. Whoever writes a 0 there invents a finding.",
            ),
        ),
    ),
    Question(
        "13.Q2",
        "In code you find `passed = not (gap > 0.1)`. For one group nobody has label 1, and `gap` is NaN. What "
        "happens?",
        (
            Choice(
                "a",
                "The check fails, so that somebody looks.",
                "A comparison with NaN is false, and `not` turns it into true.",
            ),
            Choice(
                "b",
                "It passes, and nobody has seen a number.",
                "Yes. That is why an undefined metric is None here, with a reason: it cannot be compared by accident.",
                right=True,
            ),
            Choice("c", "Python raises an error.", "It does for None. For NaN it compares without a word."),
            Choice(
                "d",
                "It passes, rightly: there is no gap.",
                "There is no *number*. Whether people of this group are missed is not known.",
            ),
        ),
    ),
    Question(
        "13.Q3",
        "A filter is checked on thirteen groups with fifteen texts each. The largest gap of true positive "
        "rates is 0.50. What do you ask first?",
        (
            Choice(
                "a",
                "How large the gap is when the group names are shuffled.",
                "Yes. With so few texts a largest gap of 0.5 and more comes from chance alone. Only what "
                "passes that height is a finding.",
                right=True,
            ),
            Choice(
                "b",
                "Which group is highest, so that it can be repaired.",
                "Some group is always highest. On the next fifteen texts it would be another one.",
            ),
            Choice(
                "c",
                "Whether 0.50 is above 0.1.",
                "A limit that was made for two large groups is passed here by a fair filter, too.",
            ),
            Choice("d", "Nothing: half is half.", "Half of eight. Wilson's interval of 4 of 8 runs from 0.22 to 0.78."),
        ),
    ),
    Question(
        "13.Q4",
        "Two groups have base rates of 0.5 and 0.4. A vendor shows the same precision and the same miss rate "
        "in both. What do you know without asking?",
        (
            Choice(
                "a",
                "The false positive rates agree, too.",
                "They stand to each other as the odds of the base rates: 1 to 0.67.",
            ),
            Choice(
                "b",
                "The score is calibrated.",
                "Precision is one point of it. Nothing is known about the other scores.",
            ),
            Choice(
                "c",
                "More of the innocent are flagged in the first group.",
                "Yes: its false positive rate is 1.5 times that of the second. That is arithmetic, not a "
                "property of the product.",
                right=True,
            ),
            Choice("d", "The selection rates agree.", "Flagged is p · (1 - FNR) / PPV, which differs with p."),
        ),
    ),
    Question(
        "13.Q5",
        "Thresholds were chosen per group so that true positive rates agree. On the people on whom they were "
        "chosen the gap is 0.003. What may the report say?",
        (
            Choice(
                "a",
                "The gap is 0.003.",
                "That number was made, not measured: the thresholds were put where it is small.",
            ),
            Choice(
                "b",
                "The gap on people that were kept apart, with its interval.",
                "Yes. It is larger, the more so the smaller the groups are.",
                right=True,
            ),
            Choice(
                "c",
                "The filter is fair now.",
                "In one of five senses, at this threshold, on these labels, and the other gaps have moved.",
            ),
            Choice(
                "d",
                "That no group is worse off than before.",
                "One of them has got a higher threshold or another a lower one: somebody's decisions have changed.",
            ),
        ),
    ),
    Question(
        "13.Q6",
        "COMPAS's label is *charged again within two years*. Suppose that in one group the same conduct leads "
        "to a charge more often. Which metric of this chapter notices?",
        (
            Choice(
                "a",
                "Calibration within groups: the score would be off.",
                "It is compared with the same label, and a score that predicts charges is calibrated for charges.",
            ),
            Choice(
                "b",
                "Equal opportunity: the positives differ.",
                "Its positives are those who were charged. Who should have been is not in the table.",
            ),
            Choice("c", "All of them, together.", "Each of them takes the label for the truth."),
            Choice(
                "d",
                "None.",
                "Yes. Every metric with labels is fairness with respect to the label. What the label leaves "
                "out has to be known from elsewhere.",
                right=True,
            ),
        ),
    ),
)
