from django.urls import path

from harvesters import views

app_name = "harvesters"
urlpatterns = [
    path("", views.sources, name="sources"),
    path("look-up/<path:external_id>/", views.look_up, name="look-up"),
    path("<slug:name>/", views.source, name="source"),
    path("<slug:name>/run/", views.run_now, name="run"),
    path("<slug:name>/pause/", views.pause, name="pause"),
    path("<slug:name>/replay/", views.replay, name="replay"),
]
