"""Every address of the portal. Each area keeps its own list in `routes/`."""

from __future__ import annotations

from provisor.portal.routes import applications, directory, ground, own

urlpatterns = [*ground.urlpatterns, *directory.urlpatterns, *applications.urlpatterns, *own.urlpatterns]
