from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "provisor.directory"
    label = "directory"

    def ready(self) -> None:
        """The applications, which lie below, get to know how a value comes into the directory."""
        from provisor.applications import adopting
        from provisor.directory.commands.adopting import adopt_values

        adopting.register(adopt_values)
