"""Keys that arrive faster than they are answered, handed on one by one.

Textual gives every key at once to the widget that has the focus at that moment. A key that opens
a screen is answered a little later, so of `F2 flux enter` in one packet, as a line that stalled
sends it, the letters would go into the form. Here each key waits until the one before it was
answered, until what the widget posted in answer (`enter` in a list makes a new line) came up to
the app, too, and until the screen that it may have opened has the focus.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

PATIENCE = 1.0
"""Seconds after which a key that was not answered holds up no other."""


class KeyOrder:
    """Follows each key on its way from the focus up to the app, and holds back those behind it."""

    def __init__(self, app: App[Any], hand_on: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._held: deque[events.Event] = deque()
        self._under_way: events.Event | None = None
        self._patience: asyncio.TimerHandle | None = None

    def holds(self, event: events.Event) -> bool:
        """Whether `event` has to wait; if so, it comes to the app again."""
        if self._under_way is None and not self._held:
            return False
        self._held.append(event)
        return True

    def follow(self, event: events.Event, target: MessagePump) -> None:
        """`event` was just given to `target`, or answered by the app itself."""
        self._under_way = event
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(PATIENCE, self._release, event)
        self._behind(event, target, target)

    def _behind(self, event: events.Event, node: MessagePump, target: MessagePump) -> None:
        """Come to `node` in its turn, which is when it has answered `event` or passed it on."""
        if not node.call_later(self._passed, event, node, target):
            self._soon(self._behind_answer, event, target)

    def _passed(self, event: events.Event, node: MessagePump, target: MessagePump) -> None:
        parent = node._parent
        is_letter = isinstance(event, events.Key) and event.is_printable
        # A screen stops every key, to look for what it is bound to: `/` opens the filter.
        if event._stop_propagation and is_letter and not isinstance(node, Screen):
            self._release(event)  # a letter went into a text: the focus is where it was
        elif event._stop_propagation or parent is None:
            self._soon(self._behind_answer, event, target)
        else:
            self._behind(event, parent, target)

    def _behind_answer(self, event: events.Event, node: MessagePump | None) -> None:
        """Go the same way once more, behind what was posted in answer to `event`."""
        if node is None or not node.call_later(self._behind_answer, event, node._parent):
            self._soon(self._answered, event)

    def _answered(self, event: events.Event) -> None:
        """The app did what the answer asked of it; a screen that it opened may still be empty."""
        stack = self._app.screen_stack
        if not (stack and stack[-1].call_later(self._release, event)):
            self._release(event)

    def _release(self, event: events.Event) -> None:
        if event is not self._under_way:
            return
        self._under_way = None
        if self._patience is not None:
            self._patience.cancel()
        if self._held:
            self._soon(self._next)

    async def _next(self) -> None:
        """Hand on the key that waited longest."""
        if self._held and self._under_way is None:
            await self._hand_on(self._held.popleft())
            if self._held and self._under_way is None:
                self._soon(self._next)

    def _soon(self, callback: Callable[..., object], *arguments: object) -> None:
        self._app.call_later(callback, *arguments)
