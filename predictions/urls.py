from django.urls import path

from predictions.views import (
    bulk,
    drafts,
    entries,
    models,
    predecessor,
    records,
    timemachine,
    timetravel,
    timewords,
)

RUN = "time-machine/<uuid:run_id>"
urlpatterns = [
    path(
        "rounds/<uuid:round_id>/prediction",
        entries.RoundPrediction.as_view(),
        name="round-prediction",
    ),
    path(
        "rounds/<uuid:round_id>/prediction/typed-data",
        drafts.TypedData.as_view(),
        name="round-prediction-typed-data",
    ),
    path(
        "rounds/<uuid:round_id>/predictions",
        records.RoundPredictions.as_view(),
        name="round-predictions",
    ),
    path("rounds/<uuid:round_id>/leaves", records.RoundLeaves.as_view(), name="round-leaves"),
    path("rounds/<uuid:round_id>/anchor", records.RoundAnchor.as_view(), name="round-anchor"),
    path("predictions/bulk", bulk.BulkPrediction.as_view(), name="bulk-prediction"),
    path("predictions/mine", records.MyPredictions.as_view(), name="my-predictions"),
    path(
        "predictions/<uuid:prediction_id>", records.PredictionDetail.as_view(), name="prediction"
    ),
    path(
        "predictions/<uuid:prediction_id>/history",
        records.PredictionHistory.as_view(),
        name="prediction-history",
    ),
    path(
        "predictions/<uuid:prediction_id>/receipt",
        records.PredictionReceipt.as_view(),
        name="prediction-receipt",
    ),
    path("models", models.Models.as_view(), name="models"),
    path("models/<uuid:model_id>", models.ModelDetail.as_view(), name="model"),
    path("forecasters", records.Forecasters.as_view(), name="forecasters"),
    path("predict", predecessor.Predict.as_view(), name="predict"),
    path("time-machine", timemachine.Machine.as_view(), name="time-machine"),
    path(RUN, timemachine.Run.as_view(), name="time-run"),
    path(f"{RUN}/advance", timemachine.Advance.as_view(), name="time-run-advance"),
    path(f"{RUN}/time", timetravel.Time.as_view(), name="time-run-time"),
    path(f"{RUN}/assets/<str:symbol>/bars", timetravel.Bars.as_view(), name="time-run-bars"),
    path(f"{RUN}/price", timetravel.Price.as_view(), name="time-run-price"),
    path(f"{RUN}/rounds", timetravel.Rounds.as_view(), name="time-run-rounds"),
    path(f"{RUN}/rounds/<uuid:round_id>", timetravel.RoundDetail.as_view(), name="time-run-round"),
    path(
        f"{RUN}/rounds/<uuid:round_id>/prediction",
        timewords.RoundPrediction.as_view(),
        name="time-run-round-prediction",
    ),
    path(
        f"{RUN}/predictions/mine",
        timewords.MyPredictions.as_view(),
        name="time-run-my-predictions",
    ),
    path(
        f"{RUN}/predictions/<uuid:prediction_id>",
        timewords.PredictionDetail.as_view(),
        name="time-run-prediction",
    ),
]
