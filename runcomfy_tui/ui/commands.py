"""Every key that does something now, as an entry of the command palette."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.binding import ActiveBinding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input


class QuietPalette(CommandPalette):
    """Textual's own, with a cursor that does not blink."""

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False


class BindingCommands(Provider):
    """Offers the bindings of the screen below by description and tooltip."""

    async def discover(self) -> Hits:
        for active in self._bindings():
            yield DiscoveryHit(self._title(active), partial(self._run, active), help=_help(active))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for active in self._bindings():
            title = self._title(active)
            if (score := matcher.match(title)) > 0:
                yield Hit(
                    score, matcher.highlight(title), partial(self._run, active), help=_help(active)
                )

    def _bindings(self) -> Iterator[ActiveBinding]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.id and binding.description and binding.id not in seen and active.enabled:
                seen.add(binding.id)
                yield active

    def _title(self, active: ActiveBinding) -> str:
        return f"{active.binding.description} ({self.app.get_key_display(active.binding)})"

    async def _run(self, active: ActiveBinding) -> None:
        await self.app.run_action(active.binding.action, active.node)


def _help(active: ActiveBinding) -> str:
    return " · ".join(part for part in (active.tooltip, active.binding.id) if part)
