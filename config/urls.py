"""Every address the league answers at."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import api_root, health, metrics, openapi, page_urls, pages, problem_pages

api: list[URLPattern | URLResolver] = [
    path("", include("predictions.urls")),  # the busiest addresses first: they are tried in order
    path("", api_root.ApiRoot.as_view(), name="api-root"),
    *openapi.paths,
    path("", include("markets.urls")),
    path("", include("league.urls")),
    path("", include("leaderboard.urls")),
    path("", include("chain.urls")),
]
urlpatterns = [
    path("api/v1/", include(api)),
    path("", pages.home, name="home"),
    *page_urls.page_urls,
    path("health", health.summary, name="health"),
    path("livez", health.alive, name="livez"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.scrape, name="metrics"),
    path("problems", problem_pages.listing, name="problems"),
    path("problems/<slug:code>", problem_pages.detail, name="problem"),
    path("admin/", admin.site.urls),
    path("api/auth/", include("rest_framework.urls")),
]
handler400 = "config.handlers.bad_request"
handler403 = "config.handlers.permission_denied"
handler404 = "config.handlers.not_found"
handler500 = "config.handlers.server_error"
