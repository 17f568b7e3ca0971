"""A mail's own pictures on the page that shows it."""

from __future__ import annotations

import base64

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.own_pictures import MAX_PICTURE_BYTES, own_pictures
from firstline.domain.mail.parsed_mail import MailFile

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
RAW = (
    b"From: ada@far.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
    b'--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:logo@far">\r\n'
    b"--b\r\nContent-Type: image/png\r\nContent-ID: <logo@far>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(PNG)
    + b"\r\n--b--\r\n"
)


def picture(content: bytes, content_id: str = "a", media_type: str = "image/png") -> MailFile:
    return MailFile("x", media_type, content, inline=True, content_id=content_id)


def test_a_picture_is_named_by_its_content_id_and_holds_its_bytes() -> None:
    found = own_pictures(parse_mail(RAW).files)
    assert list(found) == ["logo@far"]
    kind, _, data = found["logo@far"].partition(";base64,")
    assert (kind, base64.b64decode(data)) == ("data:image/png", PNG)


def test_only_the_bytes_tell_what_a_picture_is() -> None:
    script = b'<svg xmlns="http://www.w3.org/2000/svg" onload="owned()"/>'
    found = own_pictures(
        [
            picture(script, "svg", "image/svg+xml"),
            picture(script, "called png"),
            picture(b"<html>", "html", "text/html"),
            picture(b"\xff\xd8\xff\xe0", "jpeg", "text/html"),
            picture(b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
            picture(b"RIFF\x00\x00\x00\x00WAVE", "wave"),
            picture(b"GIF89a", "gif"),
            picture(PNG, ""),
        ]
    )
    kinds = {name: address.partition(";")[0] for name, address in found.items()}
    assert kinds == {"jpeg": "data:image/jpeg", "webp": "data:image/webp", "gif": "data:image/gif"}


def test_the_first_of_a_name_counts_and_a_page_stays_within_its_size() -> None:
    large = PNG + bytes(MAX_PICTURE_BYTES - len(PNG) - 100)
    found = own_pictures([picture(large, "a"), picture(PNG + b"other", "a"), picture(large, "b"), picture(PNG, "c")])
    assert sorted(found) == ["a", "c"]
    assert len("".join(found.values())) < 3_000_000
