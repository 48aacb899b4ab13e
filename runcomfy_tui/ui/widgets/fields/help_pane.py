"""Where the field under the cursor is explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.content import Content
from textual.geometry import Size

from runcomfy_tui.schema.fields import Field
from runcomfy_tui.ui.widgets.fields.help import description_of, facts_of, rules_of
from runcomfy_tui.ui.widgets.fields.unscrolled import Unscrolled


class HelpPane(Unscrolled):
    """As high as the longest explanation of the form needs, up to its `max-height`.

    So it keeps its height while the cursor goes through the form, and nothing around it moves or
    is painted again.
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._fields: tuple[Field, ...] = ()
        self._field: Field | None = None

    def prepare(self, fields: Iterable[Field]) -> None:
        """Make room for what there is to say about any of `fields`; say nothing yet.

        Lists have room for the fields of items that are not there yet.
        """
        self._fields = tuple(each for field in fields for each in (field, *_of_items(field)))
        self._field = None
        self.refresh(layout=True)

    def show(self, field: Field) -> None:
        """Explain `field`."""
        if field is not self._field:
            self._field = field
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines that the longest explanation takes at this width."""
        return max((len(_told_about(field).wrap(width)) for field in self._fields), default=0)

    def render(self) -> Content:
        width, height = self.content_size
        lines = _told_about(self._field).wrap(width) if self._field and width else []
        if len(lines) > height > 0:
            lines[height - 1 :] = [
                (lines[height - 1].rstrip() + " …").truncate(width, ellipsis=True)
            ]
        return Content("\n").join(lines)


def _of_items(field: Field) -> Iterator[Field]:
    for inner in field.item.children if field.item is not None else field.children:
        yield inner
        yield from _of_items(inner)


def _told_about(field: Field) -> Content:
    told = facts_of(field), description_of(field), rules_of(field)
    return Content("\n".join(part for part in told if part))
