"""Models in the formats of other runtimes: ONNX and skops."""

from featser.export.exporting import FORMATS, TOLERANCE, Exported, export, to_onnx

__all__ = ["FORMATS", "TOLERANCE", "Exported", "export", "to_onnx"]
