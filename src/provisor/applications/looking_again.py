"""The statement with which a worker looks again at what two transactions that couldn't see each other left open.

`due.py` leaves the rows of `applications_lookagain`; docs/decisions/0005 says why nobody waits instead.
"""

from __future__ import annotations

# Looked for are access without an account, an account without access, and whatever was on its way meanwhile. Which groups
# have other members than was thought isn't known: all of them are looked at, quietly.
LOOK_AGAIN = """
WITH looked AS (DELETE FROM applications_lookagain RETURNING group_id, users, application_id),
pairs AS (
    SELECT DISTINCT given.application_id, member.user_id
    FROM looked g
    CROSS JOIN LATERAL (
        SELECT g.application_id WHERE g.application_id IS NOT NULL
        UNION
        SELECT a.application_id FROM directory_closure up JOIN applications_assignment a ON a.group_id = up.ancestor_id
        WHERE up.descendant_id = g.group_id AND g.application_id IS NULL
    ) AS given
    CROSS JOIN LATERAL (
        SELECT unnest(g.users) AS user_id
        UNION ALL
        SELECT m.user_id FROM directory_closure down JOIN directory_membership m ON m.group_id = down.descendant_id
        WHERE down.ancestor_id = g.group_id AND g.users IS NULL
    ) AS member
), groups AS (
    INSERT INTO applications_groupdue (application_id, group_id, priority, not_before, since, cause)
    SELECT DISTINCT around.application_id, around.group_id, 3, now(), now(), 'set'
    FROM looked g
    JOIN directory_closure up ON up.descendant_id = g.group_id
    JOIN LATERAL (
        SELECT a.application_id, a.group_id FROM applications_assignment a WHERE a.group_id = up.ancestor_id
        UNION
        SELECT l.application_id, l.group_id FROM applications_grouplink l WHERE l.group_id = up.ancestor_id
    ) AS around ON g.application_id IS NULL OR around.application_id = g.application_id
    JOIN applications_application a ON a.id = around.application_id AND (a.settings ->> 'manage_groups')::boolean
)
INSERT INTO applications_due (application_id, user_id, priority, not_before, since, cause)
SELECT p.application_id, p.user_id, CASE WHEN access.given THEN 2 ELSE 0 END, now(), now(), 'set'
FROM pairs p
JOIN applications_application a ON a.id = p.application_id
LEFT JOIN applications_link l ON l.user_id = p.user_id AND l.application_id = p.application_id
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT 1 FROM applications_access x
                   WHERE x.user_id = p.user_id AND x.application_id = p.application_id) AS given
) AS access
WHERE l.intent IS NOT NULL
   OR (NOT EXISTS (SELECT 1 FROM applications_due d
                   WHERE d.user_id = p.user_id AND d.application_id = p.application_id)
       AND access.given IS DISTINCT FROM (l.id IS NOT NULL AND l.status <> 'inactive'))
"""
