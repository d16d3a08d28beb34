from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0017_activations_that_are_known"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="pretrainedmodel",
            index=models.Index(
                condition=models.Q(("input_size__isnull", False)),
                fields=["architecture", "input_size"],
                name="pretrained_measurable",
            ),
        ),
    ]
