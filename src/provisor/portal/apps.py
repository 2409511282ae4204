from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "provisor.portal"
    label = "portal"
