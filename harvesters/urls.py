app_name = "harvesters"
urlpatterns: list = []
