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
        from provisor.directory.importing.checking import law_of_groups, law_of_users

        adopting.register(adopt_values)
        mails.register()
        checking.register(users=law_of_users, groups=law_of_groups)
        mail.use_organisation(mailing.organisation)
