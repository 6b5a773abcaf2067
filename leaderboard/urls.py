from django.urls import path

from leaderboard import views

urlpatterns = [
    path("leaderboard", views.Leaderboard.as_view(), name="leaderboard"),
    path("verdict", views.Verdict.as_view(), name="verdict"),
]
