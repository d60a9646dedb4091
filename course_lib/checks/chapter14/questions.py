"""Chapter 14, check your understanding: five questions about scores, prices, calibration and blocklists."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "14.Q1",
        "A guardrail uses a good sentiment model: it blocks what sounds negative. What happens to *How do I kill "
        "a stuck process?* and to a "
        "friendly request for help with a fraud?",
        (
            Choice(
                "a",
                "Both are blocked: good sentiment models understand intent.",
                "A sentiment model was trained to say how a text sounds. A friendly request sounds friendly.",
            ),
            Choice(
                "b",
                "The first is at risk of being blocked, the second passes: how a prompt sounds is not what it is for.",
                "Yes. The model can be excellent at its own task, and the guardrail is still wrong: it measures "
                "something else.",
                right=True,
            ),
            Choice(
                "c",
                "Neither is blocked, since neither is an insult.",
                "*Kill* and *stuck* are negative words in every lexicon of sentiment.",
            ),
            Choice(
                "d",
                "It depends on the threshold.",
                "No threshold helps where the order is wrong: lower it and more friendly harm passes with more "
                "unfriendly work.",
            ),
        ),
    ),
    Question(
        "14.Q2",
        "After Platt scaling, the keyword list has a calibration error near zero and an area under the ROC curve "
        "near one half. What "
        "does that mean?",
        (
            Choice(
                "a",
                "It says the base rate to nearly every prompt: right on average, and of no use for telling "
                "prompts apart.",
                "Yes. Calibration is a property that a constant can have. Look at the order first, then at the size.",
                right=True,
            ),
            Choice(
                "b",
                "Platt scaling has turned it into a good guardrail.",
                "Platt scaling leaves the order as it is, and the order was that of a coin.",
            ),
            Choice(
                "c",
                "One of the two numbers must be wrong.",
                "They measure different things, and both are right.",
            ),
            Choice(
                "d",
                "The area is wrong, because it does not know about calibration.",
                "It does not need to. It asks whether harmful prompts score higher.",
            ),
        ),
    ),
    Question(
        "14.Q3",
        "On the validation prompts the chosen thresholds cost 0.76 reviews per prompt, on the test prompts 1.13. "
        "To send everything to review "
        "costs 1. What do you conclude?",
        (
            Choice(
                "a",
                "Choose the thresholds on the test prompts: that gives the lower number.",
                "It gives a lower number and nothing else. The next prompts are new again.",
            ),
            Choice(
                "b",
                "The guardrail is broken, throw it away.",
                "On prompts from elsewhere it may well earn its keep. What is wrong is the promise that was made "
                "for these.",
            ),
            Choice(
                "c",
                "0.76 is the truth: validation prompts are there for that.",
                "The cheapest of thousands of pairs was picked on them. That number is too good by construction.",
            ),
            Choice(
                "d",
                "The promise was made on prompts unlike these, and by the best of many pairs; on such prompts a "
                "review of everything is "
                "the cheaper guardrail.",
                "Yes. The comparison with doing something simple to everybody is the one that decides.",
                right=True,
            ),
        ),
    ),
    Question(
        "14.Q4",
        "A processor forbids every token that completes a listed phrase. Which of these is wrong with it?",
        (
            Choice(
                "a",
                "It misses the phrase when it is cut into other tokens.",
                "Not if it looks at the letters: then whichever token writes the last of them is forbidden.",
            ),
            Choice(
                "b",
                "It slows generation down too much.",
                "With a trie the look takes a small part of a step. The fault is another one.",
            ),
            Choice(
                "c",
                "It decides before it can know: where a longer word is cut behind the phrase, the longer word is "
                "blocked too.",
                "Yes. Whether a word is over is known only with the sign behind it.",
                right=True,
            ),
            Choice(
                "d",
                "Nothing, this is how it should be done.",
                "Try it with *ass* and a tokenizer that cuts *assembly* into *ass* and *embly*.",
            ),
        ),
    ),
    Question(
        "14.Q5",
        "Your blocklist inside generation is airtight: in a million samples the phrase did not occur once. What "
        "has been shown?",
        (
            Choice(
                "a",
                "That the model no longer says what the phrase stands for.",
                "It says it in other words: a synonym, a description, another language.",
            ),
            Choice(
                "b",
                "That these letters do not come out, in whole words; what the model says in their place nobody "
                "has looked at.",
                "Yes. A list is about letters. It is right for a name that must not appear, and wrong for a subject.",
                right=True,
            ),
            Choice(
                "c",
                "That the model has forgotten it.",
                "No weight has changed. Take the processor away and the phrase is back.",
            ),
            Choice(
                "d",
                "That the list can be published.",
                "Whoever reads it knows what to avoid writing, and how to get around it. And it has nothing to "
                "do with the count.",
            ),
        ),
    ),
)
