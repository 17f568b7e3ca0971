"""Words for months and units in several languages, and what the units are counted in."""

from __future__ import annotations

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio januari",
            "february feb februar f\u00e9vrier febrero febbraio februari",
            "march mar m\u00e4rz mars marzo maart",
            "april apr avril abril aprile",
            "may mai mayo maggio mei",
            "june jun juni juin junio giugno",
            "july jul juli juillet julio luglio",
            "august aug ao\u00fbt agosto augustus",
            "september sep sept septembre septiembre settembre",
            "october oct oktober okt octobre octubre ottobre",
            "november nov novembre noviembre",
            "december dec dezember dez d\u00e9cembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
UNITS = {
    name: unit
    for unit, names in {
        "second": "second seconds sec secs sekunde sekunden seconde secondes segundo segundos",
        "minute": "minute minutes min mins minuten minuto minutos minuti",
        "hour": "hour hours hr hrs h stunde stunden heure heures hora horas ore uur",
        "day": "day days tag tage tagen jour jours d\u00eda d\u00edas giorni dagen",
        "week": "week weeks woche wochen semaine semaines semana semanas settimane weken",
        "month": "month months monat monate monaten mois mes meses mesi maanden",
        "year": "year years jahr jahre jahren an ans ann\u00e9e ann\u00e9es a\u00f1o a\u00f1os anni jaar",
        "percent": "% percent per-cent prozent pourcent pourcentage",
        "usd": "$ usd us$ dollar dollars bucks",
        "eur": "\u20ac eur euro euros",
        "gbp": "\u00a3 gbp pound pounds",
        "cent": "cent cents ct",
        "kb": "kb kilobyte kilobytes",
        "mb": "mb megabyte megabytes",
        "gb": "gb gigabyte gigabytes",
        "tb": "tb terabyte terabytes",
        "metre": "m metre metres meter meters",
        "km": "km kilometre kilometres kilometer kilometers",
    }.items()
    for name in names.split()
}
FACTORS = {
    "second": ("second", 1.0),
    "minute": ("second", 60.0),
    "hour": ("second", 3600.0),
    "day": ("second", 86_400.0),
    "week": ("second", 604_800.0),
    "month": ("month", 1.0),
    "year": ("month", 12.0),
    "kb": ("kb", 1.0),
    "mb": ("kb", 1000.0),
    "gb": ("kb", 1e6),
    "tb": ("kb", 1e9),
    "metre": ("metre", 1.0),
    "km": ("metre", 1000.0),
}
