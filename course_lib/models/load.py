"""First slice: the default model from its GGUF file (the full loader replaces this module)."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import torch
from platformdirs import user_cache_path

from course_lib.models.local_model import LocalModel


def cache_dir() -> Path:
    """The course's folder in the user's cache; the environment variable COURSE_CACHE overrides it."""
    return Path(os.environ.get("COURSE_CACHE") or user_cache_path("ai-safety-hands-on", appauthor=False))


@lru_cache(maxsize=4)
def load_model(name: str = "default") -> LocalModel:
    """Load the default model."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = cache_dir() / "models" / "default"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    model.requires_grad_(False)
    return LocalModel(model, AutoTokenizer.from_pretrained(folder), name, "SmolLM2-135M-Instruct")
