from django.urls import path

from harvesters import views

app_name = "harvesters"
urlpatterns = [
    path("", views.sources, name="sources"),
    path("<slug:name>/", views.source, name="source"),
]
