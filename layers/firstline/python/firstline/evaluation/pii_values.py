"""Made-up people, places and organisations of many countries that fill the templates of the name tagger."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faker import Faker

_TITLES = ("Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Ms", "Miss", "Prof.", "Herr", "Frau", "Madame")
_SYLLABLES = (
    "no va te ra lu mi op ti ve ri pa lo ag ro bo he li ki ne mo qu an ta cor den fal gri hal jo kal mar nex or plu "
    "sol tri ul vex wi xan zen bri clo dra fle glo sto"
)
_ENDS = (
    "tech soft plan form wave path grid desk flow mark tron dyne via cast com ly ify io hub wise ware works lab labs "
    "net point base box link line sense logic metrics data cloud pay med bio gen us is ex on era ora"
)
_TAILS = (
    "Inc|Inc.|Ltd|Ltd.|LLC|GmbH|AG|Corporation|Corp.|Group|Systems|Bank|Holdings|Partners|Insurance|Technologies|S.A.|"
    "& Co|Media|PLC|Co.|Limited|& Sons|Brothers|Associates|Foundation|Institute|Software|Solutions|Services|Capital|"
    "Incorporated|Company|B.V.|Oy|AB|S.p.A.|SARL|Ventures|Analytics|Networks|International|Global"
)
_BUSINESS = (
    "Northern Pacific Atlantic Alpine Coastal Metro Crown Maple Silver Golden Falcon Lion Oak River Valley Precision "
    "Modern Advanced General Premier Textile Timber Marine Freight Logistics Bakery Brewing Optics Ceramics Robotics "
    "Foundry Shipping Publishing Pictures Hotels Catering Dairy Steel Paper Glass Pharma Biotech Telecom Finance "
    "Leasing Staffing Green Blue Red Bright Open Smart First United National Royal Civil Urban Rural Global Digital "
    "Energy Power Water Health Care Food Home Travel Credit Loan Rate Risk Legal Data Map School Job Car Fleet Farm "
    "Harbor Bridge Stone Field Forest Star Sun Moon Rocket Pixel Signal Compass Anchor Lantern Ladder Garden Kitchen "
    "Market Trade Exchange Trust Union League Press Post Times Journal Gazette Tribune Records Studios Research"
)
_KNOWN = (
    "Amazon Google Microsoft Apple Facebook Netflix Toyota Siemens Bosch IKEA Nestle Samsung Sony Philips Shell BP BMW "
    "Volkswagen Renault Airbus Boeing Lufthansa Ryanair Walmart Tesco Carrefour Lidl PayPal Visa Mastercard Citibank "
    "HSBC Barclays Santander UBS Reuters Bloomberg BBC CNN NASA UNICEF FIFA UEFA NATO FedEx UPS DHL Uber Spotify "
    "Adobe Oracle Intel Nvidia IBM Cisco Dell Vodafone Verizon Nokia Ericsson Pfizer Bayer Roche Adidas Nike Starbucks"
)


def value(slot: str, faker: Faker, rng: random.Random) -> str:
    """Return what a slot of a template is filled with, in the manner of the country that ``faker`` knows."""
    makers: dict[str, Callable[[], str]] = {
        "person": lambda: _person(faker, rng),
        "first": faker.first_name,
        "last": faker.last_name,
        "title": lambda: rng.choice(_TITLES),
        "city": lambda: _city(faker),
        "country": lambda: str(faker.country()) if rng.random() < 0.1 else _country(rng),
        "street": lambda: _street(faker, rng),
        "zip": faker.postcode,
        "address": lambda: _address(faker, rng),
        "org": lambda: _organisation(faker, rng),
        "job": lambda: faker.job().lower() if rng.random() < 0.5 else faker.job(),
        "phone": faker.phone_number,
        "num": lambda: str(rng.randrange(1, 9999)),
        "none": lambda: "",
        "sentence_word": lambda: rng.choice(["Very", "All", "Not", "Quite"]),
    }
    return makers[slot]().strip()


def _person(faker: Faker, rng: random.Random) -> str:
    first, last = faker.first_name(), faker.last_name()
    form = rng.random()
    if form < 0.12:
        return f"{first} {rng.choice('ABCDEFGHJKLMNPRSTW')}. {last}"
    if form < 0.2:
        return f"{first} {rng.choice('ABCDEFGHJKLMNPRSTW')} {last}"
    return first if form < 0.28 else f"{first} {last}"


def _country(rng: random.Random) -> str:
    from faker.providers.address.en import Provider

    return str(rng.choice(Provider.countries))


def _city(faker: Faker) -> str:
    return str(faker.city())


def _street(faker: Faker, rng: random.Random) -> str:
    name = str(faker.street_name())
    number = str(rng.randrange(1, rng.choice([30, 300, 9999])))
    form = rng.random()
    if form < 0.3:
        return f"{number} {name}"
    if form < 0.55:
        return f"{name} {number}"
    if form < 0.6:
        return f"{rng.choice(['P.O. Box', 'PO Box', 'P. O. Box', 'Post Office Box'])} {number}"
    if form < 0.7:
        return f"{number} {name} {rng.choice(['Apt.', 'Suite', 'Unit', 'Flat', '#'])} {rng.randrange(1, 999)}"
    return name if form < 0.8 else str(faker.street_address()).replace("\n", ", ")


def _address(faker: Faker, rng: random.Random) -> str:
    if rng.random() < 0.3:
        return str(faker.address()).replace("\n", rng.choice(["\n", ", "]))
    comma = rng.choice([", ", "\n", " ", ",\n"])
    town = rng.choice(
        [
            f"{_city(faker)} {faker.postcode()}",
            f"{faker.postcode()} {_city(faker)}",
            f"{_city(faker)}",
            f"{_city(faker)}, {rng.choice(['TX', 'NY', 'CA', 'QC', 'NSW', 'ZH', 'BE', 'RJ'])} {faker.postcode()}",
        ]
    )
    country = comma + _country(rng) if rng.random() < 0.35 else ""
    return f"{_street(faker, rng)}{comma}{town}{country}"


def _organisation(faker: Faker, rng: random.Random) -> str:
    tail = rng.choice(_TAILS.split("|"))
    made = "".join(rng.choices(_SYLLABLES.split(), k=rng.choice([1, 2, 2, 3])))
    made = (made + rng.choice(_ENDS.split()) if rng.random() < 0.7 else made + "ra").capitalize()
    business = " ".join(rng.sample(_BUSINESS.split(), rng.choice([1, 2, 2, 2, 3])))
    acronym = "".join(rng.choices("ABCDEFGHIKLMNOPRSTUVW", k=rng.choice([2, 3, 3, 4])))
    forms: tuple[tuple[float, Callable[[], str]], ...] = (
        (0.22, faker.company),
        (0.24, lambda: made),
        (0.08, lambda: f"{made} {tail}"),
        (0.06, lambda: f"{made} {rng.choice(_BUSINESS.split())}"),
        (0.12, lambda: business),
        (0.08, lambda: f"{business} {tail}"),
        (0.04, lambda: business.replace(" ", "")),
        (0.03, lambda: f"{faker.last_name()} {tail}"),
        (0.02, lambda: f"{faker.last_name()}-{faker.last_name()}"),
        (0.02, lambda: f"{acronym} {tail}"),
        (0.03, lambda: rng.choice([acronym, ".".join(acronym) + "."])),
        (0.04, lambda: rng.choice(_KNOWN.split())),
        (0.02, lambda: f"{faker.city()} {rng.choice(['Bank', 'University', 'United', 'Hospital', 'City Council'])}"),
    )
    return str(rng.choices([make for _, make in forms], [share for share, _ in forms])[0]())
