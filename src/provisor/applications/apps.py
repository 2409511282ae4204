from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "provisor.applications"
    label = "applications"

    def ready(self) -> None:
        """The mail, which lies below, gets to know what a warning says."""
        from provisor.applications.credentials import expiry

        expiry.register()
