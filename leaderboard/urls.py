from django.urls import path

from leaderboard import export_views, record_views, renditions, views

urlpatterns = [
    path("leaderboard", renditions.shared(views.Leaderboard.as_view()), name="leaderboard"),
    path("verdict", views.Verdict.as_view(), name="verdict"),
    path("versus", record_views.Versus.as_view(), name="versus"),
    path(
        "players/<slug:handle>/track-record",
        record_views.TrackRecord.as_view(),
        name="track-record",
    ),
    path(
        "players/<slug:handle>/calibration",
        record_views.Calibration.as_view(),
        name="calibration",
    ),
    path(
        "players/<slug:handle>/rating-history",
        record_views.RatingHistory.as_view(),
        name="rating-history",
    ),
    path("seasons/<slug:slug>/scores", export_views.SeasonScores.as_view(), name="season-scores"),
]
