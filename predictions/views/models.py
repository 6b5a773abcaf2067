"""The models behind the built-in forecasters: where each comes from, and how it does."""

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics

from predictions import model_shapes as shapes
from predictions.filters import ModelFilter
from predictions.models import ModelVersion


def shown() -> QuerySet[ModelVersion]:
    """Without anybody's bytes: a page of forests would weigh a hundred megabytes."""
    return ModelVersion.objects.select_related("parent").defer("artifact", "parent__artifact")


@extend_schema_view(get=extend_schema(operation_id="model_list", tags=["predictions"]))
class Models(generics.ListAPIView[ModelVersion]):
    """Every model ever trained, the newest first."""

    queryset = shown()
    serializer_class = shapes.ModelSerializer
    filterset_class = ModelFilter
    ordering: ClassVar = ("-pk",)


@extend_schema_view(get=extend_schema(operation_id="model_read", tags=["predictions"]))
class ModelDetail(generics.RetrieveAPIView[ModelVersion]):
    """One model: data window, hashes, evidence, and who promoted it."""

    queryset = shown()
    serializer_class = shapes.ModelSerializer
    lookup_url_kwarg = "model_id"
