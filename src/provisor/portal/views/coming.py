"""Stands in for a page that is still being built."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from provisor.portal import pages


@pages.page("directory.read")
def page(request: pages.Visit) -> HttpResponse:
    return render(request, "portal/coming.html")
