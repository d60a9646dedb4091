"""Chapter 15, check your understanding: five questions about principles, judges and what the training shows."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "15.Q1",
        "A judge model is asked which of two answers is better, each pair in one order only, and the better answer "
        "stands at A by chance "
        "in half of the pairs. It says A in 98 of 100 cases. What do its verdicts tell you?",
        (
            Choice(
                "a",
                "A tends to be better, since a judge says so.",
                "The places were drawn by chance, so A cannot be better in 98 of 100 cases.",
            ),
            Choice(
                "b",
                "Next to nothing yet: nearly all of them follow the place. Ask in both orders and look at what is left.",
                "Yes. What is left after that may still be noise; only verdicts of people can tell.",
                right=True,
            ),
            Choice(
                "c",
                "They are right in about half of the cases, so half of the information is there.",
                "Half right is what a judge without any information reaches.",
            ),
            Choice(
                "d",
                "The 2 cases in which it says B are the reliable ones.",
                "Perhaps it is a little surer there, perhaps not. That would have to be measured on verdicts of people.",
            ),
        ),
    ),
    Question(
        "15.Q2",
        "After averaging both orders a judge has no leaning towards a place any more. Is it now a good judge?",
        (
            Choice("a", "Yes, since its bias is gone.", "A coin has no bias either."),
            Choice(
                "b",
                "Yes, if the average is large on most pairs.",
                "A large average can follow length, or a word. What it follows has to be compared with people's verdicts.",
            ),
            Choice(
                "c",
                "That is open: the average takes the place out and puts nothing in.",
                "Yes. In this chapter the interval of its agreement with people held one half.",
                right=True,
            ),
            Choice("d", "No: a judge must be asked in one order only.", "One order leaves the place in."),
        ),
    ),
    Question(
        "15.Q3",
        "Why does the chapter's training set hold the same declining sentences as chosen answers *and* as rejected ones?",
        (
            Choice(
                "a",
                "So that the words themselves are neither good nor bad, and only what was asked can decide.",
                "Yes. With declining answers on the chosen side alone, the cheapest thing to learn is to decline.",
                right=True,
            ),
            Choice(
                "b",
                "To have more pairs without writing more sentences.",
                "There would be as many pairs with other sentences. The point is what they can teach.",
            ),
            Choice("c", "It is a mistake: a preference cannot hold both ways.", "It can: the request is another one."),
            Choice(
                "d",
                "So that the loss starts at log 2.",
                "It starts there with any pairs, since policy and reference are the same at first.",
            ),
        ),
    ),
    Question(
        "15.Q4",
        "Suppose an adapter trained on verdicts from principles declines far more harmful requests than before, and one "
        "trained on the same pairs with shuffled verdicts declines as often as before, on harmful and on harmless "
        "requests. What does this control show?",
        (
            Choice(
                "a",
                "That training with DPO does nothing.",
                "The other adapter had the same training and changed. What differed was the verdicts.",
            ),
            Choice(
                "b",
                "That the change of the other adapter came from the verdicts, and not from seeing these texts or "
                "from being trained at all.",
                "Yes: texts, steps, seed and order were the same.",
                right=True,
            ),
            Choice(
                "c",
                "That the verdicts were right.",
                "It shows that they mattered. Whether they were right is a question about the principles.",
            ),
            Choice(
                "d",
                "That the adapter is safe.",
                "It says nothing about that. A control is there to say where a change came from.",
            ),
        ),
    ),
    Question(
        "15.Q5",
        "A model card says: *after training on our constitution, the model declines 45 points more of the harmful "
        "test requests [35, 55].* What "
        "is the first thing to ask for?",
        (
            Choice("a", "A narrower interval.", "It is far from zero already. Something else is missing altogether."),
            Choice(
                "b",
                "The loss curve.",
                "It says how well the training pairs were fitted, and nothing about other requests.",
            ),
            Choice(
                "c",
                "The text of the constitution.",
                "Worth reading, but a list of principles is an intention. The card should say what the model does.",
            ),
            Choice(
                "d",
                "The same number for harmless requests, look-alikes among them.",
                "Yes. A model that declines everything has the best first number of all.",
                right=True,
            ),
        ),
    ),
)
