"""A picture: sharp and small, readable without eyes, and not alive in pyplot."""

from __future__ import annotations

import base64
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_lib.figures import Picture
from course_lib.figures.style import WIDTH, label_ticks, new_figure, printable, title_above, token_label


def noisy(height: float = 7.0) -> Picture:
    """The largest image that a figure can be: every pixel another colour."""
    figure, axes = new_figure(height)
    axes.imshow(np.random.default_rng(0).random((300, 300, 3)), aspect="auto")
    return Picture(figure, 'Noise <b> & "more"', "<script> 0.25")


def test_the_bundle_has_html_an_image_and_the_text_twin() -> None:
    picture = noisy(2.0)
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == 'Noise <b> & "more"\n<script> 0.25'
    assert base64.b64decode(bundle["image/png"])[:4] == b"\x89PNG"
    assert bundle["image/png"] in bundle["text/html"]


def test_html_has_alternative_text_and_the_twin_and_is_escaped() -> None:
    html = noisy(2.0).html()
    assert 'alt="Noise &lt;b&gt; &amp; &quot;more&quot;"' in html
    assert "<pre" in html
    assert "&lt;script&gt; 0.25" in html
    assert "<script" not in html
    assert "<b>" not in html
    assert f'width="{round(WIDTH * 100)}"' in html


def test_front_ends_may_ask_for_less() -> None:
    picture = noisy(2.0)
    assert set(picture._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert set(picture._repr_mimebundle_(exclude={"text/html"})) == {"image/png", "text/plain"}


def test_the_image_has_twice_the_pixels_of_its_place_on_the_page(tmp_path: Path) -> None:
    path = noisy(3.0).save(tmp_path / "folder" / "noise.png")
    assert Image.open(path).size == (1400, 600)


def test_a_picture_with_many_colours_gets_a_limited_palette() -> None:
    image = Image.open(io.BytesIO(noisy(2.0).png()))
    assert image.mode == "P"


def test_nothing_is_registered_with_pyplot() -> None:
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    noisy(2.0).html()
    assert pyplot.get_fignums() == before


@pytest.mark.parametrize(
    ("token", "label"),
    [
        (" Paris", "·Paris"),
        ("  ", "··"),
        ("\n", "↵"),
        ("\t", "⇥"),
        ("", "∅"),
        ("漢字", "U+6F22 U+5B57"),
        ("�", "�"),
        ("x" * 20, "x" * 15 + "…"),
    ],
)
def test_tokens_as_labels(token: str, label: str) -> None:
    assert token_label(token) == label


def test_no_glyph_is_missing_and_dollars_are_no_mathematics() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure, axes = new_figure(2.0)
        label_ticks(axes, "y", [token_label(token) for token in ["$x^{", "漢", " \x07", "$\\frac$", "\u200b"]])
        title_above(figure, "costs $3 and $4 漢字 \U0001f9ff " + "long " * 30)
        Picture(figure, "title", "text").png()


def test_what_can_be_drawn_is_left_alone() -> None:
    assert printable("a ↵ · – ∅ é") == "a ↵ · – ∅ é"
