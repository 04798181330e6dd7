"""Speech emotion recognition with handcrafted features, classical models and numbers that can be believed."""

__version__ = "0.1.0"
