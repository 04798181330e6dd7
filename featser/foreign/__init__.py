"""Features of other tools, put onto the manifest of a corpus as a feature table."""

from featser.foreign.importing import Imported, import_features
from featser.foreign.reading import Rows, read_foreign

__all__ = ["Imported", "Rows", "import_features", "read_foreign"]
