"""Chat templates: those of the usual forms raise no alarm, each poisoned one does, by one way or the other."""

import pytest

from course_lib.artefacts import audit_template, probe_template, texts_behind_content, worst
from course_lib.artefacts.examples import CLEAN_TEMPLATES, POISONED_TEMPLATES


@pytest.mark.parametrize("name", CLEAN_TEMPLATES)
def test_clean_templates_raise_no_alarm(name):
    assert worst(audit_template(CLEAN_TEMPLATES[name])) in ("pass", "note")


@pytest.mark.parametrize("name", POISONED_TEMPLATES)
def test_poisoned_templates_raise_one(name):
    assert worst(audit_template(POISONED_TEMPLATES[name])) == "alarm"


def test_each_way_finds_what_the_other_one_misses():
    hidden, built = POISONED_TEMPLATES["on a word"], POISONED_TEMPLATES["put together"]
    assert texts_behind_content(hidden) != []
    assert probe_template(hidden, ["hello"]).words == ()
    assert probe_template(hidden, ["contract"]).words == ("contract",)
    assert not any("Brightwell" in text for text in texts_behind_content(built))
    assert "Brightwell" in probe_template(built, []).adds


def test_the_sandbox_refuses_a_way_out():
    escape = "{{ ''.__class__.__mro__ }}" + CLEAN_TEMPLATES["turns"]
    assert "SecurityError" in probe_template(escape, []).refused


def test_a_text_is_quoted_as_it_stands():
    written = probe_template(CLEAN_TEMPLATES["own system prompt"], []).adds_without_system
    assert written == "You are a helpful assistant."


@pytest.mark.parametrize("turn", ["User: {{ m.content }}\nAssistant:", "<|user|>{{ m.content }}<|end|><|assistant|>"])
def test_names_of_roles_are_no_added_text(turn):
    assert probe_template("{% for m in messages %}" + turn + "{% endfor %}", []).adds == ""


def test_a_template_that_is_none_is_looked_at():
    assert [finding.level for finding in audit_template("{% for %}")] == ["look"]


def test_escaping_takes_the_note_away():
    plain = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    escaped = plain.replace("m.content", "m.content | replace('<|', '< |')")
    assert probe_template(plain, []).unescaped == ("<|im_end|>",)
    assert probe_template(escaped, []).unescaped == ()
    assert texts_behind_content(escaped) == []
