"""Mail that Provisor writes: a command adds a row in its transaction, a worker renders and sends it, and tries again.

    mail.write(actor, "activation", to=user.email, facts={"name": "Ada"}, user=user.id)
    mail.write_many(actor, "password_expires", letters)      # any number, in few statements

    def link_of(row) -> dict[str, Any]: ...                   # called when the mail is rendered: makes a link then,
    mail.register("activation", link_of)                      # so that none lies in the database in clear

A template is three files, `templates/mail/<name>.subject.txt`, `.txt` and `.html` of any app; the latter two extend
`mail/base.txt` and `mail/base.html`. It sees the facts (the mail's own, then those of the registered function),
`organisation`, `portal` (its address, or nothing), `to` and, in the HTML, `subject`. Facts are texts of other people:
what a program could make a link of is made harmless, except in one named `link`, or ending in `_link`, which is ours.

A registered function may raise `Dropped("why")`: the mail isn't wanted any more; or `Kept("what to do")`: it stays in the
outbox until a person sends it again.
"""

from __future__ import annotations

from provisor.mail.registry import Dropped, Kept, Organisation, register, use_organisation
from provisor.mail.writing import Letter, write, write_many

__all__ = ["Dropped", "Kept", "Letter", "Organisation", "register", "use_organisation", "write", "write_many"]
