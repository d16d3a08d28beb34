"""Addresses of trying; included before the catalogue's, whose model page takes the whole rest of a path."""

from django.urls import path

from inference import views

app_name = "inference"
urlpatterns = [
    path("models/<path:slug>/try/", views.try_model, name="try"),
    path("trials/<uuid:trial_id>/", views.trial, name="trial"),
    path("trials/<uuid:trial_id>/cancel/", views.cancel, name="cancel"),
    path("trials/<uuid:trial_id>/image/", views.image, name="image"),
]
