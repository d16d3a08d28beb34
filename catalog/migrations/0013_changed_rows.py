import django.contrib.postgres.fields
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

NOTE = """
CREATE FUNCTION catalog_note_changed_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_changedrows (pks)
        SELECT array_agg(id) FROM changed HAVING count(*) > 0;
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE TRIGGER note_rows_of_{event} AFTER {event} ON catalog_pretrainedmodel
    REFERENCING {table} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_note_changed_rows();
"""
EVENTS = (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))
TRIGGERS = "".join(TRIGGER.format(event=event, table=table) for event, table in EVENTS)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_what_checkpoints_are_about")]

    operations = [
        migrations.CreateModel(
            name="ChangedRows",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "transaction",
                    models.BigIntegerField(
                        db_default=django.db.models.expressions.RawSQL(
                            "pg_current_xact_id()::text::bigint", []
                        ),
                        db_index=True,
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "pks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            NOTE + TRIGGERS,
            "DROP FUNCTION catalog_note_changed_rows() CASCADE",
        ),
    ]
