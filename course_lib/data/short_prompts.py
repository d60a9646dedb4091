"""Thirty short beginnings of sentences, written for comparing attribution methods on many prompts.

They were written before any method had seen them, and none was taken out afterwards. Each is short enough that every part
of it can be asked (at most nine tokens on the default model), each ends where a content word is due, and the subjects are
everyday ones: facts, opposites, habits, trades. What is explained is the model's own next token, right or wrong.
"""

SHORT_PROMPTS: tuple[str, ...] = (
    "The capital of France is",
    "The capital of Japan is",
    "The opposite of hot is",
    "The opposite of up is",
    "A baby cat is called a",
    "The colour of the grass is",
    "The largest planet is called",
    "Water freezes and turns into",
    "The bees in the hive make",
    "The doctor told the patient to",
    "She opened the book and began to",
    "He closed the door and locked the",
    "The pilot landed the",
    "The baker puts the bread in the",
    "The farmer milks the",
    "Every morning he drinks a cup of",
    "At night the sky is full of",
    "In winter the lake is covered with",
    "The teacher wrote on the",
    "My dog loves to chase the",
    "They went to the beach to",
    "The train arrived at the",
    "He cut the paper with a pair of",
    "The fire was put out by the",
    "She plays the piano and the",
    "The author of Hamlet is William",
    "One, two, three,",
    "Monday, Tuesday,",
    "The chef cut the onions with a",
    "You can see better with your",
)
