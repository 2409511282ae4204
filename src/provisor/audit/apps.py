from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "provisor.audit"
    label = "audit"
