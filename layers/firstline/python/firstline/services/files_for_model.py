"""Attached files as the language model is given them."""

from __future__ import annotations

from collections.abc import Callable

from firstline.domain.attachments import MAX_FILES, MAX_MODEL_IMAGE_BYTES
from firstline.domain.errors import NotFoundError
from firstline.domain.language_model import ModelImage
from firstline.domain.quoted_files import quoted
from firstline.domain.turn import Turn
from firstline.services.read_attachment import ReadAttachment


class FilesForModel:
    """Those of the question, then the newest of those before: a second question is often about the same file.

    Parameters
    ----------
    attachment_tokens : int
        Estimated tokens of the texts of all files, >= 0.
    """

    def __init__(self, read_attachment: ReadAttachment, *, attachment_tokens: int) -> None:
        self._read_attachment = read_attachment
        self._attachment_tokens = attachment_tokens

    def of_turn(self, turn: Turn, *, hide: Callable[[str], str]) -> tuple[str, tuple[ModelImage, ...]]:
        """Return their texts, marked as data, and the pictures; ``hide`` takes personal data out of a text."""
        files = [*turn.identified.attachments, *turn.identified.earlier_attachments][:MAX_FILES]
        images, texts = [], []
        for file in files:
            if not file.kind.is_image:
                texts.append((file, hide(self._read_attachment.text(turn.conversation_id, file.file_id))))
            elif file.size_bytes <= MAX_MODEL_IMAGE_BYTES:
                try:
                    content = self._read_attachment.content(turn.conversation_id, file.file_id)
                except NotFoundError:
                    # Its time is over.
                    continue
                images.append(ModelImage(file.kind.media_type, content))
                texts.append((file, ""))
        return quoted(texts, budget=self._attachment_tokens), tuple(images)
