"""How often one address, or anything else, may try something: counted in the database, so that every web process knows and
tries at the same moment are all counted.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from provisor.directory.models import Tries

_COUNT = """
    INSERT INTO directory_tries (what, stretch, count) VALUES (%s, %s, 1)
    ON CONFLICT (what, stretch) DO UPDATE SET count = directory_tries.count + 1 RETURNING count
"""


def allowed(what: str, whom: str, *, most: int, minutes: int) -> bool:
    """Counts one try of `what` by `whom`, and says whether it is still one of the `most` in this stretch of time."""
    return count(what, whom, minutes=minutes) <= most


def count(what: str, whom: str, *, minutes: int) -> int:
    """Counts one try; how many there have been in this stretch of time, with this one."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [_key(what, whom), _stretch(minutes)])
        return int(cursor.fetchone()[0])


def reached(what: str, whom: str, *, most: int, minutes: int) -> bool:
    """Whether there have been as many tries as there may be, without counting one."""
    return Tries.objects.filter(what=_key(what, whom), stretch=_stretch(minutes), count__gte=most).exists()


def forget_old(hours: int = 24) -> None:
    """Removes counts that nobody asks for any more."""
    Tries.objects.filter(stretch__lt=timezone.now() - timedelta(hours=hours)).delete()


def _key(what: str, whom: str) -> str:
    """No address is kept."""
    return f"{what}:{hashlib.sha256(whom.encode(errors='replace')).hexdigest()[:32]}"


def _stretch(minutes: int) -> datetime:
    seconds = minutes * 60
    return datetime.fromtimestamp(timezone.now().timestamp() // seconds * seconds, tz=timezone.get_default_timezone())
