"""What a model says, and what that adds up to: chats, next tokens, greedy answers, and a ledger of the two errors.

Everything that this course measures from the outside is an answer to a request, so this package is the smallest set of
steps between the two: write the request into the chat template, read the probabilities of the next token, take the most
probable one again and again, and count. Chapter 1 derives each step; later chapters use them.
"""

from course_lib.answers.cache import cached_answers
from course_lib.answers.greedy import greedy_answer
from course_lib.answers.ledger import Ledger, deployment_ledger, safety_ledger
from course_lib.answers.next_tokens import next_tokens

__all__ = ["Ledger", "cached_answers", "deployment_ledger", "greedy_answer", "next_tokens", "safety_ledger"]
