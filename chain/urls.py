from django.urls import path

from chain import views

urlpatterns = [
    path("chain/info", views.InfoView.as_view(), name="chain-info"),
    path("chain/abi", views.AbiView.as_view(), name="chain-abi"),
    path("chain/anchors", views.AnchorsView.as_view(), name="chain-anchors"),
    path("chain/ledger", views.LedgerView.as_view(), name="chain-ledger"),
    path("chain/verify", views.VerifyView.as_view(), name="chain-verify"),
]
