"""What can be wrong with an attached file.

::

    InvalidInputError
    |-- UnsupportedAttachmentError   a file of a kind that is not taken           no retry   415
    |-- UnreadableAttachmentError    empty, broken, encrypted, not what it says   no retry   422
    |-- AttachmentTooLargeError      over 4.5 MB                                  no retry   413
    `-- TooManyAttachmentsError      the conversation has all it may have         no retry   422
    ConflictError
    |-- AttachmentUnfinishedError    it has not been uploaded yet                 no retry   409
    |-- AttachmentUploadedError      its address was used before                  no retry   409
    `-- AttachmentUsedError          it is another message's                      no retry   409
"""

from __future__ import annotations

from firstline.domain.errors import ConflictError, InvalidInputError


class UnsupportedAttachmentError(InvalidInputError):
    """Files of this kind are not taken."""


class UnreadableAttachmentError(InvalidInputError):
    """A file is empty, broken, encrypted, unpacks into too much, or is not what its name says."""


class AttachmentTooLargeError(InvalidInputError):
    """A file is larger than one may be."""


class TooManyAttachmentsError(InvalidInputError):
    """The conversation has as many files as it may have."""


class AttachmentUnfinishedError(ConflictError):
    """The file was announced, but has not been uploaded yet."""


class AttachmentUploadedError(ConflictError):
    """The address of this upload was used before; what came first stays."""


class AttachmentUsedError(ConflictError):
    """The file belongs to another message."""
