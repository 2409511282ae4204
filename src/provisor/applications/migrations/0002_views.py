"""Two views: who has access by which path, and what an account reads as, due marks included."""

from django.db import migrations

ACCESS = """
CREATE VIEW applications_access AS
    SELECT a.application_id, a.user_id, NULL::uuid AS group_id
    FROM applications_assignment a
    JOIN directory_user u ON u.id = a.user_id AND u.state <> 'deleting'
    UNION ALL
    SELECT a.application_id, m.user_id, a.group_id
    FROM applications_assignment a
    JOIN directory_membership m ON m.group_id = a.group_id
    JOIN directory_user u ON u.id = m.user_id AND u.state <> 'deleting';
"""

# A link without a due mark reads as recorded. A mark that may be tried now makes it due; but not one of priority 3, a
# routine look that knows of no difference. A pair that is due and has no
# link yet reads as due too, if the user is to get an account: its id is known beforehand (md5 of the pair).
ACCOUNT = """
CREATE VIEW applications_account AS
    SELECT l.id, l.application_id, l.user_id,
           CASE WHEN EXISTS (SELECT 1 FROM applications_due d
                             WHERE d.user_id = l.user_id AND d.application_id = l.application_id
                               AND d.not_before <= now()
                               AND (d.priority < 3 OR l.status NOT IN ('synced', 'inactive')))
                THEN 'due' ELSE l.status END AS status,
           l.remote_id, l.active, l.error, l.candidates, l.attempts, l.next_try, l.last_synced, l.updated
    FROM applications_link l
    UNION ALL
    SELECT md5(d.application_id::text || d.user_id::text)::uuid, d.application_id, d.user_id, 'due',
           NULL, NULL, NULL, NULL, 0, NULL, NULL, d.since
    FROM (SELECT application_id, user_id, min(since) AS since
          FROM applications_due GROUP BY application_id, user_id) d
    JOIN directory_user u ON u.id = d.user_id AND u.state = 'active' AND u.password_status <> 'expired'
    WHERE NOT EXISTS (SELECT 1 FROM applications_link l
                      WHERE l.user_id = d.user_id AND l.application_id = d.application_id)
      AND EXISTS (SELECT 1 FROM applications_access a
                  WHERE a.user_id = d.user_id AND a.application_id = d.application_id);
"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial"), ("directory", "0001_initial")]

    operations = [
        migrations.RunSQL(ACCESS + ACCOUNT, "DROP VIEW applications_account; DROP VIEW applications_access;"),
    ]
