"""Chapter 9, check your understanding: five questions about what a map of attention says."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "9.Q1",
        "Two heads have the same mean entropy, close to 0. What do they have in common?",
        (
            Choice(
                "a",
                "Both have found the word that matters.",
                "One of them may give all its attention to the first token on every text. Low entropy is "
                "concentration, not interest.",
            ),
            Choice(
                "b",
                "In both, each query gives nearly all its attention to one key; which key, entropy does not say.",
                "Yes. So the share of the sink belongs beside every entropy.",
                right=True,
            ),
            Choice(
                "c",
                "Both can be removed without harm.",
                "Entropy says nothing about need: the heads that copy names and the heads that rest both have "
                "low entropy.",
            ),
            Choice(
                "d",
                "Both attend to the same token.",
                "Entropy does not change when the weights of a row are handed to other keys.",
            ),
        ),
    ),
    Question(
        "9.Q2",
        "A tool shows an attention rollout over 30 layers. Nearly all of it falls on the first token. What is "
        "the next step?",
        (
            Choice(
                "a",
                "Report that the answer comes from the first token.",
                "Any causal maps multiplied 30 times give that picture, maps without any content too.",
            ),
            Choice(
                "b",
                "Remove the first token from the maps, then the rollout is about the words.",
                "In this chapter the mass then moved to the second token: the mask draws it to the left, "
                "whatever token stands there.",
            ),
            Choice(
                "c",
                "Roll out maps with the same mask and no content, and see whether the picture differs.",
                "Yes. What even or reordered maps give as well is the mask and the depth, not the text.",
                right=True,
            ),
            Choice(
                "d",
                "Use the last layer only.",
                "That answers another question: position 7 of the last layer is no longer word 7.",
            ),
        ),
    ),
    Question(
        "9.Q3",
        "A head scores 0.9 for induction on repeated random tokens. What does that show?",
        (
            Choice(
                "a",
                "On such sequences it looks at what followed the same token before.",
                "Yes: where it looks, on this kind of input. What it passes on, and whether anything needs it, "
                "takes an intervention.",
                right=True,
            ),
            Choice(
                "b",
                "It makes the model copy text.",
                "That is a statement about effect. Switch the head off and see whether copying gets worse; other "
                "heads may do the same.",
            ),
            Choice(
                "c",
                "It does nothing else.",
                "Random tokens show the jobs that they can show. On language the same head may do others.",
            ),
            Choice(
                "d",
                "The model has learnt the random tokens.",
                "They were drawn on the spot. That the head works on them is what makes the score a statement "
                "about the head.",
            ),
        ),
    ),
    Question(
        "9.Q4",
        "A detector judges 270 heads on each text and fires when some head has |z| > 3. On ordinary texts it "
        "fires nearly always. Why?",
        (
            Choice(
                "a",
                "The model is unstable.",
                "The maps are computed from the weights and the text; nothing here is random. The rule is at fault.",
            ),
            Choice(
                "b",
                "The largest of 270 numbers is above 3 on most texts; compare it with the largest of other "
                "ordinary texts.",
                "Yes. The question “is any head unusual?” has a rate of its own, and calibration texts measure it.",
                right=True,
            ),
            Choice(
                "c",
                "Three is too high for a z.",
                "A lower bound fires more often still.",
            ),
            Choice(
                "d",
                "Attention cannot be used to detect anything.",
                "It can be measured like any other number. What an alarm means is another question.",
            ),
        ),
    ),
    Question(
        "9.Q5",
        "You exchange the pattern of the head that looks hardest at the right word, and the answer stays. Which "
        "conclusion is safe?",
        (
            Choice(
                "a",
                "Attention plays no part in the answer.",
                "With the patterns of all heads exchanged nothing was left of it. One head is not attention.",
            ),
            Choice(
                "b",
                "The head is idle.",
                "Others may do the same job, or take over; and on another text it may be needed.",
            ),
            Choice(
                "c",
                "The experiment failed.",
                "It could have come out the other way: in other heads the same exchange took nats from the answer.",
            ),
            Choice(
                "d",
                "Where this head looks is not what this answer hangs on.",
                "Yes, and no more than that. The picture of the head was true, and it was no explanation.",
                right=True,
            ),
        ),
    ),
)
