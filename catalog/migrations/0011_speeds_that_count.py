"""Which speed counts for an architecture, an input size and a device; filled for those that are there."""

from django.db import migrations, models


def settle(apps, schema_editor):
    from catalog.speeds import best

    Speed = apps.get_model("catalog", "Speed")
    listed = Speed.objects.filter(kind="inference", gone_since=None, input_size__isnull=False)
    standing = [speed.pk for speed in best(listed.order_by("pk").iterator())]
    Speed.objects.filter(pk__in=standing).update(counts=True)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_classes")]

    operations = [
        migrations.AddField(
            "speed",
            "counts",
            models.BooleanField(
                default=False,
                db_default=False,
                help_text="the one that stands for its architecture, input size and device",
            ),
        ),
        migrations.RunPython(settle, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            "speed",
            models.UniqueConstraint(
                fields=["device", "architecture", "input_size"],
                condition=models.Q(counts=True),
                include=["images_per_second"],
                name="speed_that_counts",
            ),
        ),
    ]
