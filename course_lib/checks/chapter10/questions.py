"""Chapter 10, check your understanding: six questions about which attribution may be believed, and why."""

from course_lib.checks.questions import Choice, Question

QUESTIONS = (
    Question(
        "10.Q1",
        "A tool shows integrated gradients as coloured words. The scores add up to 60 nats; the log probability of the answer "
        "changes by 10 nats between baseline and prompt. What may you say?",
        (
            Choice(
                "a",
                "The ranking of the words can still be read; only the scale is off.",
                "The missing 50 nats are not spread evenly. They come from places where the path jumps, and they land on "
                "whichever words were moving there.",
            ),
            Choice(
                "b",
                "Nothing about the words yet: the sum of gradients is not the integral that it should be.",
                "Yes. Completeness is the promise that makes the scores mean something, and here it is broken.",
                right=True,
            ),
            Choice(
                "c",
                "Divide all scores by six.",
                "Then the sum is right and every single score is still whatever the jumps made of it.",
            ),
            Choice(
                "d",
                "The prompt contains interactions between words.",
                "It surely does, and integrated gradients share them out without breaking the sum. The error is numerical.",
            ),
        ),
    ),
    Question(
        "10.Q2",
        "You look the embeddings up, set `requires_grad_`, run `network(input_ids=ids)` and call `backward()` on a log "
        "probability. `embeddings.grad` is None. Why?",
        (
            Choice(
                "a",
                "The log probability has no gradient.",
                "It has one, with respect to everything that it was computed from.",
            ),
            Choice(
                "b",
                "The model is in evaluation mode.",
                "Evaluation mode switches dropout off. It does not stop gradients.",
            ),
            Choice(
                "c",
                "The network looked its own embeddings up; the result was not computed from yours.",
                "Yes. A gradient belongs to a tensor in the graph of the result. Give the network `inputs_embeds`.",
                right=True,
            ),
            Choice(
                "d",
                "The gradient is zero, and PyTorch writes None for zero.",
                "Zero is a tensor of zeros. None says: this tensor was not part of the computation.",
            ),
        ),
    ),
    Question(
        "10.Q3",
        "A system prompt forbids something twice, in two sentences. Without either one of them the model still refuses; without "
        "both it does not. What do the methods say about the two sentences?",
        (
            Choice(
                "a",
                "Leaving one out: about 0 for each. Shapley values: about half of the effect for each.",
                "Yes. The Shapley value also asks what a sentence adds when the other one is not there.",
                right=True,
            ),
            Choice(
                "b",
                "Both give each sentence the whole effect.",
                "Shapley values add up to the effect, so not both can have all of it; and leaving out one changes nothing.",
            ),
            Choice(
                "c",
                "Leaving one out: half for each. Shapley values: 0 for each.",
                "The other way round: leaving out one of two that cover for each other changes nothing.",
            ),
            Choice(
                "d",
                "Both give the first sentence everything.",
                "Neither looks at the order in the text. The two sentences do the same and get the same.",
            ),
        ),
    ),
    Question(
        "10.Q4",
        "In the comparison by deletion curves, scores by removal are far better than random. Which objection is the strongest?",
        (
            Choice(
                "a",
                "The intervals are only 95% intervals.",
                "True, and the gap to chance is many times wider than they are.",
            ),
            Choice(
                "b",
                "Removal needs more forward passes than a gradient.",
                "That is its price. It says nothing about whether the scores are right.",
            ),
            Choice(
                "c",
                "The prompts are short.",
                "A limit worth stating, but one that all the methods share.",
            ),
            Choice(
                "d",
                "The test deletes tokens, and so does the method: it is judged by its own definition.",
                "Yes. So compare methods that do not delete with each other, and look for a test of another kind: planted words.",
                right=True,
            ),
        ),
    ),
    Question(
        "10.Q5",
        "You shuffle the weights of the upper third of the model, and a method still ranks the tokens nearly as before. What "
        "follows?",
        (
            Choice(
                "a",
                "The method is robust, which speaks for it.",
                "Robust against losing what it claims to show. The answer depends on those blocks; its explanation should too.",
            ),
            Choice(
                "b",
                "Its picture cannot be evidence of what those blocks have learnt.",
                "Yes. It may still show something, for example about the prompt, or about lower blocks.",
                right=True,
            ),
            Choice(
                "c",
                "The upper blocks do nothing.",
                "The answers of the shuffled model are noise, so they do a lot.",
            ),
            Choice(
                "d",
                "A method whose ranking changes would be faithful.",
                "No: random numbers change too. The check can take a method away; it cannot prove one right.",
            ),
        ),
    ),
    Question(
        "10.Q6",
        "On a model that was trained to refuse at certain words, a method puts such a word first in 9 of 10 requests. On the "
        "untrained model, with the same requests, it does so in 8 of 10. What has it found?",
        (
            Choice(
                "a",
                "The planted mechanism, in 9 of 10 requests.",
                "The untrained model has no such mechanism, and the method points at the same words there.",
            ),
            Choice(
                "b",
                "That the untrained model has the mechanism as well.",
                "It does not refuse these requests. A high score is not a mechanism.",
            ),
            Choice(
                "c",
                "Words that stand out to it in any model; the planted mechanism has not been shown.",
                "Yes. What it finds without the mechanism as well, it has not found in the mechanism.",
                right=True,
            ),
            Choice(
                "d",
                "Nothing, since 10 requests are too few for any conclusion.",
                "Ten are few. But the missing difference is the point, and more requests would not add one.",
            ),
        ),
    ),
)
