"""Learners' servers do without formgrader and without the list of an instructor's courses."""

c = get_config()  # traitlets provides it
c.ServerApp.jpserver_extensions = {
    "nbgrader.server_extensions.formgrader": False,
    "nbgrader.server_extensions.course_list": False,
}
