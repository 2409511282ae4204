"""The table of Django's database cache: tries at a password are counted for all web processes together."""

from django.db import migrations

CACHE = """
CREATE TABLE portal_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX portal_cache_expires ON portal_cache (expires);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CACHE, "DROP TABLE portal_cache")]
