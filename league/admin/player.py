"""Players: registered by the domain, suspended by unticking `is_active`."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from chain import addresses
from league import players
from league.models import Player
from league.models.player import Kind
from league.players import Profile

SHOWN = (
    "handle",
    "kind",
    "user",
    "wallet_address",
    "wallet_proved_at",
    "is_demo",
    "registered_at",
)


class PlayerForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """Used for adding: people and bots; built-in players register themselves."""

    kind = forms.ChoiceField(choices=[(Kind.HUMAN, "Human"), (Kind.BOT, "Bot")])

    class Meta:
        model = Player
        fields = ("handle", "name", "kind", "user", "is_primary", "wallet_address")

    def clean_wallet_address(self) -> str | None:
        value = self.cleaned_data["wallet_address"]
        try:
            return addresses.normalise(value) if value else None
        except addresses.InvalidAddress as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("kind") == Kind.BOT and not cleaned.get("user"):
            self.add_error("user", ValidationError("A bot has an owner."))
        return cleaned


@admin.register(Player)
class PlayerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("handle", "name", "kind", "user", "is_active", "is_primary", "is_demo")
    list_filter = ("kind", "is_active", "is_demo")
    list_select_related = ("user",)
    search_fields = ("handle", "name")
    raw_id_fields = ("user",)
    ordering = ("pk",)

    def get_form(
        self, request: HttpRequest, obj: Player | None = None, *args: Any, **kwargs: Any
    ) -> "type[ModelForm[Player]]":
        if obj is None:
            kwargs["form"] = PlayerForm
        form: type[ModelForm[Player]] = super().get_form(request, obj, *args, **kwargs)
        return form

    def get_fields(self, request: HttpRequest, obj: Player | None = None) -> tuple[str, ...]:
        del request
        return (*SHOWN, "name", "is_primary", "is_active") if obj else PlayerForm.Meta.fields

    def get_readonly_fields(
        self, request: HttpRequest, obj: Player | None = None
    ) -> tuple[str, ...]:
        """Who and what a player is never changes; its kind decides who it is ranked with."""
        del request
        return SHOWN if obj else ()

    def save_model(self, request: HttpRequest, obj: Player, *args: Any, **kwargs: Any) -> None:
        if obj.pk is None:
            obj.pk = registered(obj).pk
        else:
            super().save_model(request, obj, *args, **kwargs)

    def has_delete_permission(self, *_: Any, **__: Any) -> bool:
        """Suspend instead: entries and scores refer to it."""
        return False


def registered(player: Player) -> Player:
    profile = Profile(player.handle, player.name, player.wallet_address)
    now = timezone.now()
    if player.kind == Kind.BOT and player.user is not None:
        return players.register_bot(
            profile=profile, owner=player.user, now=now, is_primary=player.is_primary
        )
    return players.register_human(profile=profile, user=player.user, now=now)
