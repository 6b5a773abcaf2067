from django.urls import path

from markets import views

urlpatterns = [
    path("assets", views.AssetList.as_view(), name="assets"),
    path("assets/<str:symbol>", views.AssetDetail.as_view(), name="asset"),
    path("assets/<str:symbol>/bars", views.BarList.as_view(), name="asset-bars"),
    path("price", views.Price.as_view(), name="price"),
]
