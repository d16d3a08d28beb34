"""Every address of the site; the apps own what lies below."""

from django.contrib import admin
from django.urls import include, path

from config import crawlers, health

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("robots.txt", crawlers.robots),
    path("favicon.ico", crawlers.favicon),
    path("admin/", admin.site.urls),
    path("sources/", include("harvesters.urls")),
    # Trials before the catalogue: a model's page takes the whole rest of the path as its id.
    path("", include("inference.urls")),
    path("", include("catalog.urls")),
]

handler500 = "config.errors.server_error"
