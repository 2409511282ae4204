"""Operations, in daily partitions, and the triggers that make both tables append-only for everybody."""

from django.db import migrations

OPERATIONS = """
CREATE TABLE audit_operation (
    id uuid NOT NULL, at timestamptz NOT NULL, type varchar(64) NOT NULL, actor jsonb,
    user_id uuid, user_name varchar(256), group_id uuid, group_name varchar(256),
    application_id uuid, application_name varchar(256), run_id uuid,
    outcome varchar(16), status integer, message text, changes jsonb, correlation uuid,
    method varchar(8), duration_ms integer
) PARTITION BY RANGE (at);
-- What arrives before today's partition is made lands here: nothing is ever refused for want of a partition.
CREATE TABLE audit_operation_default PARTITION OF audit_operation DEFAULT;
CREATE INDEX operation_newest_first ON audit_operation (at DESC, id DESC);
CREATE INDEX operation_by_user ON audit_operation (user_id, at DESC);
CREATE INDEX operation_by_application ON audit_operation (application_id, at DESC);
"""

APPEND_ONLY = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER operation_is_append_only BEFORE UPDATE OR DELETE ON audit_operation
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
"""

# Made for the days ahead and dropped after `keep` days. A function of the owner's, because the application's login may not
# make or drop tables.
PARTITIONS = """
CREATE FUNCTION audit_tend_partitions(keep integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
    day date;
    old text;
BEGIN
    FOR day IN SELECT (now() AT TIME ZONE 'UTC')::date + n FROM generate_series(0, 3) AS n LOOP
        BEGIN
            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF audit_operation FOR VALUES FROM (%L) TO (%L)',
                           'audit_operation_' || to_char(day, 'YYYYMMDD'), day || ' 00:00+00', day + 1 || ' 00:00+00');
        EXCEPTION WHEN check_violation THEN NULL;  -- the day has rows in the default partition already
        END;
    END LOOP;
    FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'audit_operation'::regclass AND c.relname ~ '^audit_operation_[0-9]{8}$'
                 AND right(c.relname, 8) < to_char((now() AT TIME ZONE 'UTC')::date - keep, 'YYYYMMDD') LOOP
        EXECUTE format('DROP TABLE %I', old);
    END LOOP;
END $$;
SELECT audit_tend_partitions(30);
"""

UNDO = """
DROP TRIGGER event_is_append_only ON audit_event;
DROP TABLE audit_operation;
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_tend_partitions(integer);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(OPERATIONS + APPEND_ONLY + PARTITIONS, UNDO)]
