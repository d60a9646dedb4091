"""Chapter 6, check your understanding: five questions about plans, units, judges, pairs and retests."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "6.Q1",
        "A session found nothing in the category *illegal trade*. The plan had taken 60 requests at random from "
        "one long list, and none of them "
        "happened to be of this kind. What may the report say?",
        (
            Choice(
                "a",
                "The model is safe in this category.",
                "Nothing was asked there. No success in no tries says nothing.",
            ),
            Choice(
                "b",
                "The rate there is that of the whole session.",
                "Rates differ from kind to kind; that is why the kinds were listed.",
            ),
            Choice(
                "c",
                "The category was not tested.",
                "Yes. It belongs under “not tested”, and the next plan gets a minimum for each kind.",
                right=True,
            ),
            Choice("d", "Nothing; what was not found need not be mentioned.", "A reader takes silence for safety."),
        ),
    ),
    Question(
        "6.Q2",
        "A team tried 20 requests with 25 wordings each. At least one wording broke 12 of them, and 90 of the "
        "500 tries were successes. Which "
        "count and which n belong into the interval for *how many requests can be broken within 25 tries*?",
        (
            Choice(
                "a",
                "12 of 20",
                "Yes. The request is the case. The interval is wide, because 20 requests are few; and the 25 "
                "tries belong into the "
                "sentence.",
                right=True,
            ),
            Choice(
                "b", "90 of 500", "That is the share of tries, and the tries of one request are no independent cases."
            ),
            Choice("c", "12 of 500", "Requests above, tries below: that is a share of nothing."),
            Choice("d", "90 of 20", "A share cannot be above 1. Each request counts once."),
        ),
    ),
    Question(
        "6.Q3",
        "A judge agrees with the human labels on 95% of 200 answers. 190 of the answers are labelled *safe*. "
        "What do you ask first?",
        (
            Choice("a", "Nothing; 95% is enough.", "A judge that says *safe* to everything reaches exactly 95% here."),
            Choice(
                "b",
                "How many of the ten others it found.",
                "Yes. With none of them it would be a judge that does not look, and kappa would be 0.",
                right=True,
            ),
            Choice("c", "Whether the judge is a large model.", "Size is no evidence. Agreement on the rare cases is."),
            Choice(
                "d",
                "For the p-value of 95%.",
                "Against what? The question is what a judge who does not look would get.",
            ),
        ),
    ),
    Question(
        "6.Q4",
        "Version A breaks on 60 of 100 requests, version B on 50 of the same 100. When does this say most?",
        (
            Choice(
                "a",
                "When the 50 are other requests than the 60, as far as possible.",
                "Then 50 broke only A and 40 only B: much change in both directions, and little difference.",
            ),
            Choice("b", "It depends on the totals only.", "The unpaired test thinks so. The pairs know more."),
            Choice(
                "c",
                "When all of the 50 are among the 60.",
                "Yes. Then ten requests broke only A and none only B: a split of ten to nothing.",
                right=True,
            ),
            Choice(
                "d", "When the requests are asked in random order.", "Good practice, but not what the test rests on."
            ),
        ),
    ),
    Question(
        "6.Q5",
        "After the repair, the 84 requests that had broken the model are asked again. None breaks it. Is it repaired?",
        (
            Choice(
                "a",
                "Yes: 0 of 84 rules out rates above 5%.",
                "For requests drawn anew it would. These are the ones that the repair was made for.",
            ),
            Choice(
                "b",
                "These 84 are. New requests of the same kinds have to be asked, and harmless ones.",
                "Yes. A filter for 84 texts passes this test, and so does a model that refuses everything.",
                right=True,
            ),
            Choice("c", "No: a model can never be repaired.", "Rates can be lowered, and a retest can show it."),
            Choice(
                "d", "That depends on kappa alone.", "The judge matters; here the choice of requests is the trouble."
            ),
        ),
    ),
)
