from predictions.admin import entries, models

__all__ = ["entries", "models"]
