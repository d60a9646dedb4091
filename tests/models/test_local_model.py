"""`LocalModel`: axes, tokens and switches that every method of the course stands on."""

from __future__ import annotations

import pytest
import torch
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)

from course_lib import CourseError, LocalModel, load_model
from course_lib.refusals import greedy_answers


@pytest.fixture
def tiny() -> LocalModel:
    return load_model("tiny:0")


def attention_weights(model: LocalModel) -> tuple[torch.Tensor, ...]:
    ids = model.encode("The model reads")[None]
    return model.model(ids, output_attentions=True).attentions


class TestLogits:
    def test_one_text_has_no_batch_axis_and_a_batch_keeps_it(self, tiny: LocalModel) -> None:
        # Two texts of three tokens: a batch and a length that cannot be mixed up.
        ids = torch.stack([tiny.encode("The model reads"), tiny.encode("The cat sat")])
        together = tiny.logits(ids)
        assert together.shape == (2, 3, 420)
        for row, one in zip(ids, together, strict=True):
            # Batched matrix products may add in another order: 1e-5 is float32 rounding of logits near 5.
            torch.testing.assert_close(tiny.logits(row), one, atol=1e-5, rtol=0)

    def test_rows_do_not_depend_on_later_tokens(self, tiny: LocalModel) -> None:
        ids = tiny.encode("The capital of France is Paris")
        torch.testing.assert_close(tiny.logits(ids[:4]), tiny.logits(ids)[:4], atol=1e-5, rtol=0)

    def test_a_list_of_ids_will_do(self, tiny: LocalModel) -> None:
        assert torch.equal(tiny.logits([5, 6, 7]), tiny.logits(torch.tensor([5, 6, 7])))

    @pytest.mark.parametrize("ids", [5, [], [[[1, 2]]]])
    def test_other_shapes_are_refused(self, tiny: LocalModel, ids: object) -> None:
        with pytest.raises(CourseError, match="are no text"):
            tiny.logits(ids)  # type: ignore[arg-type]


class TestTokens:
    @pytest.mark.parametrize("text", ["", " ", "The cat sat.\n\tOn  the mat", "größe 東京 🙂", "<|im_end|>"])
    def test_every_text_comes_back(self, tiny: LocalModel, text: str) -> None:
        ids = tiny.encode(text)
        assert ids.dtype == torch.long
        assert tiny.tokenizer.decode(ids) == text

    def test_one_string_per_position(self, tiny: LocalModel) -> None:
        ids = tiny.encode("The model reads a giraffe")
        assert len(tiny.tokens(ids)) == len(ids)
        assert "".join(tiny.tokens(ids)) == "The model reads a giraffe"

    def test_leading_spaces_survive_a_decoder_that_strips_the_first(self) -> None:
        model = LocalModel(load_model("tiny:0").model, sentencepiece_tokenizer(), "pieces", "random")
        ids = model.tokenizer.convert_tokens_to_ids(["▁The", "▁cat", "s", "▁▁", "sat", "<0xE6>"])
        assert model.tokens(ids) == [" The", " cat", "s", "  ", "sat", "\ufffd"]

    @pytest.mark.parametrize(
        "text", ["The capital of France is", "a  b\n c", "größe 東京 🙂▁x ▁", "<|im_start|>user\n"]
    )
    def test_byte_level_tokens_are_what_the_tokenizer_decodes(self, tiny: LocalModel, text: str) -> None:
        ids = tiny.encode(text)
        assert tiny.tokens(ids) == [tiny.tokenizer.decode([i]) for i in ids.tolist()]

    def test_the_space_in_front_is_suggested(self, tiny: LocalModel) -> None:
        assert tiny.tokens([tiny.single_token(" Paris")]) == [" Paris"]
        with pytest.raises(CourseError, match=r"'Paris' is \d tokens") as caught:
            tiny.single_token("Paris")
        assert "' Paris'" in caught.value.remedy

    def test_several_tokens_are_named(self, tiny: LocalModel) -> None:
        with pytest.raises(CourseError) as caught:
            tiny.single_token(" giraffe")
        assert str(tiny.tokens(tiny.encode(" giraffe"))) in caught.value.problem

    def test_no_token_at_all(self, tiny: LocalModel) -> None:
        with pytest.raises(CourseError, match="'' is 0 tokens"):
            tiny.single_token("")


class TestChat:
    def test_without_a_template(self, tiny: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tiny.tokenizer, "chat_template", None)
        with pytest.raises(CourseError, match="no chat template") as caught:
            tiny.chat("Hello")
        assert "plain text" in caught.value.remedy

    def test_a_template_that_takes_no_system_prompt(self, tiny: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
        template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}ok"
        monkeypatch.setattr(tiny.tokenizer, "chat_template", template)
        assert tiny.chat("Hello") == "ok"
        with pytest.raises(CourseError, match="no system role") as caught:
            tiny.chat("Hello", system="Be kind.")
        assert "in front of the request" in caught.value.remedy


