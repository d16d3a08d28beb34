"""Addresses of the catalogue; included last, because a model's page takes the whole rest of the path."""

from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.home, name="home"),
    path("models/", views.browse, name="browse"),
    path("models/<path:slug>/", views.model, name="model"),
]
