from django.urls import path

from league.views import (
    catalogue,
    deliveries,
    invites,
    keys,
    memberships,
    players,
    rounds,
    users,
    wallets,
    webhooks,
)

urlpatterns = [
    path("time", catalogue.Time.as_view(), name="time"),
    path("leagues", catalogue.LeagueList.as_view(), name="leagues"),
    path("leagues/<slug:slug>", catalogue.LeagueDetail.as_view(), name="league"),
    path(
        "leagues/<slug:slug>/seasons", memberships.LeagueSeasons.as_view(), name="league-seasons"
    ),
    path("leagues/<slug:slug>/members", memberships.Members.as_view(), name="league-members"),
    path(
        "leagues/<slug:slug>/members/<uuid:member_id>",
        memberships.Member.as_view(),
        name="league-member",
    ),
    path(
        "leagues/<slug:slug>/membership",
        memberships.MyMembership.as_view(),
        name="league-membership",
    ),
    path("leagues/<slug:slug>/owner", memberships.Owner.as_view(), name="league-owner"),
    path("leagues/<slug:slug>/invites", invites.InviteList.as_view(), name="league-invites"),
    path(
        "leagues/<slug:slug>/invites/<uuid:invite_id>",
        invites.InviteDetail.as_view(),
        name="league-invite",
    ),
    path("invites/accept", invites.AcceptInvite.as_view(), name="invite-accept"),
    path("seasons", catalogue.SeasonList.as_view(), name="seasons"),
    path("seasons/<slug:slug>", catalogue.SeasonDetail.as_view(), name="season"),
    path("rounds", rounds.RoundList.as_view(), name="rounds"),
    path("rounds/<uuid:round_id>", rounds.RoundDetail.as_view(), name="round"),
    path(
        "rounds/<uuid:round_id>/observations",
        rounds.RoundObservations.as_view(),
        name="round-observations",
    ),
    path("rounds/<uuid:round_id>/events", rounds.RoundEvents.as_view(), name="round-events"),
    path("players", players.PlayerList.as_view(), name="players"),
    path("players/me", players.Me.as_view(), name="me"),
    path("players/me/wallet", wallets.MyWallet.as_view(), name="my-wallet"),
    path("auth/wallet/nonce", wallets.Nonce.as_view(), name="wallet-nonce"),
    path("auth/wallet/verify", wallets.SignIn.as_view(), name="wallet-verify"),
    path("players/me/bots", players.MyBots.as_view(), name="my-bots"),
    path("players/<slug:handle>", players.PlayerDetail.as_view(), name="player"),
    path("keys", keys.KeyList.as_view(), name="keys"),
    path("keys/<slug:prefix>", keys.KeyDetail.as_view(), name="key"),
    path("keys/<slug:prefix>/rotate", keys.KeyRotation.as_view(), name="key-rotation"),
    path("webhooks", webhooks.WebhookList.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>", webhooks.WebhookDetail.as_view(), name="webhook"),
    path(
        "webhooks/<uuid:webhook_id>/secret",
        webhooks.WebhookSecret.as_view(),
        name="webhook-secret",
    ),
    path("webhooks/<uuid:webhook_id>/ping", deliveries.Ping.as_view(), name="webhook-ping"),
    path(
        "webhooks/<uuid:webhook_id>/deliveries",
        deliveries.DeliveryList.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>",
        deliveries.DeliveryDetail.as_view(),
        name="webhook-delivery",
    ),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/replay",
        deliveries.Replay.as_view(),
        name="webhook-replay",
    ),
    path("users/register", users.Register.as_view(), name="register"),
    path("users/<str:address>", users.UserDetail.as_view(), name="user"),
]
