"""Figures, addresses, codes and names that a text states."""

from __future__ import annotations

import pytest

from firstline.domain.claims import addresses, code_names, figures, names


def says(claim: str, source: str) -> bool:
    """Tell whether every figure of the claim stands in the source."""
    stated = figures(source)
    found = figures(claim)
    assert found, claim
    return all(any(figure.is_stated_by(other) for other in stated) for figure in found)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("1,000 members", "1000 members"),
        ("1.000 Mitglieder", "1,000 members"),
        ("thirty days", "30 days"),
        ("twenty-one days", "21 days"),
        ("24 hours", "1 day"),
        ("one week is 7 days", "up to 7 days"),
        ("12 months", "1 year"),
        ("30 days", "1 month"),
        ("3,50 \u20ac", "3.50 euro"),
        ("USD 20", "$20"),
        ("20%", "20 percent"),
        ("7 pm", "19:00"),
        ("2.5k", "2,500"),
        ("two hundred rows", "200 rows"),
        ("5 days", "after 1, 3, 5 and 7 days"),
        ("10 working days", "10 days"),
        ("1 GB", "1,000 MB"),
        ("10 members", "10 people"),
        ("on 31 March 2026", "31 March 2026"),
        ("2 Stunden", "2 hours"),
    ],
)
def test_the_same_number_written_in_another_way_is_the_same(claim: str, source: str) -> None:
    assert says(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("30 hours", "30 days"),
        ("$30", "30 percent"),
        ("\u20ac5", "$5"),
        ("1,000", "100"),
        ("10 GB", "10 MB"),
        ("7 am", "19:00"),
        ("fourteen days", "40 days"),
        ("0.5", "5"),
    ],
)
def test_another_number_or_unit_is_another(claim: str, source: str) -> None:
    assert not says(claim, source)


def test_digits_of_codes_and_addresses_are_no_figures() -> None:
    assert figures("SYNC-409 at status2.example.com/v2 or a1@b2.example") == ()
    assert figures("One of them is enough.") == ()


def test_addresses_are_compared_without_scheme_and_closing_marks() -> None:
    text = "See https://www.help.example/billing#a, or write to Billing@help.example."
    assert addresses(text) == ["billing@help.example", "help.example/billing#a"]
    assert addresses("Version 3.5 is out. No address here.") == []


def test_codes_are_found_and_versions_are_not() -> None:
    assert code_names("SYNC-409 and job_2, but 3.5 and v2") == ["sync-409", "job_2"]


def test_names_are_capitalised_words_within_a_sentence() -> None:
    text = "Open **Settings**. Then Google Calendar shows it, says SAML."
    assert list(names(text)) == ["Settings", "Google", "Calendar", "SAML"]
    assert list(names("- Choose it\n- `Not This`")) == []
