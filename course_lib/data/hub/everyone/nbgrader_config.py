"""nbgrader's settings on the hub, for learners and for the instructor: which class, and where hand-ins are exchanged."""

import os

c = get_config()  # traitlets provides it
c.Exchange.root = os.environ["COURSE_EXCHANGE"]
c.CourseDirectory.course_id = os.environ["COURSE_NAME"]

# For trying: all servers run under one account, so a hand-in says nothing by its owner and gets the learner's name here.
if os.environ.get("COURSE_ONE_ACCOUNT"):
    c.ExchangeCollect.check_owner = False
    if os.environ.get("COURSE_LEARNER"):
        c.CourseDirectory.student_id = os.environ["COURSE_LEARNER"]
