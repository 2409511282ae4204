from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "provisor.directory"
    label = "directory"

    def ready(self) -> None:
        """The applications, which lie below, get to know how a value comes into the directory."""
        from provisor import mail
        from provisor.applications import adopting
        from provisor.applications.importing import checking
        from provisor.directory import mailing, mails
        from provisor.directory.commands.adopting import adopt_values
        from provisor.directory.importing.checking import check_group, check_user

        adopting.register(adopt_values)
        mails.register()
        checking.register(users=check_user, groups=check_group)
        mail.use_organisation(mailing.organisation)
