"""JupyterHub for one class: as it is, to try on one machine; with the lines below "For real" changed, for learners.

    course release 08 --class autumn
    COURSE_CLASS=autumn .venv/bin/jupyterhub -f course_lib/data/hub/jupyterhub_config.py

Then open http://127.0.0.1:8000. The first start writes two passwords into `hub.state/passwords.json`: one for `instructor`, who
gets the class's folder and formgrader, one for all others, who are learners under whatever name they give.

For trying, all servers run under the account that started the hub: a learner who wants to can read everything, the class's
seed included. Do not give such a hub to learners.

For real, on a machine where every learner has an account of the system and the hub is started by root:

* `authenticator_class = "pam"`, or an OAuth authenticator (the package oauthenticator); `allowed_users` names the learners;
* `spawner_class = "local"`: every server then runs under its learner's own account;
* COURSE_INSTRUCTOR is the account that owns this folder and `classes/`; nobody else can open the latter;
* COURSE_EXCHANGE=/usr/local/share/nbgrader/exchange, a folder that the instructor's account has made;
* TLS in front of it, as JupyterHub's manual says.
"""

import json
import os
import secrets
import sys
from pathlib import Path

from course_lib.data.cache import cache_dir

c = get_config()  # traitlets provides it

here = Path(__file__).resolve().parent
course = Path(os.environ.get("COURSE_FOLDER", here.parents[2]))
instructor = os.environ.get("COURSE_INSTRUCTOR", "instructor")
group = course / "classes" / os.environ["COURSE_CLASS"]
state = Path(os.environ.get("COURSE_HUB_STATE", course / "hub.state"))
exchange = os.environ.get("COURSE_EXCHANGE", str(state / "exchange"))
state.mkdir(mode=0o700, parents=True, exist_ok=True)
trying = not os.environ.get("COURSE_EXCHANGE")
if trying:
    Path(exchange).mkdir(exist_ok=True)
    os.chmod(exchange, 0o777)  # nbgrader asks for it

c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.db_url = f"sqlite:///{state / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
os.environ.setdefault("NODE_PATH", "/usr/share/nodejs")  # where Debian's package of the proxy has what it needs

# For real: "pam" or an OAuth authenticator; without the two passwords, with c.Authenticator.allowed_users.
c.JupyterHub.authenticator_class = "shared-password"
passwords = state / "passwords.json"
if not passwords.exists():
    with open(os.open(passwords, os.O_WRONLY | os.O_CREAT, 0o600), "w") as stream:
        json.dump({"learners": secrets.token_urlsafe(9), "instructor": secrets.token_urlsafe(32)}, stream)
both = json.loads(passwords.read_text())
c.SharedPasswordAuthenticator.user_password = both["learners"]
c.SharedPasswordAuthenticator.admin_password = both["instructor"]
c.Authenticator.admin_users = {instructor}
c.Authenticator.allow_all = True

# For real: "local".
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{state}/home/{{username}}"

c.Spawner.cmd = [str(Path(sys.executable).parent / "jupyterhub-singleuser")]
c.Spawner.args = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
if trying and os.geteuid() == 0:
    c.Spawner.args += ["--allow-root"]
c.Spawner.default_url = "/lab"


def own_settings(spawner):
    """Learners get the list of assignments, the instructor the class's folder and formgrader."""
    teaches = spawner.user.name == instructor
    settings = [here / "everyone", group if teaches else here / "learners"]
    spawner.environment = {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(map(str, settings)),
        "COURSE_EXCHANGE": exchange,
        "COURSE_NAME": group.name,
        "COURSE_ONE_ACCOUNT": "yes" if trying else "",
        "COURSE_LEARNER": "" if teaches else spawner.user.name,
    }
    if trying:
        spawner.environment["COURSE_CACHE"] = str(
            cache_dir()
        )  # the model is there; for real, each account keeps its own
    if teaches:
        spawner.notebook_dir = str(group)


c.Spawner.pre_spawn_hook = own_settings
