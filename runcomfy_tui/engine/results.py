"""What is done with result files, put together: saved, collected, looked at, found again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runcomfy_tui.api.download import Downloader
from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.engine.collector import Collector
from runcomfy_tui.engine.downloads import Downloads
from runcomfy_tui.engine.previews import Previews
from runcomfy_tui.engine.recalling import Recalling
from runcomfy_tui.engine.saved_outputs import SavedOutputs
from runcomfy_tui.engine.saving import Saving
from runcomfy_tui.history.collected import Collected
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.saved import SavedFiles


class Results:
    """The parts, made for one ledger in `folder`; `trouble` hears why nothing is collected."""

    def __init__(
        self,
        downloader: Downloader,
        mailbox: Mailbox,
        folder: Path,
        book: Book,
        ledger: Ledger,
        saving: Saving,
        trouble: Callable[[str | None], None],
    ) -> None:
        saved = SavedOutputs(SavedFiles(folder), sidecars=saving.sidecar)
        self.downloads = Downloads(downloader, mailbox, book.get, saving, saved)
        self.collector = Collector(saving.wishes, Collected(folder), self.downloads, saved, trouble)
        self.downloads.on_saved = self.collector.saved
        self.previews = Previews(downloader, self.downloads)
        self.recalling = Recalling(book, ledger, saved)

    async def aclose(self) -> None:
        """Stop what is under way; what has come so far is kept."""
        await self.collector.aclose()
        await self.downloads.aclose()
        await self.previews.aclose()
