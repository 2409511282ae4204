from django.apps import AppConfig


class AdministratorsConfig(AppConfig):
    name = "provisor.administrators"
    label = "administrators"
