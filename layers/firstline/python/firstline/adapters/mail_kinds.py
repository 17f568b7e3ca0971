"""Types of a mail's parts that are read in a way of their own, in lower case."""

from __future__ import annotations

CALENDARS = frozenset({"text/calendar", "application/ics"})
CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
SIGNED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
WINMAIL = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
MAILS = frozenset({"message/rfc822", "message/global", "message/news"})
REPORTS = frozenset({"message/delivery-status", "message/feedback-report"})
FORKS = frozenset({"application/applefile"})
