"""Chapter 12, check your understanding: six questions about pairs, tests, detectors, shares and people."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "12.Q1",
        "After “The plumber opened the door before” a model gives *he* 0.9 nats more than *she*. After "
        "“The person opened the door before” it is 1.1 nats. What has been found "
        "about plumbers?",
        (
            Choice(
                "a",
                "The model is biased towards men in plumbing.",
                "It says *he* of anybody after this sentence, and of the plumber a little less.",
            ),
            Choice(
                "b",
                "In this sentence, the plumber is 0.2 nats further from *he* than a person in general.",
                "Yes. What the sentence and the model bring along has to be taken away, and one sentence is one "
                "sentence.",
                right=True,
            ),
            Choice(
                "c",
                "Nothing can be said without generating the text.",
                "The distribution of the next word is there, and more exact than a few samples.",
            ),
            Choice(
                "d",
                "The model says *he* of 90% of plumbers.",
                "0.9 nats are odds of about 2.5 to 1 between two words, in one sentence.",
            ),
        ),
    ),
    Question(
        "12.Q2",
        "Somebody tests two hundred names on a model and reports the nine whose p-value is below 0.05. "
        "The model treats all names alike. How many would you expect to "
        "be reported?",
        (
            Choice(
                "a",
                "None; the tests have found nine.",
                "A test at the 5% level is wrong about one true null hypothesis in twenty.",
            ),
            Choice(
                "b",
                "About ten, so that nine is what chance gives.",
                "Yes. Adjusted p-values, or the false discovery rate, would have reported none or next to none.",
                right=True,
            ),
            Choice("c", "One.", "5% of two hundred is not one."),
            Choice(
                "d",
                "That depends on how many people have these names.",
                "The count of false alarms comes from the number of tests.",
            ),
        ),
    ),
    Question(
        "12.Q3",
        "An embedding association test on an encoder gives d = 1.5, p = 0.001. What does d = 1.5 say?",
        (
            Choice(
                "a",
                "The encoder is more biased than one with d = 0.75: twice as much.",
                "d has no such scale. It divides by the spread and is at most 2.",
            ),
            Choice(
                "b",
                "Cosines with the attributes differ by 1.5.",
                "Cosines are between -1 and 1; here they usually differ by some hundredths.",
            ),
            Choice(
                "c",
                "The two sets of words are well separated in their associations, however small the differences are.",
                "Yes. Multiply all differences by a tenth and d stays the same. So look at the differences, and "
                "at a use of the vectors.",
                right=True,
            ),
            Choice("d", "Decisions made with it will be unfair.", "That has to be measured where decisions are made."),
        ),
    ),
    Question(
        "12.Q4",
        "A benchmark of stereotypes gives a model a perfect 50%. A week later its users report that it "
        "calls lawyers *she* and cooks *he*, always. What does the 50% mean?",
        (
            Choice(
                "a",
                "The users are wrong.",
                "What was planted into our organism was just that, and the benchmark's score hardly moved.",
            ),
            Choice(
                "b",
                "Errors in both directions have cancelled; otherwise it would be 100%.",
                "They may have. But nothing about lawyers was among the items, so nothing had to cancel.",
            ),
            Choice(
                "c",
                "On the pairs that were asked, neither side was preferred. Lawyers and cooks were not asked.",
                "Yes. A detector finds what it asks about, and *nothing found* needs the list of questions beside it.",
                right=True,
            ),
            Choice(
                "d",
                "The benchmark's interval was too wide.",
                "With more items of the same kinds it would still not have asked.",
            ),
        ),
    ),
    Question(
        "12.Q5",
        "The pronoun gaps of a model correlate with the share of women in occupations, r = -0.75. Which "
        "conclusion holds?",
        (
            Choice(
                "a",
                "The model is unbiased, since it mirrors the facts.",
                "Of a lawyer who is a woman it says *he* more readily. And whose facts: one country, one year.",
            ),
            Choice(
                "b",
                "It has learnt from text in which occupations and pronouns go together roughly as in the labour "
                "market.",
                "Yes. Whether you want that depends on the use: for a letter about one person the share is "
                "beside the point.",
                right=True,
            ),
            Choice(
                "c",
                "It has learnt the statistics of the Bureau of Labor Statistics.",
                "It has read text. The two agree, and where they do not, text wins.",
            ),
            Choice(
                "d",
                "The bias has been proved harmful.",
                "Harm is about what is done with the output. The number describes the model.",
            ),
        ),
    ),
    Question(
        "12.Q6",
        "Three reviewers rate 60 answers for bias. On 57 of them all three say *none*. Alpha is 0.1. "
        "What is the likeliest reason?",
        (
            Choice(
                "a",
                "Nearly nothing varies, so the few ratings that differ decide alpha.",
                "Yes. Draw the next sample so that more answers are likely to be biased, with known shares, and "
                "alpha can say something.",
                right=True,
            ),
            Choice(
                "b",
                "The reviewers rate carelessly.",
                "Possible, and not what these numbers show: they agree on 57 of 60.",
            ),
            Choice("c", "Alpha needs more than three reviewers.", "Two are enough."),
            Choice(
                "d",
                "Agreement is high, so alpha is computed wrongly.",
                "Agreement is high because *none* is common. Alpha takes away what comes from that.",
            ),
        ),
    ),
)
