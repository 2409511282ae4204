from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "provisor.applications"
    label = "applications"
