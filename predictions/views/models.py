"""The models behind the built-in forecasters: where each comes from, and how it does."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics

from predictions import model_shapes as shapes
from predictions.filters import ModelFilter
from predictions.models import ModelVersion


@extend_schema_view(get=extend_schema(operation_id="model_list", tags=["predictions"]))
class Models(generics.ListAPIView[ModelVersion]):
    """Every model ever trained, the newest first."""

    queryset = ModelVersion.objects.defer("artifact").select_related("parent")
    serializer_class = shapes.ModelSerializer
    filterset_class = ModelFilter
    ordering: ClassVar = ("-pk",)


@extend_schema_view(get=extend_schema(operation_id="model_read", tags=["predictions"]))
class ModelDetail(generics.RetrieveAPIView[ModelVersion]):
    """One model: data window, hashes, evidence, and who promoted it."""

    queryset = ModelVersion.objects.defer("artifact").select_related("parent")
    serializer_class = shapes.ModelSerializer
    lookup_url_kwarg = "model_id"
