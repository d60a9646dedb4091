"""Watching an answer while it is written, and stopping it.

A filter reads the finished answer; by then it has been shown. A monitor looks after every token and may stop. Three things
can be seen from the tokens and the probabilities that the model had for them:

* **a text that must not come out**, for instance a secret of the system prompt. It arrives in pieces ("tul", "ip"), so it is
  looked for in the joined text; and the pieces that came first must not have been shown, so what is shown ends
  *before* the text begins;
* **a loop**: the last tokens are one block again and again. Small models fall into loops, and a loop costs the
  whole token budget;
* **a model that is lost**: the entropy of its next-token distribution stays high. One uncertain token is normal (every first
  word of a sentence is one); a whole window of them is not.

Pitfall: an average over the whole answer forgives a long bad end. And a window that is not yet full is no window.
"""

from __future__ import annotations

from collections.abc import Sequence


def monitor_stream(
    tokens: Sequence[str],
    entropies: Sequence[float],
    forbidden: Sequence[str],
    window: int,
    most_entropy: float,
    repeats: int,
) -> tuple[int, str]:
    """How many tokens of an answer may be shown, and why no more.

    After each token three rules are tried, in this order:

    "leak": the joined text of the tokens so far holds one of `forbidden` (upper and lower case are the same). Shown are the
        tokens that end before the first such text begins.
    "loop": the last tokens are a block of 1 to `window` tokens, `repeats` times in a row. Shown is the first of these
        blocks and what stands before it, for the shortest such block.
    "lost": the mean entropy of the last `window` tokens is above `most_entropy`; not before there are so many. Shown
        is what stands before the window.

    Args:
        tokens: the answer's tokens as text, with their spaces.
        entropies: of the distribution from which each token was taken, in nats.
        forbidden: texts that must not come out.
        window: how far the last two rules look back, in tokens.
        most_entropy: in nats.
        repeats: how often a block has to stand there, at least 2.

    Returns:
        The number of tokens shown, and "leak", "loop", "lost", or "" where nothing was found.
    """
    for end in range(1, len(tokens) + 1):
        text = "".join(tokens[:end]).casefold()
        places = [text.find(one.casefold()) for one in forbidden if one.casefold() in text]
        if places:
            lengths = [len("".join(tokens[:count]).casefold()) for count in range(1, end + 1)]
            return sum(length <= min(places) for length in lengths), "leak"
        for size in range(1, window + 1):
            tail = list(tokens[max(0, end - size * repeats) : end])
            if tail == tail[:size] * repeats:
                return end - size * (repeats - 1), "loop"
        if end >= window and sum(entropies[end - window : end]) / window > most_entropy:
            return end - window, "lost"
    return len(tokens), ""