class TestGenerate:
    def test_is_the_greedy_continuation(self, tiny: LocalModel) -> None:
        ids = tiny.encode("The cat sat").tolist()
        for _ in range(5):
            ids.append(int(tiny.logits(ids)[-1].argmax()))
        expected = tiny.tokenizer.decode(ids[3:], skip_special_tokens=True)
        assert tiny.generate("The cat sat", max_new_tokens=5) == expected

    def test_stays_greedy_when_the_model_asks_for_a_penalty(
        self, tiny: LocalModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = tiny.generate("The cat sat", 24)
        monkeypatch.setattr(tiny.model.generation_config, "repetition_penalty", 50.0)
        ids = tiny.encode("The cat sat")[None]
        penalised = tiny.model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False)
        assert tiny.tokenizer.decode(penalised[0, 3:], skip_special_tokens=True) != expected, "else this shows nothing"
        assert tiny.generate("The cat sat", 24) == expected
        assert greedy_answers(tiny, ["The cat sat"], 24) == [expected]

    def test_writes_nothing_to_the_terminal(self, tiny: LocalModel, capfd: pytest.CaptureFixture[str]) -> None:
        tiny.generate("The cat", max_new_tokens=2)
        assert capfd.readouterr() == ("", "")


class TestEagerAttention:
    def test_shows_the_weights_and_restores_the_kernel(self, tiny: LocalModel) -> None:
        before = tiny.model.config._attn_implementation
        assert before != "eager", "the fast kernel is the default; else this test shows nothing"
        with tiny.eager_attention():
            weights = attention_weights(tiny)
        assert [w.shape for w in weights] == [(1, 3, 3, 3)] * 2
        # Each query's attention is a distribution over the keys up to itself.
        torch.testing.assert_close(weights[0].sum(-1), torch.ones(1, 3, 3))
        assert weights[0].triu(1).abs().max() == 0
        assert tiny.model.config._attn_implementation == before

    def test_restores_after_an_exception(self, tiny: LocalModel) -> None:
        before = tiny.model.config._attn_implementation
        with pytest.raises(ZeroDivisionError), tiny.eager_attention():
            raise ZeroDivisionError
        assert tiny.model.config._attn_implementation == before

    def test_nests(self, tiny: LocalModel) -> None:
        with tiny.eager_attention():
            with tiny.eager_attention():
                pass
            assert len(attention_weights(tiny)) == 2

    def test_does_not_change_the_logits(self, tiny: LocalModel) -> None:
        ids = tiny.encode("The capital of Italy is")
        with tiny.eager_attention():
            eager = tiny.logits(ids)
        # Two orders of the same sums in float32.
        torch.testing.assert_close(eager, tiny.logits(ids), atol=1e-5, rtol=0)


class TestOtherArchitectures:
    def test_names_of_the_shape_differ_between_configs(self, tiny: LocalModel) -> None:
        network = GPT2LMHeadModel(GPT2Config(vocab_size=420, n_embd=20, n_layer=3, n_head=5, n_positions=32)).eval()
        model = LocalModel(network, tiny.tokenizer, "gpt2", "random")
        assert (model.n_layers, model.n_heads, model.d_model) == (3, 5, 20)
        with model.eager_attention():
            assert attention_weights(model)[0].shape == (1, 5, 3, 3)

    def test_the_language_part_of_a_model_that_also_sees(self, tiny: LocalModel) -> None:
        text = {
            "vocab_size": 420, "hidden_size": 24, "intermediate_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 8,
        }  # fmt: skip
        vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
                  "image_size": 28, "patch_size": 14}  # fmt: skip
        config = Gemma3Config(
            text_config=text, vision_config=vision, mm_tokens_per_image=4,
            image_token_index=400, boi_token_index=401, eoi_token_index=402,
        )  # fmt: skip
        model = LocalModel(Gemma3ForConditionalGeneration(config).eval(), tiny.tokenizer, "sees", "random")
        assert (model.n_layers, model.n_heads, model.d_model) == (2, 3, 24)
        parts = (model.model.config, model.model.config.text_config, model.model.config.vision_config)
        before = [part._attn_implementation for part in parts]
        with model.eager_attention():
            assert model.text_config._attn_implementation == "eager"
        assert [part._attn_implementation for part in parts] == before


def test_it_is_one_line_in_a_notebook(tiny: LocalModel) -> None:
    assert repr(tiny).startswith("tiny:0: 2 layers, 3 heads, d_model 24")
    assert "\n" not in repr(tiny)


@pytest.mark.model
def test_the_default_model_is_the_one_that_the_course_describes() -> None:
    model = load_model()
    assert (model.n_layers, model.n_heads, model.d_model, model.tokenizer.vocab_size) == (30, 9, 576, 49152)
    best = model.logits(model.encode("The capital of France is"))[-1].argmax()
    assert int(best) == model.single_token(" Paris")
    assert model.dtype == torch.float32
    assert not any(weight.requires_grad for weight in model.model.parameters())


@pytest.mark.model
def test_bfloat16_is_near_float32() -> None:
    full, half = load_model(), load_model(dtype="bfloat16")
    ids = full.encode("The capital of France is")
    assert half.dtype == torch.bfloat16
    # bfloat16 keeps 8 bits of mantissa: 30 layers of rounding move logits near 20 by up to about one.
    torch.testing.assert_close(half.logits(ids).float(), full.logits(ids), atol=1.5, rtol=0)
    assert half.logits(ids)[-1].argmax() == full.logits(ids)[-1].argmax()


def sentencepiece_tokenizer() -> PreTrainedTokenizerFast:
    """Pieces that write a space as `▁`, and Llama 2's decoder, which drops the space in front of what it is given."""
    from tokenizers import Tokenizer, decoders, models

    pieces = ["<unk>", "▁The", "▁cat", "s", "▁▁", "sat", "<0xE6>"]
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, [], unk_token="<unk>"))
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")
