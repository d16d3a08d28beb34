from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0016_room_for_changes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="pretrainedmodel",
            index=models.Index(
                condition=models.Q(("activations__isnull", False)),
                fields=["activations"],
                name="pretrained_activations",
            ),
        ),
    ]
