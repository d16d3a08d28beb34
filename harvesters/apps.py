from django.apps import AppConfig


class HarvestersConfig(AppConfig):
    name = "harvesters"
