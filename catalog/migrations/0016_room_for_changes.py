from django.db import migrations, models

TABLES = ("catalog_pretrainedmodel", "catalog_listing")


class Migration(migrations.Migration):
    """Leave room in each block for a new version of one of its rows, which then needs no new index entries."""

    dependencies = [("catalog", "0015_spellings_without_pending")]

    operations = [
        migrations.RunSQL(
            [f"ALTER TABLE {table} SET (fillfactor = 85)" for table in TABLES],
            [f"ALTER TABLE {table} RESET (fillfactor)" for table in TABLES],
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["source"],
                name="listing_gone",
                condition=models.Q(gone_since__isnull=False),
            ),
        ),
    ]
