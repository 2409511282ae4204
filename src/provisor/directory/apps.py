from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "provisor.directory"
    label = "directory"
