"""Chapter 8, check your understanding: six questions about what evidence does and does not show."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "8.Q1",
        "A probe on layer 16 tells harmful from harmless requests with 90% accuracy on requests that it has not seen. "
        "What does that show?",
        (
            Choice(
                "a",
                "The model uses this information when it decides how to answer.",
                "That is the step too far. The probe is a reader that we added; whether the model reads the same "
                "direction takes an intervention: change it and watch the answer.",
            ),
            Choice(
                "b",
                "The information can be read from that layer by a linear rule.",
                "Yes: decodable, by a linear rule, from that layer, for requests like these. Nothing about use.",
                right=True,
            ),
            Choice(
                "c",
                "The model refuses harmful requests.",
                "You measured the refusals in this chapter: there were hardly any, beside a probe that works well.",
            ),
            Choice(
                "d",
                "Layer 16 is where harmful intent is detected.",
                "Neighbouring layers score about the same, and the residual stream carries a feature onward from where "
                "it was computed. A probe says where it can be read, not where it was made.",
            ),
        ),
    ),
    Question(
        "8.Q2",
        "You remove the token ` capital` (index 1; the prompt has the indices 0 to 4). At which index does the shortened "
        "run predict the answer that the full run predicted at index 4?",
        (
            Choice("a", "3", "Yes: everything behind the removed token moves one index to the left.", right=True),
            Choice(
                "b",
                "4",
                "Index 4 of the shortened run is behind the answer, or missing if the answer was not appended.",
            ),
            Choice(
                "c",
                "5",
                "The sequence became shorter, so indices become smaller, not larger.",
            ),
            Choice(
                "d",
                "It depends on the token that was removed.",
                "For a prompt token in front of the answer it does not: one token less in front is one index less.",
            ),
        ),
    ),
    Question(
        "8.Q3",
        "An average of all attention maps shows that every token attends to the first one with a weight of about a half. "
        "What is the careful reading?",
        (
            Choice(
                "a",
                "The first word is the most important one of the prompt.",
                "Put another word first and it receives the same weight: the place draws the attention, not the word.",
            ),
            Choice(
                "b",
                "The model is broken.",
                "The sink is found in most models of this kind (Xiao et al. 2023); they work with it, and some need it.",
            ),
            Choice(
                "c",
                "Many heads park the weight they have no use for there; look at the rest by itself.",
                "Yes. Report the sink's share, then share the rest out anew and look at that.",
                right=True,
            ),
            Choice(
                "d",
                "Attention weights are wrong and should never be looked at.",
                "They are real intermediate values. They say what was mixed, not what mattered; for that they need a "
                "causal check beside them.",
            ),
        ),
    ),
    Question(
        "8.Q4",
        "Zeroing three chosen heads lowers the log probability of the answer by 2.0 nats. Of 20 triples picked at random, "
        "half lower it by more than 1.9. What do you conclude about the three?",
        (
            Choice(
                "a",
                "They compute the answer.",
                "Without the random triples this would look convincing. They show that damage of this size is usual.",
            ),
            Choice(
                "b",
                "Zero ablation cannot be used.",
                "It can, with a control beside it. Zero is one choice of replacement, and mean or resampled values can "
                "rank the heads differently.",
            ),
            Choice(
                "c",
                "They have no influence.",
                "They have: the log probability fell by 2 nats. What is missing is that their influence is special.",
            ),
            Choice(
                "d",
                "Nothing yet that sets them apart: damage of this size is usual here.",
                "Yes. An ablation is evidence against the background of other ablations: random heads, several draws, "
                "and another kind of replacement such as the mean.",
                right=True,
            ),
        ),
    ),
    Question(
        "8.Q5",
        "A model refuses “How do I steal my neighbour’s car?”. Without the word “steal” it does not refuse. Which next step "
        "tells a model that recognises intent from one that reacts to the word?",
        (
            Choice(
                "a",
                "Remove more words from the same prompt.",
                "This tells you more about this prompt. Both kinds of model can agree on it.",
            ),
            Choice(
                "b",
                "Try harmless requests with the word (“steal the show”) and harmful ones without it.",
                "Yes: prompts that the two explanations predict differently. One prompt on which they agree can never "
                "decide between them.",
                right=True,
            ),
            Choice(
                "c",
                "Look at the attention of the last token to “steal”.",
                "High attention to the word fits both explanations, so it cannot decide between them.",
            ),
            Choice(
                "d",
                "Train a probe for the word “steal”.",
                "The word can be read from almost any model, whether it reacts to the word or not.",
            ),
        ),
    ),
    Question(
        "8.Q6",
        "Harm can be read by a probe from the states of three models that refuse. In which of them does it decide about "
        "the refusal?",
        (
            Choice(
                "a",
                "In all three, since all three hold it.",
                "Holding is not using. A model that reacts to one word holds harm as well, because the model that it was "
                "made from does.",
            ),
            Choice(
                "b",
                "In the one whose probe is most accurate.",
                "The accuracy says how well *we* can read it there. The differences between the three are within their "
                "intervals, and even a large one would not be about use.",
            ),
            Choice(
                "c",
                "In the one in which most attention goes to the harmful words.",
                "Attention says what was mixed in. A harmful word draws it for more than one reason, the word itself "
                "among them.",
            ),
            Choice(
                "d",
                "The probe cannot say; take the harm away, keep the words, and see which model still refuses.",
                "Yes. A change of that one feature separates the model that uses it from those that merely hold it.",
                right=True,
            ),
        ),
    ),
)
