"""The forms of a page as a browser would send them back, to spoil one field at a time."""

from html.parser import HTMLParser

Fields = dict[str, list[str]]


class FormReader(HTMLParser):
    """Collects what every named control holds; a list for the ones that hold several."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = {}
        self.select, self.area = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        name, value = of.get("name") or "", of.get("value") or ""
        if tag == "input" and name and of.get("type") not in {"submit", "button", "file"}:
            is_on = of.get("type") not in {"checkbox", "radio"} or "checked" in of
            self.fields.setdefault(name, []).extend(
                [value or "on"] if is_on and (value or "checked" in of) else []
            )
        elif tag == "select" and name:
            self.select = name
            self.fields.setdefault(name, [])
        elif tag == "option" and self.select and "selected" in of:
            self.fields[self.select].append(value)
        elif tag == "textarea" and name:
            self.area = name
            self.fields[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area][0] += data


def fields_of(page: str) -> Fields:
    """By name, without the token against forgery and what belongs to the admin's own search."""
    reader = FormReader()
    reader.feed(page)
    return {
        name: values
        for name, values in reader.fields.items()
        if name not in {"csrfmiddlewaretoken", "q"} and "__prefix__" not in name
    }
