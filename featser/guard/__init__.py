"""Guard of a model: whether a recording is like the speech that the model was trained on."""

from featser.guard.guard import LEVEL, Guard
from featser.guard.learning import learn_guard
from featser.guard.nonspeech import KINDS, non_speech

__all__ = ["KINDS", "LEVEL", "Guard", "learn_guard", "non_speech"]
