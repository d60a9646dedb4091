"""What a learner has done so far: kept on this machine, by exercise, and for nobody else.

A learner who comes back after a week asks three things: where was I, what have I solved, and did I solve it myself? The
notebook cannot say it. Its outputs vanish with "clear outputs", and a newer version of the chapter replaces it. So each
check that passes or fails in a notebook, each hint and each look at a reference answer is one line in a file of the
learner's own, by the id of the exercise, which stays the same when a chapter is rebuilt.

`events` writes and reads that file, `standing` sums it up by chapter, and the start page shows it. Nothing is sent
anywhere, nothing of it enters a mark, and deleting the file is all it takes to forget.
"""

from course_lib.progress.events import Event, note, progress_file, read_events
from course_lib.progress.standing import Standing, standings

__all__ = ["Event", "Standing", "note", "progress_file", "read_events", "standings"]
