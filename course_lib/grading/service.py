"""`grade`: submissions in, results out, on as many cores or machines as there are.

    for result in grade(assignment, submissions, store=ResultStore(folder)):
        print(result.learner, result.points)

On one machine one warm process serves all: each submission is a fork of it, so the model is in memory once however many
submissions run at a time. The threads here only wait for the forks and compare what they sent. With `scheduler` the same
jobs go to a dask cluster, and each of its worker processes keeps a warm process of its own. What comes out of those is
compared here: the references and the known mistakes are computed once for the class, and not in each worker again.

Every result is stored before it is handed on. What is stored is not computed again, so a run that was killed goes on
where it was, and two learners with the same file cost one run.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Any

from course_lib.errors import CourseError
from course_lib.grading.assignment import Assignment
from course_lib.grading.grader import TRIES, Grader, as_result, in_doubt, judged, now
from course_lib.grading.intake import Submission, Unreadable
from course_lib.grading.limits import Limits
from course_lib.grading.parcel import Parcel, pack, unpack
from course_lib.grading.results import SubmissionResult
from course_lib.grading.store import ResultStore, key_of

FEW = 3  # results before a time is told: the first ones wait for the sandbox and for what is computed once
Progress = Callable[[int, int, float | None], None]
"""Called as `progress(done, total, seconds left, None while nobody can say)`."""


def grade(
    assignment: Assignment,
    submissions: Iterable[Submission | Unreadable],
    *,
    store: ResultStore,
    workers: int | None = None,
    scheduler: str | None = None,
    limits: Limits | None = None,
    sandboxed: bool = True,
    progress: Progress | None = None,
) -> Iterator[SubmissionResult]:
    """Grade submissions; results come in the order in which they are ready.

    Args:
        assignment: the chapter with the class's hidden cases.
        submissions: what was handed in.
        store: where results are kept.
        workers: submissions at a time on this machine; the number of cores if None.
        scheduler: the address of a dask scheduler, "tcp://…"; then `workers` is its affair.
        limits: of each submission.
        sandboxed: False runs learner code without isolation.
        progress: called after each result.

    Raises:
        CourseError: there is no sandbox here, results cannot be stored, or the scheduler does not answer.
    """
    waiting: dict[str, list[Submission]] = {}
    ready: list[SubmissionResult] = []
    for one in submissions:
        if isinstance(one, Unreadable):
            ready.append(unreadable(assignment, one))
            continue
        key = key_for(assignment, one)
        known = store.get(key)
        if known is not None:
            ready.append(known.for_learner(one.learner, one.warnings))
        else:
            waiting.setdefault(key, []).append(one)
    total, done = len(ready) + sum(map(len, waiting.values())), 0
    for result in ready:
        done += 1
        yield result
    if progress is not None and ready:
        progress(done, total, 0.0)
    clock: list[float] = []
    for key, result in _computed(assignment, waiting, workers, scheduler, limits or Limits(), sandboxed):
        result = replace(result, key=key)
        store.put(result)
        for one in waiting[key]:
            done += 1
            clock.append(time.monotonic())
            yield result.for_learner(one.learner, one.warnings)
        if progress is not None:
            told = len(clock) > FEW
            progress(done, total, (clock[-1] - clock[0]) / (len(clock) - 1) * (total - done) if told else None)


def grade_one(
    assignment: Assignment,
    submission: Submission | Unreadable,
    *,
    store: ResultStore,
    limits: Limits | None = None,
    sandboxed: bool = True,
) -> SubmissionResult:
    """Grade one submission; as `grade`."""
    (found,) = grade(assignment, [submission], store=store, workers=1, limits=limits, sandboxed=sandboxed)
    return found


def key_for(assignment: Assignment, submission: Submission) -> str:
    """The key under which the result of this submission is stored."""
    return key_of(submission.sha256, assignment.version)


def unreadable(assignment: Assignment, one: Unreadable) -> SubmissionResult:
    """The result of a submission that cannot be read."""
    return SubmissionResult(
        one.learner, assignment.chapter.number, one.sha256, readable=False, reason=one.reason, graded_at=now()
    )


def _computed(
    assignment: Assignment,
    waiting: dict[str, list[Submission]],
    workers: int | None,
    scheduler: str | None,
    limits: Limits,
    sandboxed: bool,
) -> Iterator[tuple[str, SubmissionResult]]:
    """Results that had to be computed, with their keys."""
    if not waiting:
        return
    with _Desk(assignment, sandboxed, workers, scheduler) as desk:
        futures = {desk.submit(several[0], limits): key for key, several in waiting.items()}
        again: dict[Future[Any], tuple[str, SubmissionResult]] = {}
        try:
            for future in as_completed(futures):
                key = futures.pop(future)
                found, doubted = desk.result(waiting[key][0], future.result())
                if doubted:
                    again[desk.submit(waiting[key][0], limits, doubted)] = (key, found)
                else:
                    yield key, found
            for future in as_completed(again):
                key, found = again.pop(future)
                yield key, found.looked_at_again(desk.result(waiting[key][0], future.result())[0])
        finally:
            for future in (*futures, *again):
                future.cancel()


class _Desk:
    """Where jobs are handed in: threads around one grader, or a dask cluster."""

    def __init__(self, assignment: Assignment, sandboxed: bool, workers: int | None, scheduler: str | None) -> None:
        self.assignment, self.sandboxed = assignment, sandboxed
        self.grader: Grader | None = None
        self.client: Any = None
        self.executor: Executor
        if scheduler:
            self.client = _client(scheduler)
            self.executor = self.client.get_executor(retries=TRIES, pure=False)
            # a task like the others, so that it is made again where the worker that held it was killed
            self.shared = self.client.submit(_as_it_is, assignment, pure=False)
        else:
            self.grader = Grader(assignment, sandboxed)
            self.executor = ThreadPoolExecutor(workers or os.cpu_count() or 1, "course-grade")

    def submit(self, submission: Submission, limits: Limits, only: tuple[str, ...] = ()) -> Future[Any]:
        """Hand one in; with `only`, for a second look at some of its answers."""
        if self.grader is not None:
            return self.executor.submit(self.grader.grade, submission, limits)
        return self.executor.submit(run_elsewhere, self.shared, submission, limits, self.sandboxed, only)

    def result(
        self, submission: Submission, found: SubmissionResult | Parcel
    ) -> tuple[SubmissionResult, tuple[str, ...]]:
        """The result of what came back, and the answers that need a second look."""
        if isinstance(found, SubmissionResult):
            return found, ()
        result = judged_parcel(self.assignment, submission, found)
        return result, in_doubt(result)

    def __enter__(self) -> _Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.executor.shutdown(wait=self.grader is not None, cancel_futures=True) if self.grader else None
        if self.grader is not None:
            self.grader.close()
        if self.client is not None:
            self.client.close()


def _client(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "--scheduler needs dask, which is not installed.", 'Run `pip install "ai-safety-hands-on[cluster]"`.'
        ) from None
    try:
        return Client(scheduler, timeout="15s")
    except (OSError, ValueError) as error:
        raise CourseError(
            f"No dask scheduler answers at {scheduler}.", "Start one with `dask scheduler`, and check the address."
        ) from error


_here: dict[tuple[str, bool], Grader] = {}
_here_lock = threading.Lock()


def _as_it_is(assignment: Assignment) -> Assignment:
    """The assignment, sent once to a worker and not with every submission."""
    return assignment


def run_elsewhere(
    assignment: Assignment, submission: Submission, limits: Limits, sandboxed: bool, only: tuple[str, ...] = ()
) -> Parcel:
    """Run a submission in a dask worker's process, which keeps its warm process for the next one."""
    with _here_lock:
        key = (assignment.version, sandboxed)
        if key not in _here:
            for old in _here.values():
                old.close()
            _here.clear()
            _here[key] = Grader(assignment, sandboxed)
    begin, begin_cpu = time.monotonic(), time.thread_time()
    program, answers = _here[key].take(submission, limits, only)
    cpu = answers.cpu + time.thread_time() - begin_cpu
    return pack(answers, program.warnings, time.monotonic() - begin, cpu)


def judged_parcel(assignment: Assignment, submission: Submission, parcel: Parcel) -> SubmissionResult:
    """The result of a submission that ran elsewhere."""
    begin, begin_cpu = time.monotonic(), time.thread_time()
    answers = unpack(parcel)
    items = judged(assignment, answers)
    clocks = (parcel.clocks[0] + time.monotonic() - begin, parcel.clocks[2] + time.thread_time() - begin_cpu)
    return as_result(assignment, submission, items, answers, parcel.warnings, clocks)
