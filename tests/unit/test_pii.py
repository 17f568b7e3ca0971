"""Personal data is found where it is, and of its kind."""

from itertools import pairwise

import pytest

from firstline.domain.checksums import is_national_id
from firstline.domain.pii import PiiKind, find_pii
from firstline.domain.pii_placeholders import held_back, hide, restore


def found(text):
    return {(text[span.start : span.end], span.kind) for span in find_pii(text)}


@pytest.mark.parametrize(
    ("text", "piece", "kind"),
    [
        ("write to anna@mail.example today", "anna@mail.example", PiiKind.EMAIL),
        ("call +49 30 1234567 today", "+49 30 1234567", PiiKind.PHONE),
        ("card 4111 1111 1111 1111 please", "4111 1111 1111 1111", PiiKind.CARD),
        ("to DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00", PiiKind.IBAN),
        ("my SSN is 460-89-9847", "460-89-9847", PiiKind.NATIONAL_ID),
        ("my CPF: 529.982.247-25", "529.982.247-25", PiiKind.NATIONAL_ID),
        ("from 192.168.1.20 only", "192.168.1.20", PiiKind.IP),
        ("see https://shop.example/a?b=1 there", "https://shop.example/a?b=1", PiiKind.URL),
        ("born on 12 May 1980 in winter", "12 May 1980", PiiKind.DATE),
        ("password: hunter2, thanks", "hunter2", PiiKind.SECRET),
        ("my name is Anna Berger and it fails", "Anna Berger", PiiKind.PERSON),
        ("I live in Germany", "Germany", PiiKind.PLACE),
        ("France is lovely when it rains", "France", PiiKind.PLACE),
        ("postcode: 10115, thanks", "10115", PiiKind.PLACE),
        ("nobody picks up at 0171 555 01 99", "0171 555 01 99", PiiKind.PHONE),
        ("we met Katarzyna Nowak at noon", "Katarzyna Nowak", PiiKind.PERSON),
        ("I work for Veridata Systems in sales", "Veridata Systems", PiiKind.ORGANISATION),
    ],
)
def test_a_piece_of_personal_data_is_found(text, piece, kind):
    assert (piece, kind) in found(text)


def test_a_postal_address_is_one_place():
    text = "Please send it to 12 Baker Street, London NW1 6XE"
    places = [text[span.start : span.end] for span in find_pii(text) if span.kind is PiiKind.PLACE]
    assert len(places) == 1
    assert "Baker Street, London" in places[0]


def test_spans_are_in_order_and_never_overlap():
    text = "Anna Berger, anna@mail.example, +49 30 1234567, https://x.example/?m=anna@mail.example, 2026-11-21 10:30"
    spans = find_pii(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(0 <= span.confidence <= 1 for span in spans)


@pytest.mark.parametrize("text", ["How do I reset my password?", "Open Settings and press Save.", "thanks, bye", ""])
def test_texts_without_personal_data_have_none(text):
    assert find_pii(text) == []


@pytest.mark.parametrize(
    ("number", "holds"),
    [
        ("12345678Z", True),
        ("12345678A", False),  # pragma: allowlist secret
        ("811228-9874", True),  # pragma: allowlist secret
        ("811228-9875", False),
        ("44051401359", True),  # pragma: allowlist secret
        ("44051401358", False),  # pragma: allowlist secret
        ("RSSMRA85T10A562S", True),  # pragma: allowlist secret
        ("RSSMRA85T10A562T", False),  # pragma: allowlist secret
        ("1 85 05 78 006 084 91", True),
        ("000-12-3456", False),
    ],
)
def test_checksums_decide_about_national_ids(number, holds):
    assert is_national_id(number) is holds


def test_placeholders_are_undone_exactly():
    text = "My name is Anna Berger, mail anna@mail.example, again anna@mail.example."
    hidden, mapping = hide(text, {})
    assert "anna" not in hidden.lower()
    assert hidden.count("[email_") == 2
    assert restore(hidden, mapping) == text


def test_a_value_keeps_its_placeholder_through_a_conversation():
    first, mapping = hide("I am at anna@mail.example", {})
    second, further = hide("it is anna@mail.example or tom@mail.example", mapping)
    assert first.split()[-1] in second
    assert restore(second, further) == "it is anna@mail.example or tom@mail.example"
    assert mapping.items() <= further.items()


def test_a_placeholder_that_a_customer_writes_does_not_become_another_value():
    _, mapping = hide("I am at anna@mail.example", {})
    placeholder = next(iter(mapping))
    written = f"what is {placeholder}?"
    hidden, further = hide(written, mapping)
    assert placeholder not in hidden
    assert restore(hidden, further) == written


@pytest.mark.parametrize(("text", "held"), [("see [email", 6), ("see [email_1]", 0), ("see", 0), ("[", 1)])
def test_the_beginning_of_a_placeholder_is_held_back(text, held):
    assert held_back(text) == held
