"""What counts as a decoded mail."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.evaluation import mime
from tests.unit.knowledge_doubles import WordEmbedder

ARABIC = "\u0646\u0633\u064a\u062a \u0627\u0644\u0645\u0631\u0648\u0631 \u0627\u0644\u062e\u0627\u0635\u0629"


def measured(folder: Path, *texts: str) -> dict[str, float]:
    for number, text in enumerate(texts):
        head = "Content-Type: text/plain; charset=utf-8\n\n"
        (folder / f"{number}.eml").write_bytes((head + text).encode())
    result = mime.evaluate(folder, WordEmbedder(), limit=None, seed=0, progress=lambda *_: None)
    return result["ours"]


def test_a_mail_without_text_is_not_decoded_and_is_counted(tmp_path: Path) -> None:
    ours = measured(tmp_path, "Gr\u00fc\u00dfe", " \n")
    assert (ours["decoded"], ours["without_text"]) == (0.5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Gr\u00fc\u00dfe".encode().decode("cp1252"),
        "\u201cquoted\u201c".encode().decode("cp1252"),
        "\u043f\u0440\u0438\u0432\u0435\u0442".encode().decode("latin-1"),
        ARABIC.encode("cp1256").decode("cp1251"),
        "a \ufffd b",
        "Gr=C3=BC=C3=9Fe=20",
    ],
    ids=["windows-1252", "quotes", "latin-1", "cyrillic", "replaced", "quoted-printable"],
)
def test_a_text_read_by_the_wrong_charset_is_not_decoded(tmp_path: Path, text: str) -> None:
    assert measured(tmp_path, text)["decoded"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "\u00c0 bient\u00f4t \u00ab voil\u00e0 \u00bb \u2013 5 \u20ac, caf\u00e9\u2019s \u00c4rger \u00a7 5",
        "S\u00c3O PAULO, \u00c2NGULO, \u00c5\u00c4\u00d6, se\u00f1or \u00bfqu\u00e9?",
        "\u041f\u0440\u0438\u0432\u0435\u0442, \u041c\u043e\u0441\u043a\u0432\u0430",
        "\u6ce8\u6587 12",
    ],
)
def test_ordinary_letters_of_many_languages_are_decoded(tmp_path: Path, text: str) -> None:
    assert measured(tmp_path, text)["decoded"] == 1
