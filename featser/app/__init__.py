"""``featser app``: a web page and an HTTP API that predict emotions with trained models."""

from featser.app.serving import serve

__all__ = ["serve"]
