"""manage.py resolve: join the listings and work out every checkpoint's columns again."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from catalog.identity import join_listings
from catalog.models import PretrainedModel
from catalog.resolve import resolve_pretrained


class Command(BaseCommand):
    help = "Joins listings of the same checkpoint and resolves every column again, from listings alone."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        joined = join_listings()
        everyone = PretrainedModel.objects.filter(merged_into=None).values_list("pk", flat=True)
        changed = resolve_pretrained(everyone)
        self.stdout.write(
            f"{len(everyone)} checkpoints: {changed} changed, {len(joined)} took in others."
        )
