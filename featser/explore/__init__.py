"""Pictures of a feature table: balance, effects of emotions, families of descriptors, maps, typical recordings."""

from featser.explore.exploring import Descriptor, Exploration, explore
from featser.explore.page import page, write_exploration

__all__ = ["Descriptor", "Exploration", "explore", "page", "write_exploration"]
