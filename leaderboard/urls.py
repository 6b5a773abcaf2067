from django.urls import path

from leaderboard import renditions, views

urlpatterns = [
    path("leaderboard", renditions.shared(views.Leaderboard.as_view()), name="leaderboard"),
    path("verdict", views.Verdict.as_view(), name="verdict"),
]
