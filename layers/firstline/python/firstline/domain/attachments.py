"""Files that customers attach to their messages: which are taken, and how they are called."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.attachment_errors import (
    AttachmentTooLargeError,
    UnreadableAttachmentError,
    UnsupportedAttachmentError,
)
from firstline.domain.errors import InvalidInputError, InvalidMessageError
from firstline.domain.text import is_id

MAX_FILES: Final = 5
"""Of one message."""
MAX_FILE_BYTES: Final = 4_718_592
"""Of one file: 4.5 MB."""
MAX_FORM_BYTES: Final = 4_194_304
"""Of all files in one form: API Gateway hands 6 MB to a function, and in base64 a file grows by a third."""
MAX_MODEL_IMAGE_BYTES: Final = 3_750_000
"""Of a picture that a model is shown: its service takes 5 MB of base64."""
MAX_TEXT_CHARACTERS: Final = 40_000
"""That are kept of a file's text; a model's budget is smaller."""

PERSON_OFFER: Final = "If somebody should look at it, ask for a person."

_LONGEST_NAME = 120
_LONGEST_SUFFIX = 10
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


class AttachmentKind(StrEnum):
    """What a file is, by its content."""

    PDF = "pdf"
    DOCX = "docx"
    MARKDOWN = "md"
    TEXT = "txt"
    HTML = "html"
    CSV = "csv"
    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def is_image(self) -> bool:
        """It is seen, not read."""
        return self in (AttachmentKind.PNG, AttachmentKind.JPEG, AttachmentKind.WEBP)

    @property
    def media_type(self) -> str:
        """What it is served as: never as a page that a browser would show."""
        if self.is_image:
            return f"image/{self.value}"
        return "application/pdf" if self is AttachmentKind.PDF else "application/octet-stream"


class Attachment(BaseModel):
    """A file that was checked, as messages name it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    file_id: str
    name: str
    kind: AttachmentKind
    size_bytes: int = Field(ge=1)


_DOCUMENTS = {
    ".pdf": AttachmentKind.PDF,
    ".docx": AttachmentKind.DOCX,
    ".md": AttachmentKind.MARKDOWN,
    ".markdown": AttachmentKind.MARKDOWN,
    ".txt": AttachmentKind.TEXT,
    ".log": AttachmentKind.TEXT,
    ".html": AttachmentKind.HTML,
    ".htm": AttachmentKind.HTML,
    ".csv": AttachmentKind.CSV,
}
_IMAGES = (".png", ".jpg", ".jpeg", ".webp")
_REFUSED = {
    "a video": ".mp4 .mov .webm .avi .mkv .m4v .mpg .mpeg .wmv .3gp",
    "a sound recording": ".mp3 .wav .m4a .ogg .opus .flac .aac",
    "a spreadsheet": ".xlsx .xls .xlsm .ods .numbers",
    "a set of slides": ".pptx .ppt .odp .key",
    "a document of another format": ".doc .odt .rtf .pages .eml .msg",
    "a picture of another format": ".gif .bmp .tif .tiff .heic .heif .svg .avif .ico",
    "an archive": ".zip .rar .7z .tar .gz .tgz",
}
_REFUSED_AS = {suffix: words for words, suffixes in _REFUSED.items() for suffix in suffixes.split()}
_TAKEN = "pdf, docx, md, txt, html, csv, png, jpeg and webp"


def clean_name(name: str) -> str:
    """Return a file's name without folders, control and direction characters, at most 120 characters long.

    Raises
    ------
    InvalidInputError
        Nothing is left of it.
    """
    last = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode()).replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        " " if letter.isspace() else letter for letter in last if unicodedata.category(letter) not in _HIDDEN
    )
    kept = " ".join(kept.split()).lstrip(".").strip()
    if not kept:
        raise InvalidInputError("the file has no name")
    suffix = PurePosixPath(kept).suffix
    suffix = suffix if len(suffix) <= _LONGEST_SUFFIX else ""
    return kept if len(kept) <= _LONGEST_NAME else kept[: _LONGEST_NAME - len(suffix)] + suffix


def promised_kind(name: str) -> AttachmentKind | None:
    """Return the document that a name promises; None where it promises a picture, whose content says which.

    Raises
    ------
    UnsupportedAttachmentError
        Files of that kind are not taken; the message names the kind.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _IMAGES:
        return None
    if suffix not in _DOCUMENTS:
        words = _REFUSED_AS.get(suffix, "of a format that is not read here")
        raise UnsupportedAttachmentError(f"{name} is {words}; what can be sent is {_TAKEN}. {PERSON_OFFER}")
    return _DOCUMENTS[suffix]


def image_kind(name: str, content: bytes) -> AttachmentKind:
    """Return which picture it is, by its first bytes, whichever picture the name promises.

    Raises
    ------
    UnreadableAttachmentError
        It is none that is taken.
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        return AttachmentKind.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return AttachmentKind.JPEG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return AttachmentKind.WEBP
    raise UnreadableAttachmentError(
        f"{name} is called a picture, but its content is no png, jpeg or webp. {PERSON_OFFER}"
    )


def check_size(name: str, size_bytes: int) -> None:
    """Refuse a file by its size.

    Raises
    ------
    UnreadableAttachmentError
        It is empty.
    AttachmentTooLargeError
        It has more than 4.5 MB.
    """
    if size_bytes <= 0:
        raise UnreadableAttachmentError(f"{name} is empty")
    if size_bytes > MAX_FILE_BYTES:
        raise AttachmentTooLargeError(f"{name} has {size_bytes / 1024**2:.1f} MB; a file may have 4.5 MB")


def checked_file_ids(file_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the ids that a message names.

    Raises
    ------
    InvalidMessageError
        More than 5, one twice, or one that is no id.
    """
    if len(file_ids) > MAX_FILES:
        raise InvalidMessageError(f"a message may have {MAX_FILES} attachments")
    if len(set(file_ids)) < len(file_ids):
        raise InvalidMessageError("an attachment is named twice")
    if not all(is_id(file_id) for file_id in file_ids):
        raise InvalidMessageError("attachments must be ids that POST /attachments has given")
    return tuple(file_ids)


def need_a_person(attachments: Iterable[Attachment], *, model: bool) -> bool:
    """Tell whether the bot cannot look at one of them: there is no model, or it is a picture too large for it."""
    return any(not model or (file.kind.is_image and file.size_bytes > MAX_MODEL_IMAGE_BYTES) for file in attachments)
