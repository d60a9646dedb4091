"""Grading a class: what learners hand in becomes marks, without their code ever meeting the check.

The principle: *learner code returns data; a process that never shares memory, files or a kernel with it decides the
mark*. A sandbox stops harm, and the boundary of plain data stops cheating; both are needed.

The way of a submission, one module each: `intake` reads what was handed in and believes nothing, `normalise` makes a
program of it (the course's own cells as they were released, the learner's answers), `sandbox` runs the program where
nothing can be reached and sends back what the functions returned (`plain`), `judge` compares with the reference outside,
`store` keeps the result so that nothing is done twice, `gradebook` hands the marks to nbgrader, and `report` says what the
class got wrong, by name.
"""
