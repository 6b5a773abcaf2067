"""Private leagues from the inside: seasons, members, and who decides."""

from functools import partial
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import answers, leagues, memberships, permissions, visibility
from league.models import League, Membership, Player
from league.models.membership import Role
from league.models.player import Kind
from league.serializers import leagues as shapes
from league.serializers.catalogue import SeasonSerializer
from league.views import idempotency
from league.views.players import person, validated


class LeagueSeasons(APIView):
    """The seasons of a private league: GET /seasons?league= lists them."""

    permission_classes = (permissions.LeagueScopedOrReadOnly,)

    @extend_schema(
        operation_id="league_start_season",
        tags=["league"],
        request=shapes.NewSeasonSerializer,
        parameters=idempotency.PARAMETERS,
        responses={201: SeasonSerializer},
        examples=[
            OpenApiExample(
                "Four weeks",
                {"name": "Spring", "ends_at": "2026-04-28T00:00:00Z"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, slug: str) -> Response:
        """As its owner or an operator, one season at a time. The rules of the league are pinned in
        it by their hash; prices come from where this site's own seasons have them.
        """
        now, by = timezone.now(), mine(request, slug)
        form = {"starts_at": now} | validated(shapes.NewSeasonSerializer, request)
        act = partial(leagues.start, leagues.Wish(**form), by=by, now=now)
        return idempotency.answer(
            request,
            act=partial(answers.together, act),
            show=lambda season: Response(SeasonSerializer(season).data, status=201),
        )


@extend_schema_view(get=extend_schema(operation_id="league_members", tags=["league"]))
class Members(generics.ListAPIView[Membership]):
    """Who belongs to a league, in order of joining: for its members."""

    permission_classes = (permissions.LeagueScoped,)
    queryset = Membership.objects.none()
    serializer_class = shapes.MemberSerializer
    ordering = ("pk",)

    def get_queryset(self) -> QuerySet[Membership]:
        return named(inside(self.request, self.kwargs["slug"]))


class Member(APIView):
    """One member of your league."""

    permission_classes = (permissions.LeagueScoped,)

    @extend_schema(
        operation_id="league_member_change",
        tags=["league"],
        request=shapes.RoleSerializer,
        responses=shapes.MemberSerializer,
        examples=[OpenApiExample("An operator", {"role": "operator"}, request_only=True)],
    )
    def patch(self, request: Request, slug: str, member_id: UUID) -> Response:
        """As the owner: make a member an operator, or the reverse."""
        by = mine(request, slug)
        role = Role(validated(shapes.RoleSerializer, request)["role"])
        memberships.change_role(theirs(by, member_id), role=role, by=by, now=timezone.now())
        changed = get_object_or_404(named(by.league), pk=member_id)
        return Response(shapes.MemberSerializer(changed).data)

    @extend_schema(operation_id="league_member_remove", tags=["league"], responses={204: None})
    def delete(self, request: Request, slug: str, member_id: UUID) -> Response:
        """As the owner anybody else, as an operator a member. What was entered counts."""
        by = mine(request, slug)
        memberships.remove(theirs(by, member_id), by=by, now=timezone.now())
        return Response(status=204)


class MyMembership(APIView):
    """What you are in a league."""

    permission_classes = (permissions.LeagueScoped,)

    @extend_schema(
        operation_id="league_membership",
        tags=["league"],
        responses=shapes.MyMembershipSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        return Response(shapes.MyMembershipSerializer(mine(request, slug)).data)

    @extend_schema(operation_id="league_leave", tags=["league"], responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Leave it. What you entered counts, and stays yours to read. Owners hand over first."""
        memberships.leave(mine(request, slug), now=timezone.now())
        return Response(status=204)


class Owner(APIView):
    """The owner of a league."""

    permission_classes = (permissions.LeagueScoped,)

    @extend_schema(
        operation_id="league_transfer",
        tags=["league"],
        request=shapes.SuccessorSerializer,
        responses=shapes.MyMembershipSerializer,
        examples=[
            OpenApiExample(
                "A member",
                {"member": "0193f8a0-0000-7000-8000-000000000001"},
                request_only=True,
            )
        ],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Hand your league over to one of its members; you stay on as an operator."""
        by = mine(request, slug)
        successor = validated(shapes.SuccessorSerializer, request)["member"]
        memberships.transfer(to=theirs(by, successor), by=by, now=timezone.now())
        return Response(shapes.MyMembershipSerializer(mine(request, slug)).data)


def mine(request: Request, slug: str) -> Membership:
    """:raises django.http.Http404: for whoever is no member.
    :raises rest_framework.exceptions.PermissionDenied: for a key without an account.
    """
    found = Membership.objects.select_related("league", "user")
    one: Membership = get_object_or_404(found, league__slug=slug, user=person(request))
    return one


def theirs(by: Membership, member_id: UUID) -> Membership:
    found = Membership.objects.select_related("league", "user").filter(league=by.league)
    one: Membership = get_object_or_404(found, pk=member_id)
    return one


def inside(request: Request, slug: str) -> League:
    """The league, for its members and for organisers.

    :raises django.http.Http404: for everybody else, public though the league may be.
    """
    user = person(request)
    league: League = get_object_or_404(visibility.leagues(user), slug=slug)
    return league if user.is_staff else mine(request, slug).league


def named(league: League) -> QuerySet[Membership]:
    """Members with the handle and name of their human players."""
    people = Player.objects.filter(user=OuterRef("user"), kind=Kind.HUMAN)
    return Membership.objects.filter(league=league).annotate(
        handle=Subquery(people.values("handle")[:1]),
        player_name=Subquery(people.values("name")[:1]),
    )
