"""How numbers and times are written on the pages: signs always, UTC always."""

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config import instants

register = template.Library()
MINUS, THIN, ABSENT = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}", "\N{EM DASH}"
THOUSAND = 1000
GLYPHS = {
    "human": "\N{BLACK CIRCLE}",
    "bot": "\N{BLACK SQUARE}",
    "ai": "\N{BLACK DIAMOND}",
    "house": "\N{BLACK UP-POINTING TRIANGLE}",
    "crowd": "\N{FISHEYE}",
}
NAMES = {"human": "Human", "bot": "Bot", "ai": "AI", "house": "House", "crowd": "Crowd"}


def signed(value: float, places: int) -> str:
    """+1.50, a true minus sign, and no sign on what rounds to nothing."""
    text = f"{abs(value):,.{places}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


@register.filter
def points(milli: int | None, places: int = 2) -> str:
    """Milli-points as points."""
    return signed(milli / 1000, places) if isinstance(milli, int) else ABSENT


@register.filter
def leaning(value: float | None) -> str:
    """A style name for the sign, beside the sign itself."""
    if not value:
        return "even"
    return "up" if value > 0 else "down"


@register.filter
def number(value: float | None, places: int = 1) -> str:
    return ABSENT if value is None else signed(value, places)


@register.filter
def price(value: Decimal | None) -> str:
    """About six significant figures, in groups of three."""
    if value is None:
        return ABSENT
    if abs(value) >= THOUSAND:
        return f"{value:,.2f}"
    return f"{value:,.4f}" if abs(value) >= 1 else f"{value:.8f}"


@register.filter
def change(basis_points: float | None) -> str:
    """Basis points of log return as a percentage with its sign."""
    return ABSENT if basis_points is None else f"{signed(basis_points / 100, 2)}{THIN}%"


@register.filter
def spread(basis_points: float | None) -> str:
    """Basis points as a percentage that has no direction."""
    return ABSENT if basis_points is None else f"{basis_points / 100:.2f}{THIN}%"


@register.filter
def portion(share: float | None) -> str:
    """A share from 0 to 1 as a percentage."""
    return ABSENT if share is None else f"{100 * share:.0f}{THIN}%"


@register.filter
def stamp(at: datetime | None) -> SafeString | str:
    """A time element, to the minute."""
    if at is None:
        return ABSENT
    return format_html(
        '<time datetime="{}">{}</time>', instants.show_instant(at), f"{at:%-d %b %H:%M} UTC"
    )


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A time element, to the second, with its year."""
    if at is None:
        return ABSENT
    text = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}">{}</time>', instants.show_instant(at), text)


@register.simple_tag
def countdown(until: datetime, now: datetime) -> SafeString:
    """The time left as of the page; a script keeps it running where scripts run."""
    return format_html(
        '<time class="countdown" data-countdown datetime="{}">{}</time>',
        instants.show_instant(until),
        left(until - now),
    )


def left(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if span.total_seconds() <= 0:
        return "now"
    if days:
        return f"in {days} d {hours} h"
    if hours:
        return f"in {hours} h {minutes % 60} min"
    return f"in {minutes} min" if minutes else "in under a minute"


@register.simple_tag
def kind_badge(kind: str) -> SafeString:
    """A word, a shape and a border: never colour alone."""
    return format_html(
        '<span class="kind kind-{}"><span aria-hidden="true">{}</span> {}</span>',
        kind,
        GLYPHS[kind],
        NAMES[kind],
    )
