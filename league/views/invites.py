"""Invitations into a private league: made, listed, revoked and accepted."""

from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import invites, memberships, permissions
from league.models import Invite
from league.models.membership import STEWARDS, Role
from league.serializers import leagues as shapes
from league.views.memberships import mine
from league.views.players import person, validated

EXAMPLE: Final = {"token": "lg_invite_" + "0" * 64}


@extend_schema_view(get=extend_schema(operation_id="invite_list", tags=["league"]))
class InviteList(generics.ListAPIView[Invite]):
    """The invitations of your league, the newest first: for its owner and operators.

    A new one's token is shown once and kept nowhere: an Idempotency-Key has no effect here.
    """

    permission_classes = (permissions.LeagueScoped,)
    queryset = Invite.objects.none()
    serializer_class = shapes.InviteSerializer
    ordering = ("-pk",)

    def get_queryset(self) -> QuerySet[Invite]:
        by = mine(self.request, self.kwargs["slug"])
        memberships.require(by, *STEWARDS)
        return Invite.objects.filter(league=by.league)

    @extend_schema(
        operation_id="invite_create",
        tags=["league"],
        request=shapes.NewInviteSerializer,
        responses={201: shapes.IssuedInviteSerializer},
        examples=[
            OpenApiExample(
                "Ten members",
                {"role": "member", "max_uses": 10, "expires_at": "2026-04-01T00:00:00Z"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, slug: str) -> Response:
        by = mine(request, slug)
        form = validated(shapes.NewInviteSerializer, request)
        wanted = invites.Wanted(**form | {"role": Role(form["role"])})
        issued = invites.issue(wanted, by=by, now=timezone.now())
        body = shapes.InviteSerializer(issued.invite).data
        return Response(body | {"token": issued.token}, status=201)


class InviteDetail(APIView):
    """One invitation of your league."""

    permission_classes = (permissions.LeagueScoped,)

    @extend_schema(operation_id="invite_revoke", tags=["league"], responses={204: None})
    def delete(self, request: Request, slug: str, invite_id: UUID) -> Response:
        """Nobody joins by it from now on; whoever joined stays."""
        by = mine(request, slug)
        memberships.require(by, *STEWARDS)
        invite: Invite = get_object_or_404(Invite, league=by.league, pk=invite_id)
        invites.revoke(invite, by=by, now=timezone.now())
        return Response(status=204)


class AcceptInvite(APIView):
    """Join a private league."""

    permission_classes = (permissions.LeagueScoped,)

    @extend_schema(
        operation_id="invite_accept",
        tags=["league"],
        request=shapes.TokenSerializer,
        responses=shapes.MyMembershipSerializer,
        examples=[OpenApiExample("A token", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """A token that is unknown, expired, used up or revoked is not found, without saying which.

        Whoever is a member already stays what they are and uses nothing up.
        """
        token = validated(shapes.TokenSerializer, request)["token"]
        joined = invites.accept(token, user=person(request), now=timezone.now())
        return Response(shapes.MyMembershipSerializer(joined).data)
