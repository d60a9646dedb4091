"""Chapter 2, check your understanding: five questions about goals, proxies and what preference training leaves behind."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "2.Q1",
        "You draw 16 answers and keep the one that a judge scores highest. With 64 answers the judge's score is higher still. "
        "What do you know about the answers that users get?",
        (
            Choice(
                "a",
                "They are better with 64, since the score is higher.",
                "The score is what was selected for, so it rises with n whatever it measures. That it rose says nothing.",
            ),
            Choice(
                "b",
                "Nothing yet: what they were meant to be has to be measured by something that was not selected for.",
                "Yes. A measure that chooses can no longer report; keep one that does not take part in the choice.",
                right=True,
            ),
            Choice(
                "c",
                "They are worse with 64: every proxy breaks under pressure.",
                "Not every one: in this chapter the true reward as its own proxy kept rising. It has to be looked at.",
            ),
            Choice(
                "d",
                "They are as good as with 16, since it is the same model.",
                "The same model, and another policy: the choice moves it by log n - (n-1)/n nats.",
            ),
        ),
    ),
    Question(
        "2.Q2",
        "A reward model gives answer A a reward of 7 and answer B, to another request, a reward of 3. What follows?",
        (
            Choice(
                "a",
                "A is the better answer.",
                "Rewards of different requests were never compared; each request may have an offset of its own.",
            ),
            Choice(
                "b",
                "A is preferred with probability sigmoid(4).",
                "That would hold for two answers to the *same* request, if the verdicts on them follow the model.",
            ),
            Choice(
                "c",
                "Nothing: the loss that the rewards were fitted with sees only differences within a request.",
                "Yes. Add any number to all rewards of one request and the loss stays exactly what it was.",
                right=True,
            ),
            Choice("d", "A is more than twice as good.", "A reward has no zero, so ratios of rewards mean nothing."),
        ),
    ),
    Question(
        "2.Q3",
        "During preference training by DPO the loss falls from 0.69 to 0.20. What must have happened?",
        (
            Choice(
                "a",
                "The preferred answers have become more probable.",
                "They may even have become less probable: the loss sees only how far the two answers have moved apart.",
            ),
            Choice(
                "b",
                "The model has stayed close to its reference.",
                "The loss contains no divergence that could be read off; beta only sets how far it pays to go. Measure it (2.5).",
            ),
            Choice(
                "c",
                "On the training pairs, the margin between the implicit rewards has grown.",
                "Yes, and that is all that the loss says. Probability, divergence and new answers have to be measured.",
                right=True,
            ),
            Choice(
                "d",
                "The model prefers good answers.",
                "A run with verdicts by a coin can lower its loss as well, if the pairs come back often enough.",
            ),
        ),
    ),
    Question(
        "2.Q4",
        "Two tuned models have the same true reward. One has moved by 2 nats from its reference, the other by 30. Why prefer the "
        "first, if that is all you know?",
        (
            Choice(
                "a",
                "It answers faster.",
                "The divergence has nothing to do with speed.",
            ),
            Choice(
                "b",
                "What was measured is the same; what was not measured has had far more room to change in the second.",
                "Yes. The reward covers the requests that were tested. The divergence says how much else may be different.",
                right=True,
            ),
            Choice(
                "c",
                "A larger divergence proves that the second one is broken.",
                "It proves nothing of the kind: some goals are far away. It is a reason to test more widely.",
            ),
            Choice(
                "d",
                "Its reward is more certain.",
                "How certain a reward is depends on how many requests were tested, not on the divergence.",
            ),
        ),
    ),
    Question(
        "2.Q5",
        "You fine-tune a well-behaved instruct model on a few hundred harmless examples of your own. What about its refusals of "
        "harmful requests?",
        (
            Choice(
                "a",
                "They stay: nothing harmful was in the data.",
                "Qi et al. (2023) found that harmless data can weaken them. The loss does not ask for refusals, so nothing holds "
                "them.",
            ),
            Choice(
                "b",
                "They become stronger, since the model is trained more.",
                "Training makes stronger what its loss asks for. Yours does not ask for refusals.",
            ),
            Choice(
                "c",
                "They are gone for certain.",
                "They may have survived in part. That is why one measures them.",
            ),
            Choice(
                "d",
                "Unknown until you measure them again, on harmful and harmless requests, with intervals.",
                "Yes: before and after, as in chapter 1. What you inherit is a behaviour, not a guarantee.",
                right=True,
            ),
        ),
    ),
)
