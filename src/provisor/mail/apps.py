from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "provisor.mail"
    label = "mail"
