"""Addresses of the catalogue; included last, because a model's page takes the whole rest of the path."""

from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.home, name="home"),
    path("suggest/", views.suggest, name="suggest"),
    path("models/", views.browse, name="browse"),
    path("models/<path:slug>/", views.model, name="model"),
    path("machine/", views.machine, name="machine"),
    path("corrections/<int:pk>/", views.correct, name="correct"),
    path("changes/", views.changes, name="changes"),
    path("changes/feed.atom", views.ChangesFeed(), name="changes_feed"),
    path("changes/as-of/", views.past, name="past"),
    path("papers/", views.papers, name="papers"),
    path("papers/<path:key>/", views.paper, name="paper"),
    path("repositories/", views.repositories, name="repositories"),
    path("repositories/<path:full_name>/", views.repository, name="repository"),
    path("datasets/", views.datasets, name="datasets"),
    path("datasets/<path:slug>/", views.dataset, name="dataset"),
    path("classes/", views.classes, name="classes"),
    path("classes/lists/<str:key>/", views.label_set, name="label_set"),
    path("classes/<path:key>/", views.class_page, name="class"),
    path("licenses/", views.licenses, name="licenses"),
    path("licenses/<str:id>/", views.license, name="license"),
    path("organizations/", views.organizations, name="organizations"),
    path("organizations/<path:slug>/", views.organization, name="organization"),
    path("architectures/", views.architectures, name="architectures"),
    path("architectures/<path:name>/", views.architecture, name="architecture"),
]
